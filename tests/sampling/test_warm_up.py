"""Every kernel comes to equilibrium from its defaults, wherever its chains start."""

import numpy as np
import pytest

from latflow.analysis import gamma_method
from latflow.errors import ConfigError
from latflow.kernels import CLASSICAL_KERNELS, HMCSettings
from latflow.lattice import Lattice
from latflow.observables import Measurement
from latflow.sampling import run_segment, start_chains, warm_up
from latflow.theories import Phi4, known_theories

STEPS, CHAINS = 200, 32
# A correct sampler fails one comparison with probability 5e-4.
SIGMAS = 3.5


def action_per_site(kernel, start, seed=1):
    """Mean action from chains after their warm-up, with its error."""
    name = f"warm-{start}"
    states = start_chains(kernel, seed, name, CHAINS, start)
    kernel, states = warm_up(kernel, states, seed, name, STEPS)
    measure = Measurement(kernel.theory)
    _, segment = run_segment(kernel, states, seed, name, "sampling", 0, STEPS, 1, measure)
    acceptance = float(np.mean(segment.infos["acceptance"]))
    return gamma_method(np.asarray(segment.measurements["action"])), acceptance


def test_leapfrog_that_is_unstable_on_hot_fields_does_not_stick():
    """AKS ensemble E3: all defaults, hot start. Chains that stick have acceptance zero."""
    theory = Phi4.aks(Lattice((10, 10)), m2=-4.0, lam=5.55)
    hot, acceptance = action_per_site(HMCSettings().build_kernel(theory), "hot")
    cold, _ = action_per_site(HMCSettings().build_kernel(theory), "cold")
    assert acceptance > 0.5
    assert abs(hot.value - cold.value) < SIGMAS * np.hypot(hot.error, cold.error)


def test_a_frozen_step_is_what_was_asked_for():
    """Small steps are for the beginning only."""
    kernel = HMCSettings(trajectory=1.0, steps=5).build_kernel(
        Phi4.hopping(Lattice((2, 2)), beta=0.5, lam=0.5)
    )
    sizes = [float(kernel.eased(k / 10).step_size) for k in range(10)]
    assert sizes == sorted(sizes)
    assert sizes[0] < 0.1 * 0.2
    assert sizes[5:] == [0.2] * 5


@pytest.mark.slow
@pytest.mark.parametrize("kernel", CLASSICAL_KERNELS)
@pytest.mark.parametrize("theory", known_theories())
def test_every_kernel_from_its_defaults(theory, kernel):
    """Hot and cold starts meet, or the kernel refuses the theory in one line."""
    for example in theory.examples:
        built = theory(**example).build()
        try:
            made = kernel().build_kernel(built)
        except ConfigError as error:
            assert "\n" not in str(error)
            continue
        hot, acceptance = action_per_site(made, "hot")
        cold, _ = action_per_site(made, "cold")
        assert acceptance > 0.3
        assert abs(hot.value - cold.value) < SIGMAS * np.hypot(hot.error, cold.error)
