"""Chains of gauge theories, and how they are compared with exact answers.

As in the tests of sampling: agreement within 3.5 standard errors, autocorrelation included, which
a correct sampler fails with probability 5e-4; and an error small enough to see a mistake.
"""

import numpy as np

from latflow.observables import Measurement
from latflow.sampling import run_segment, start_chains

SIGMAS = 3.5


def sampled(kernel, n_measurements, *, n_chains=128, warm_up=100, observables=None, seed=1):
    """Results with errors, infos, and the measurement itself, of chains from hot starts."""
    measurement = Measurement(kernel.theory, observables)
    states = start_chains(kernel, seed, "test", n_chains, "hot")
    _, segment = run_segment(
        kernel, states, seed, "test", "sampling", 0, n_measurements + warm_up, 1, measurement
    )
    infos, series = (
        {name: np.asarray(x)[:, warm_up:] for name, x in found.items()}
        for found in (segment.infos, segment.measurements)
    )
    return measurement.results(series), infos, series


def assert_agrees(name, result, exact, largest_relative_error):
    """Precise enough, and right."""
    pull = (result.value - exact) / result.error
    story = f"{name}: {result.value} +- {result.error}, exact {exact}, pull {pull}"
    assert result.error <= largest_relative_error * abs(exact), story
    assert abs(pull) <= SIGMAS, story
