"""What a coupling needs of a network: the frozen part in, numbers on the active sites out."""

from abc import abstractmethod
from collections.abc import Callable
from typing import Annotated, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key
from pydantic import Field

from latflow.errors import ConfigError
from latflow.flows._mask import Channels, Surroundings
from latflow.flows._representation import Representation
from latflow.flows._spline import OddSpline
from latflow.lattice import Lattice, on_lattice
from latflow.settings import Settings

Parameters = Float[Array, "_n sites"]

ACTIVATIONS: dict[str, Callable] = {
    "tanh": jnp.tanh,
    "silu": jax.nn.silu,
    "gelu": jax.nn.gelu,
    "leaky-relu": jax.nn.leaky_relu,
}
SPLINE = "symmetric-spline"
ODD_ACTIVATIONS = ("tanh", SPLINE)
ActivationName = Literal["tanh", "silu", "gelu", "leaky-relu", "symmetric-spline"]

_SPLINE_BINS = 6
_SPLINE_BOUND = 2.0


class Activation(eqx.Module):
    """What stands between two layers of a network: one function of every channel and site.

    A fixed function by its name, or a trainable odd spline (Komijani and Marinkovic 2022) that
    starts close to tanh.
    """

    name: str = eqx.field(static=True)
    spline: OddSpline | None

    @classmethod
    def called(cls, name: ActivationName) -> "Activation":
        """The activation of a name, a spline in single precision."""
        if name != SPLINE:
            return cls(name, None)
        return cls(name, OddSpline.like(np.tanh, _SPLINE_BINS, _SPLINE_BOUND, 1e-2))

    def __call__(self, channels: Float[Array, "..."]) -> Float[Array, "..."]:
        """The function of every entry."""
        if self.spline is None:
            return ACTIVATIONS[self.name](channels)
        return self.spline(channels)[0]


class CouplingNet(eqx.Module):
    """Maps the frozen part of a field to a few numbers on every active site.

    An equivariant net is even in its input for the even numbers and odd for the odd ones.
    """

    equivariant: eqx.AbstractVar[bool]

    @property
    def symmetries(self) -> frozenset[str]:
        """What it commutes with, as far as the mask does: unless overridden, alike everywhere."""
        return frozenset({"translation", *(["z2"] if self.equivariant else [])})

    @abstractmethod
    def __call__(self, frozen: Channels) -> tuple[Parameters, Parameters]:
        """The even and the odd numbers on the active sites, one row each.

        An affine coupling takes an even number, the scale, and shifts by an odd one.
        """

    def moved_to(self, lattice: Lattice) -> "CouplingNet":
        """The same network on another lattice.

        Raises:
            ConfigError: its parameters belong to one lattice size.
        """
        return on_lattice(self, lattice)


class CouplingNetSettings(Settings):
    """The ``net`` of a coupling block: it builds a network for one mask."""

    @abstractmethod
    def build(
        self, mask: Surroundings, outputs: Representation, equivariant: bool, key: Key[Array, ""]
    ) -> CouplingNet:
        """A network whose outputs are zero at first, so that the coupling starts at identity.

        Args:
            mask: says what goes in, and where the numbers are needed.
            outputs: how many numbers on each active site, and how they behave under the sign.
            equivariant: whether the net is even and odd in its input.
            key: of the initial weights.

        Raises:
            ConfigError: it cannot give such numbers.
        """

    def require_equivariance(self) -> None:
        """Refuse settings with which no network can be equivariant.

        Raises:
            ConfigError: as they are.
        """


class LayeredNetSettings(CouplingNetSettings):
    """What networks with hidden layers have in common."""

    hidden: tuple[Annotated[int, Field(ge=1, le=65536)], ...] = Field(
        (16, 16), max_length=64, description="channels of each hidden layer"
    )
    activation: ActivationName = Field(
        "tanh",
        description="activation; Z2 equivariance needs an odd one (tanh, or symmetric-spline, "
        "which is trainable)",
    )

    def require_equivariance(self) -> None:
        """Refuse an activation that is not odd.

        Raises:
            ConfigError: naming those that are.
        """
        if self.activation not in ODD_ACTIVATIONS:
            raise ConfigError(
                "model.flow.net.activation",
                f"Z2 equivariance needs an odd activation ({', '.join(ODD_ACTIVATIONS)}), "
                f"got {self.activation}",
            )


def random_weights(key: Key[Array, ""], n_in: int, n_out: int) -> Float[Array, "n_in n_out"]:
    """Normal weights that keep the variance of their inputs (fan-in scaling)."""
    return jax.random.normal(key, (n_in, n_out), jnp.float32) / n_in**0.5
