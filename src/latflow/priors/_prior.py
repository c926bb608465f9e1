"""What it takes to be a prior."""

from abc import abstractmethod
from typing import ClassVar

import equinox as eqx
from jaxtyping import Array, Float, Key

from latflow.errors import ConfigError
from latflow.fields import Field, FieldSpace
from latflow.lattice import Lattice, on_lattice
from latflow.precision import require_double
from latflow.settings import Settings


class Prior(eqx.Module):
    """A density on a field space that can be sampled.

    A new prior says what :meth:`sample` and :meth:`log_density` do; whoever uses it calls
    :meth:`log_prob`, which refuses what is no field of its space.
    """

    space: eqx.AbstractVar[FieldSpace]

    def __check_init__(self):
        # Without it, JAX draws single-precision numbers where double ones are asked for.
        require_double()

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
    def sample(self, key: Key[Array, ""], dtype) -> Field:
        """One configuration, in the precision of a real dtype."""

    @abstractmethod
    def log_density(self, field: Field) -> Float[Array, ""]:
        """What :meth:`log_prob` is for a field of the space."""

    def log_prob(self, field: Field) -> Float[Array, ""]:
        """Logarithm of the density with respect to the measure of the space, in double precision.

        Raises:
            FieldError: this is no field of the space.
        """
        self.space.check(field)
        return self.log_density(field)

    def sample_block(self, key: Key[Array, ""], shape: tuple[int, ...], dtype) -> Field:
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


class PriorSettings(Settings):
    """The ``[model.prior]`` block: it builds a prior.

    Class attribute ``spaces``: the kinds of fields that the prior can draw.
    """

    spaces: ClassVar[tuple[type[FieldSpace], ...]] = (FieldSpace,)

    @abstractmethod
    def build(self, space: FieldSpace) -> Prior:
        """The prior on a field space.

        Raises:
            ConfigError: there is no such prior on this space.
        """

    def require_space(self, space: FieldSpace) -> None:
        """Refuse a space that the prior does not serve.

        Raises:
            ConfigError: with the spaces that it serves.
        """
        if not isinstance(space, self.spaces):
            kind = type(self).model_fields["kind"].default
            served = " or ".join(one.__name__ for one in self.spaces)
            raise ConfigError(
                "model.prior.kind",
                f'"{kind}" is a density of fields of {served}, not of {space.description}; use '
                "another prior",
            )
