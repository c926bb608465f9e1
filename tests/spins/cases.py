"""How a chain of spins is compared with an exact answer, and quick compilation."""

import numpy as np

from latflow.analysis import gamma_method
from latflow.observables import Measurement
from latflow.sampling import run_segment, start_chains

SIGMAS = 3.5
THERMALISATION = 100


def chain(kernel, samples, *, chains=512, seed=1, thin=1, measure=None):
    """Series of a theory's observables, (chains, samples, ...), and infos, from a hot start."""
    measure = Measurement(kernel.theory) if measure is None else measure
    states = start_chains(kernel, seed, "test", chains, "hot")
    _, segment = run_segment(
        kernel, states, seed, "test", "sampling", 0, samples + THERMALISATION, thin,
        measure,
    )  # fmt: skip
    return tuple(
        {name: np.asarray(x)[:, THERMALISATION:] for name, x in series.items()}
        for series in (segment.measurements, segment.infos)
    )


def assert_agrees(name, result, exact, largest_relative_error):
    """The chain is precise enough to see a wrong answer, and agrees with the exact one.

    A correct sampler fails with probability 5e-4.
    """
    if isinstance(result, np.ndarray):
        result = gamma_method(result)
    pull = (result.value - exact) / result.error
    story = (
        f"{name}: {result.value:.6f} +- {result.error:.6f}, exact {exact:.6f}, pull {pull:+.2f}, "
        f"tau {result.tau_int:.2f}"
    )
    print(story)
    assert result.error <= largest_relative_error * abs(exact), story
    assert abs(pull) <= SIGMAS, story
