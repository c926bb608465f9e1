"""What it takes to be a flow, and how flows are put together."""

from abc import abstractmethod

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from latflow.fields import Field
from latflow.lattice import Lattice, on_lattice
from latflow.settings import Settings

LogDet = Float[Array, ""]


class Flow(eqx.Module):
    """An invertible, differentiable map of one configuration to another.

    Log-determinants are summed in double precision.
    """

    @property
    def symmetries(self) -> frozenset[str]:
        """Names of the symmetries that the map commutes with.

        ``"z2"``: the sign of the field. ``"translation"``: all lattice translations.
        ``"even-translation"``: translations by an even number of steps along each axis.
        """
        return frozenset()

    @abstractmethod
    def forward(self, z: Field) -> tuple[Field, LogDet]:
        """The image x of a latent configuration z, and log |det dx/dz|."""

    @abstractmethod
    def inverse(self, x: Field) -> tuple[Field, LogDet]:
        """The latent configuration z of x, and log |det dz/dx|."""

    def moved_to(self, lattice: Lattice) -> "Flow":
        """The same map on another lattice of the same dimension, with the same parameters.

        Raises:
            ConfigError: its parameters belong to one lattice size.
        """
        return on_lattice(self, lattice)


class Chain(Flow):
    """Flows one after the other: the first acts first on a latent configuration."""

    flows: tuple[Flow, ...]

    @property
    def symmetries(self) -> frozenset[str]:
        """What all parts have in common; a translation contains its even steps."""
        parts = [_closure(flow.symmetries) for flow in self.flows]
        everything = _closure(frozenset({"z2", "translation"}))
        return frozenset.intersection(*parts) if parts else everything

    def forward(self, z: Field) -> tuple[Field, LogDet]:
        """Through all flows, first to last."""
        total = jnp.zeros((), jnp.float64)
        for flow in self.flows:
            z, log_det = flow.forward(z)
            total = total + log_det
        return z, total

    def inverse(self, x: Field) -> tuple[Field, LogDet]:
        """Back through all flows, last to first."""
        total = jnp.zeros((), jnp.float64)
        for flow in reversed(self.flows):
            x, log_det = flow.inverse(x)
            total = total + log_det
        return x, total

    def moved_to(self, lattice: Lattice) -> "Chain":
        """All parts moved."""
        return Chain(tuple(flow.moved_to(lattice) for flow in self.flows))


class Invert(Flow):
    """A flow run backwards."""

    flow: Flow

    @property
    def symmetries(self) -> frozenset[str]:
        """Those of the flow itself."""
        return self.flow.symmetries

    def forward(self, z: Field) -> tuple[Field, LogDet]:
        """The inverse of the flow."""
        return self.flow.inverse(z)

    def inverse(self, x: Field) -> tuple[Field, LogDet]:
        """The forward direction of the flow."""
        return self.flow.forward(x)

    def moved_to(self, lattice: Lattice) -> "Invert":
        """The flow inside moved."""
        return Invert(self.flow.moved_to(lattice))


class FlowSettings(Settings):
    """One ``[[model.flow]]`` block: it builds a flow."""

    @abstractmethod
    def build(self, lattice: Lattice, key: Key[Array, ""]) -> Flow:
        """The flow on a lattice, with its initial parameters in single precision.

        Raises:
            ConfigError: the flow cannot live on this lattice.
        """


def _closure(symmetries: frozenset[str]) -> frozenset[str]:
    return symmetries | {"even-translation"} if "translation" in symmetries else symmetries
