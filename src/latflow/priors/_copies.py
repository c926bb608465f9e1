"""Independent copies of one prior, one on each sublattice."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from latflow.fields import ScalarField
from latflow.lattice import Lattice
from latflow.priors._prior import Prior
from latflow.sublattices import halved, interleave, sublattices


class IndependentCopies(Prior):
    """2^D independent configurations of a prior on half the extents, interleaved.

    Args:
        copied: the prior of each sublattice.
    """

    copied: Prior

    @property
    def is_normalised(self) -> bool:
        """As the prior that is copied."""
        return self.copied.is_normalised

    @property
    def draws_independently(self) -> bool:
        """As the prior that is copied."""
        return self.copied.draws_independently

    @property
    def symmetries(self) -> frozenset[str]:
        """Those of the copied prior: a translation by one site only exchanges the sublattices."""
        return self.copied.symmetries & {"z2", "translation"}

    def sample(self, key: Key[Array, ""], dtype) -> ScalarField:
        """One draw for every sublattice, interleaved."""
        ndim = jax.eval_shape(lambda: self.copied.sample(key, dtype)).ndim
        keys = jax.random.split(key, 2**ndim)
        return interleave(jax.vmap(lambda key: self.copied.sample(key, dtype))(keys))

    def log_prob(self, field: ScalarField) -> Float[Array, ""]:
        """The sum over the sublattices."""
        return jnp.sum(jax.vmap(lambda part: self.copied.log_prob(part))(sublattices(field)))

    def moved_to(self, lattice: Lattice) -> "IndependentCopies":
        """The copied prior moved to half the extents.

        Raises:
            ConfigError: an extent is odd.
        """
        return IndependentCopies(self.copied.moved_to(halved(lattice)))
