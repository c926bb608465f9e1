"""What it takes to be a prior."""

from abc import abstractmethod

import equinox as eqx
from jaxtyping import Array, Float, Key

from latflow.errors import ConfigError
from latflow.fields import ScalarField
from latflow.lattice import Lattice, on_lattice


class Prior(eqx.Module):
    """A density that can be sampled."""

    @property
    def is_normalised(self) -> bool:
        """Whether ``log_prob`` integrates to one."""
        return True

    @property
    def draws_independently(self) -> bool:
        """Whether every draw is a fresh one, from the density exactly.

        Otherwise draws come from Markov chains that somebody else runs.
        """
        return True

    @property
    def symmetries(self) -> frozenset[str]:
        """Names of the symmetries that the density has."""
        return frozenset()

    @property
    def is_product(self) -> bool:
        """Whether the sites are independent and alike: a product of one density over sites."""
        return False

    @abstractmethod
    def sample(self, key: Key[Array, ""], dtype) -> ScalarField:
        """One configuration."""

    @abstractmethod
    def log_prob(self, field: ScalarField) -> Float[Array, ""]:
        """Logarithm of the density, in double precision."""

    def sample_block(self, key: Key[Array, ""], shape: tuple[int, ...], dtype) -> ScalarField:
        """The sites of a block of this shape, drawn whatever the others are.

        Only for priors with :attr:`is_product`: there a block needs neither its place nor its
        surroundings, and is distributed as the prior on a lattice of its shape.

        Raises:
            ConfigError: the sites are not independent.
        """
        self.require_product()
        return self.moved_to(Lattice(shape)).sample(key, dtype)

    def moved_to(self, lattice: Lattice) -> "Prior":
        """The same density on another lattice of the same dimension."""
        return on_lattice(self, lattice)

    def require_product(self) -> None:
        """Refuse a prior whose blocks cannot be redrawn by themselves.

        Raises:
            ConfigError: the sites are not independent.
        """
        if not self.is_product:
            raise ConfigError(
                "model.prior.kind",
                f"the sites of {type(self).__name__} are correlated, so that no block can be "
                'redrawn by itself: use the prior kind = "normal" and make the correlations in a '
                'first [[model.flow]] with kind = "psd" and start = "free-field", or choose the '
                'kernel "independence"',
            )
