"""What it takes to be a theory: a field space and an action."""

from abc import abstractmethod
from typing import Annotated

import equinox as eqx
import jax
from jaxtyping import Array, Float, PyTree
from pydantic import Field as PydanticField

from latflow.fields import Field, FieldSpace
from latflow.lattice import Lattice
from latflow.settings import Settings


class Theory(eqx.Module):
    """A lattice theory with weight exp(-action)."""

    space: eqx.AbstractVar[FieldSpace]

    @property
    def symmetries(self) -> frozenset[str]:
        """Names of the symmetries that the action has, such as ``"z2"``."""
        return frozenset()

    @property
    def constant(self) -> float:
        """Field-independent part of the action, which :meth:`action` leaves out."""
        return 0.0

    @abstractmethod
    def action(self, field: Field) -> Float[Array, ""]:
        """The action of one configuration, without its constant, summed in double precision."""

    def force(self, field: Field) -> PyTree[Array]:
        """Minus the gradient of the action, by automatic differentiation unless overridden."""
        return jax.tree.map(lambda gradient: -gradient, jax.grad(self.action)(field))

    def log_prob(self, field: Field) -> Float[Array, ""]:
        """Logarithm of the weight, not normalised."""
        return -self.action(field)


class TheorySettings(Settings):
    """The ``[theory]`` block: it builds a theory."""

    shape: tuple[Annotated[int, PydanticField(ge=1)], ...] = PydanticField(
        min_length=1, description="lattice extents, one per dimension"
    )

    def lattice(self) -> Lattice:
        """The lattice of the theory."""
        return Lattice(self.shape)

    @abstractmethod
    def build(self) -> Theory:
        """The theory.

        Raises:
            ConfigError: a parameter is outside its allowed range.
        """
