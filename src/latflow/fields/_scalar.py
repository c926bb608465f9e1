"""Real scalar fields: one real number per site, a flat space."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from latflow import fast_random
from latflow.fields._space import FieldSpace
from latflow.lattice import Lattice
from latflow.precision import sum_in_double

ScalarField = Float[Array, "..."]


class RealScalar(FieldSpace):
    """Fields of one real number per site; arrays of the lattice's shape."""

    lattice: Lattice

    @property
    def is_compact(self) -> bool:
        """No: the measure is that of Lebesgue."""
        return False

    @property
    def n_variables(self) -> int:
        """One for each site."""
        return self.lattice.volume

    def structure(self, dtype) -> jax.ShapeDtypeStruct:
        """An array of the lattice's shape."""
        return jax.ShapeDtypeStruct(self.lattice.shape, jnp.dtype(dtype))

    def random(self, key: Key[Array, ""], dtype) -> ScalarField:
        """Independent standard normal numbers on every site."""
        return jax.random.normal(key, self.lattice.shape, dtype)

    def cold(self, dtype) -> ScalarField:
        """The field that is one everywhere: ordered, and no saddle point of a Z2 action."""
        return jnp.ones(self.lattice.shape, dtype)

    def momentum(self, key: Key[Array, ""], dtype) -> ScalarField:
        """Independent standard normal momenta, from the samplers' own generator."""
        return fast_random.normal(key, self.lattice.shape, dtype)

    def kinetic(self, momentum: ScalarField) -> Float[Array, ""]:
        """Half the sum of squared momenta."""
        return 0.5 * sum_in_double(momentum * momentum)

    def move(self, field: ScalarField, velocity: ScalarField) -> ScalarField:
        """Straight lines: field + velocity."""
        return field + velocity

    def project(self, field: ScalarField) -> ScalarField:
        """Nothing to do on a flat space."""
        return field
