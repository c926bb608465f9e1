"""Targets with exact answers, kernels for them, and how a chain is compared with an answer.

Rule of the statistical tests: a chain must be precise enough that an error of 1 % would be
seen (standard error at most 0.2 %), and agree within 4 standard errors, autocorrelation included.
A correct sampler fails one such check with probability 6e-5; there are about 60 of them, and
all seeds are fixed.
"""

import jax.numpy as jnp
import numpy as np

from latflow.analysis import gamma_method
from latflow.flows import Chain
from latflow.lattice import Lattice
from latflow.models import Model
from latflow.priors import FreeField
from latflow.sampling import run_segment, start_chains, warm_up
from latflow.theories import FreeScalar, Phi4

SIGMAS = 4.0
LARGEST_RELATIVE_ERROR = 0.002

# Hopping form, beta = 0.537, lambda = 0.5 on 2 x 2 sites, by quadrature (shared/PHYSICS.md, 5).
PHI4 = Phi4.hopping(Lattice((2, 2)), beta=0.537, lam=0.5)
PHI4_EXACT = {"chi2": 2.04315692, "phi2": 0.73273367, "schwinger_dyson": 1.0}

# A lattice with unequal extents, one of them odd only in halves.
FREE = FreeScalar(Lattice((4, 6)), m2=0.8, zeta=0.7)
FREE_EXACT = {
    "chi2": 1 / 0.8,
    "phi2": float(FREE.two_point()[0, 0]),
    "schwinger_dyson": 1.0,
}


def model(theory):
    """Proposals that overlap well with the target and cover its tails."""
    if isinstance(theory, FreeScalar):
        prior = FreeScalar(theory.space.lattice, m2=0.75, zeta=0.6)
    else:
        prior = FreeScalar(theory.space.lattice, m2=0.45, zeta=0.55)
    return Model(FreeField(prior), Chain(()), "double")


def observables(theory):
    """A function that measures chi2, phi2 and the Schwinger-Dyson sum of one field."""
    lattice = theory.space.lattice
    if isinstance(theory, FreeScalar):
        h, a, g = theory.zeta, lattice.ndim * theory.zeta + theory.m2 / 2, 0.0
    else:
        h, a, g = theory.h, theory.a, theory.g

    def measure(field):
        field = field.astype(jnp.float64)
        links = sum(jnp.mean(field * jnp.roll(field, -1, axis)) for axis in range(lattice.ndim))
        square = jnp.mean(field**2)
        return {
            "chi2": lattice.volume * jnp.mean(field) ** 2,
            "phi2": square,
            "schwinger_dyson": -2 * h * links + 2 * a * square + 4 * g * jnp.mean(field**4),
        }

    return measure


def sample(kernel, n_measurements, *, n_chains=256, warm_up_steps=200, start="hot", thin=1, seed=1):
    """Infos and measurements of thermalised chains, as arrays (chains, measurements)."""
    states = start_chains(kernel, seed, "test", n_chains, start)
    kernel, states = warm_up(kernel, states, seed, "test", warm_up_steps, 5)
    measure = observables(kernel.theory)
    _, segment = run_segment(
        kernel, states, seed, "test", "sampling", 0, n_measurements, thin, measure
    )
    as_arrays = {name: np.asarray(x) for name, x in segment.measurements.items()}
    return {name: np.asarray(x) for name, x in segment.infos.items()}, as_arrays


def assert_agrees(name, series, exact, largest_relative_error=LARGEST_RELATIVE_ERROR):
    """The chain is precise enough to see an error of 1 %, and agrees with the exact value."""
    result = gamma_method(series)
    pull = (result.value - exact) / result.error
    story = f"{name}: {result.value} +- {result.error}, exact {exact}, pull {pull}"
    assert result.error <= largest_relative_error * abs(exact), story
    assert abs(pull) <= SIGMAS, story
