"""Independent copies of one prior, one on each sublattice."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from latflow.fields import FieldSpace, ScalarField
from latflow.lattice import Lattice, on_lattice
from latflow.priors._prior import Prior
from latflow.sublattices import doubled, halved, interleave, sublattices


class IndependentCopies(Prior):
    """2^D independent configurations of a prior on half the extents, interleaved.

    Args:
        copied: the prior of each sublattice.
    """

    copied: Prior

    def __init__(self, copied: Prior):
        self.copied = copied

    @property
    def space(self) -> FieldSpace:  # pyright: ignore[reportIncompatibleVariableOverride]
        """That of the prior that is copied, on twice the extents."""
        return on_lattice(self.copied.space, doubled(self.copied.space.lattice))

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
        keys = jax.random.split(key, 2**self.copied.space.lattice.ndim)
        return interleave(jax.vmap(lambda key: self.copied.sample(key, dtype))(keys))

    def log_density(self, field: ScalarField) -> Float[Array, ""]:
        """The sum over the sublattices."""
        return jnp.sum(jax.vmap(lambda part: self.copied.log_prob(part))(sublattices(field)))

    def moved_to(self, lattice: Lattice) -> "IndependentCopies":
        """The copied prior moved to half the extents.

        Raises:
            ConfigError: an extent is odd.
        """
        return IndependentCopies(self.copied.moved_to(halved(lattice)))
