"""Real scalar fields: one real number per site, a flat space."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from latflow.fields._space import FieldSpace
from latflow.lattice import Lattice
from latflow.precision import sum_in_double

ScalarField = Float[Array, "..."]


class RealScalar(FieldSpace):
    """Fields of one real number per site; arrays of the lattice's shape."""

    lattice: Lattice

    def random(self, key: Key[Array, ""], dtype) -> ScalarField:
        """Independent standard normal numbers on every site."""
        return jax.random.normal(key, self.lattice.shape, dtype)

    def cold(self, dtype) -> ScalarField:
        """The field that is one everywhere: ordered, and no saddle point of a Z2 action."""
        return jnp.ones(self.lattice.shape, dtype)

    def momentum(self, key: Key[Array, ""], dtype) -> ScalarField:
        """Independent standard normal momenta."""
        return jax.random.normal(key, self.lattice.shape, dtype)

    def kinetic(self, momentum: ScalarField) -> Float[Array, ""]:
        """Half the sum of squared momenta."""
        return 0.5 * sum_in_double(momentum * momentum)

    def move(self, field: ScalarField, velocity: ScalarField) -> ScalarField:
        """Straight lines: field + velocity."""
        return field + velocity

    def project(self, field: ScalarField) -> ScalarField:
        """Nothing to do on a flat space."""
        return field
