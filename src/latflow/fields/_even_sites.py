"""Real scalar fields on the even sites of a lattice."""

import jax.numpy as jnp
from jaxtyping import Array, Key

from latflow.errors import ConfigError
from latflow.fields._scalar import RealScalar, ScalarField


class EvenSites(RealScalar):
    """One real number per even site: arrays of the lattice's shape that vanish on odd sites.

    The even sites of a hypercubic lattice are none themselves: in arrays of the full shape,
    displacements, sums over neighbours and momenta stay what they are.

    Raises:
        ConfigError: an extent is odd.
    """

    def __check_init__(self):
        if not self.lattice.is_bipartite:
            raise ConfigError(
                "theory.shape",
                f"even and odd sites alternate on even extents, got {list(self.lattice.shape)}",
            )

    @property
    def n_variables(self) -> int:
        """One for each even site."""
        return self.lattice.volume // 2

    def only_even(self, field: ScalarField) -> ScalarField:
        """The field with zeros on odd sites."""
        return jnp.where(self.lattice.parity, 0, field)

    def random(self, key: Key[Array, ""], dtype) -> ScalarField:
        """Independent standard normal numbers on every even site."""
        return self.only_even(super().random(key, dtype))

    def cold(self, dtype) -> ScalarField:
        """The field that is one on all even sites."""
        return self.only_even(super().cold(dtype))

    def momentum(self, key: Key[Array, ""], dtype) -> ScalarField:
        """Independent standard normal momenta of the even sites."""
        return self.only_even(super().momentum(key, dtype))

    def tangent(self, field: ScalarField, vector: ScalarField) -> ScalarField:
        """What changes even sites."""
        return self.only_even(vector)

    def project(self, field: ScalarField) -> ScalarField:
        """Zeros on odd sites."""
        return self.only_even(field)
