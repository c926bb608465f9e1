"""What it takes to be a flow."""

from abc import abstractmethod
from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from latflow.errors import ConfigError
from latflow.fields import Field, FieldSpace, RealScalar, ScalarField
from latflow.lattice import Lattice, on_lattice
from latflow.settings import Settings

LogDet = Float[Array, ""]


class Flow(eqx.Module):
    """An invertible, differentiable map of one configuration to another of the same space.

    A new flow says what :meth:`transform` and :meth:`transform_back` do; whoever uses it calls
    :meth:`forward` and :meth:`inverse`, which refuse what is no field of its space.
    Log-determinants are summed in double precision.
    """

    space: eqx.AbstractVar[FieldSpace]

    @property
    def symmetries(self) -> frozenset[str]:
        """Names of the symmetries that the map commutes with.

        ``"z2"``: the sign of the field. ``"translation"``: all lattice translations.
        ``"even-translation"``: translations by an even number of steps along each axis.
        """
        return frozenset()

    def forward(self, z: Field) -> tuple[Field, LogDet]:
        """The image x of a latent configuration z, and log |det dx/dz|.

        Raises:
            FieldError: z is no field of the space.
        """
        self.space.check(z)
        return self.transform(z)

    def inverse(self, x: Field) -> tuple[Field, LogDet]:
        """The latent configuration z of x, and log |det dz/dx|.

        Raises:
            FieldError: x is no field of the space.
        """
        self.space.check(x)
        return self.transform_back(x)

    @abstractmethod
    def transform(self, z: Field) -> tuple[Field, LogDet]:
        """What :meth:`forward` does with a field of the space."""

    @abstractmethod
    def transform_back(self, x: Field) -> tuple[Field, LogDet]:
        """What :meth:`inverse` does with a field of the space."""

    @property
    def carries_score(self) -> bool:
        """Whether :meth:`transform_with_score` is cheaper than the inverse and its gradient."""
        return False

    def transform_with_score(
        self, z: ScalarField, score: ScalarField
    ) -> tuple[ScalarField, LogDet, ScalarField]:
        """The image x of z, log |det dx/dz|, and the gradient of log q at x; of real fields.

        Only x has derivatives with respect to the flow's parameters.

        Args:
            z: a latent configuration.
            score: the gradient of its log density at z.
        """
        frozen = jax.tree.map(_fixed, self)
        x, log_det = self.transform(z)
        _, pull_back = jax.vjp(frozen.transform_back, jax.lax.stop_gradient(x))
        (carried,) = pull_back((jax.lax.stop_gradient(score), jnp.ones((), jnp.float64)))
        return x, jax.lax.stop_gradient(log_det), jax.lax.stop_gradient(carried)

    def moved_to(self, lattice: Lattice) -> "Flow":
        """The same map on another lattice of the same dimension, with the same parameters.

        Raises:
            ConfigError: its parameters belong to one lattice size.
        """
        return on_lattice(self, lattice)

    @property
    def parts(self) -> tuple["Flow", ...]:
        """The flows that it does one after the other; itself where it is one."""
        return (self,)

    @property
    def is_conditional(self) -> bool:
        """Whether one set of parameters serves a range of couplings: :meth:`at_random`."""
        return False

    def at_random(self, theory: Any, key: Key[Array, ""]) -> tuple["Flow", Any]:
        """The flow at couplings drawn from its range, and a theory with these; as it is without.

        Args:
            theory: what the other one shall be like.
            key: of the draw.
        """
        return self, theory

    def aimed_at(self, theory: Any) -> "Flow":
        """The same flow, with what it takes from the theory whose fields it shall make.

        Most flows take nothing from it. What they take is part of no training: the densities stay
        exact for whatever theory the flow is used.

        Args:
            theory: with all couplings numbers.

        Raises:
            ConfigError: the theory has not what the flow needs.
        """
        return self


def _fixed(leaf):
    return jax.lax.stop_gradient(leaf) if eqx.is_inexact_array(leaf) else leaf


class FlowSettings(Settings):
    """One ``[[model.flow]]`` block: it builds a flow.

    Class attribute ``spaces``: the kinds of fields that the flow can act on.
    """

    spaces: ClassVar[tuple[type[FieldSpace], ...]] = (RealScalar,)

    @property
    def needs_training(self) -> bool:
        """Whether the flow does nothing of use as it starts; most start at the identity."""
        return True

    @abstractmethod
    def build(self, space: FieldSpace, key: Key[Array, ""]) -> Flow:
        """The flow on a field space, with its initial parameters in single precision.

        Raises:
            ConfigError: the flow cannot live on this space.
        """

    def require_space(self, space: FieldSpace) -> None:
        """Refuse a space that the flow does not serve.

        Raises:
            ConfigError: with the spaces that it serves.
        """
        if not isinstance(space, self.spaces):
            kind = type(self).model_fields["kind"].default
            served = " or ".join(one.__name__ for one in self.spaces)
            raise ConfigError(
                "model.flow.kind",
                f'"{kind}" transforms fields of {served}, not of {space.description}; use '
                "another flow, or none",
            )
