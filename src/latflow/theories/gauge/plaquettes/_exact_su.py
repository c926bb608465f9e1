"""Exact, independent fields of SU(2) and SU(3) gauge theory in two dimensions, by rejection."""

import math

import jax
import jax.numpy as jnp
from jaxtyping import Array, Complex, Float, Key

from latflow.errors import ConfigError
from latflow.fields.links import SULinks
from latflow.not_trained import NotTrained
from latflow.precision import sum_in_double
from latflow.theories.gauge._su_characters import ExactSU
from latflow.theories.gauge.plaquettes._free_su import FreeSUPlaquettes
from latflow.theories.gauge.plaquettes._one import OnePlaquette
from latflow.theories.gauge.plaquettes._spread_su2 import SpreadSU2Plaquettes

MatrixField = Complex[Array, "n n axes *lattice"]

# Beyond a thousand proposals a heat bath is faster.
_SMALLEST_ACCEPTANCE = 1e-3


class ExactSUFields(NotTrained):
    """Draws fields with Wilson's weight: proposed until one is accepted.

    Args:
        free: says what the exponents of a field are.
        proposals: fields with a known density.
    """

    free: FreeSUPlaquettes
    proposals: FreeSUPlaquettes | SpreadSU2Plaquettes

    @property
    def space(self) -> SULinks:
        """That of the fields."""
        return self.free.space

    @property
    def sites_are_alike(self) -> bool:
        """As in the theory."""
        return True

    def __call__(self, key: Key[Array, ""], dtype) -> MatrixField:
        """One field."""
        return self.draw(key, dtype)

    def log_density(self, field: MatrixField) -> Float[Array, ""]:
        """log of Wilson's weight over Z, in double precision."""
        one = self.free.one
        log_z = ExactSU(one.n, one.beta, self.space.lattice.volume).log_z
        return sum_in_double(self.free.exponents(field)) - log_z

    def draw(self, key: Key[Array, ""], dtype) -> MatrixField:
        """One field."""
        bound = self.proposals.largest_log_weight

        def turn(state):
            key, _, _ = state
            key, use, decide = jax.random.split(key, 3)
            field = self.proposals.draw(use, dtype)
            log_weight = sum_in_double(self.free.exponents(field))
            log_weight = log_weight - self.proposals.log_density(field)
            uniform = jax.random.uniform(decide, (), jnp.float64)
            return key, field, jnp.log(uniform) < log_weight - bound

        start = key, self.space.cold(dtype), jnp.zeros((), bool)
        return jax.lax.while_loop(lambda state: ~state[2], turn, start)[1]


def exact_su_fields(space: SULinks, beta: float) -> ExactSUFields:
    """What draws the theory with the coupling beta exactly.

    SU(2) from spread plaquettes, SU(3) from free ones with one anywhere, of which at least z
    e^-max(s) are accepted.

    Raises:
        ConfigError: not in two dimensions, a larger group, or hardly anything is accepted.
    """
    if space.lattice.ndim != 2:
        raise ConfigError(
            "kernel",
            f"SU({space.n}) gauge theory can be drawn exactly in two dimensions only, not in "
            f'{space.lattice.ndim}; use "heat-bath" or "hmc"',
        )
    one = OnePlaquette(space.n, beta)
    free = FreeSUPlaquettes(space, one, "random")
    if space.n == 2:
        return ExactSUFields(free, SpreadSU2Plaquettes(space, one))
    log_acceptance = ExactSU(space.n, beta, space.lattice.volume).log_z - free.largest_log_weight
    if log_acceptance < math.log(_SMALLEST_ACCEPTANCE):
        raise ConfigError(
            "theory.beta",
            f"exact draws of SU(3) at beta = {beta:g} take more than a thousand proposals each: "
            'use the kernel "heat-bath"',
        )
    return ExactSUFields(free, free)
