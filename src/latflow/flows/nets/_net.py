"""What a coupling layer needs of a network: the frozen half in, scale and shift out."""

from abc import abstractmethod
from collections.abc import Callable
from typing import Literal

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key

from latflow.flows._checkerboard import Checkerboard
from latflow.flows._spline import OddSpline
from latflow.lattice import Lattice, on_lattice
from latflow.settings import Settings

HalfField = Float[Array, " half"]

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
    """Maps the frozen half of a field to a few numbers on every active site.

    An equivariant net is even in its input for all of them but the last, which is odd.
    """

    equivariant: eqx.AbstractVar[bool]

    @property
    def symmetries(self) -> frozenset[str]:
        """Those that a coupling has through the net: unless overridden, the same on all sites."""
        return frozenset({"even-translation", *(["z2"] if self.equivariant else [])})

    @abstractmethod
    def __call__(self, frozen: HalfField) -> tuple[Float[Array, "n_even half"], HalfField]:
        """The even numbers, one row each, and the odd one, on the active sites.

        An affine coupling takes one even number, the scale, and shifts by the odd one.
        """

    def moved_to(self, lattice: Lattice) -> "CouplingNet":
        """The same network on another lattice.

        Raises:
            ConfigError: its parameters belong to one lattice size.
        """
        return on_lattice(self, lattice)


class CouplingNetSettings(Settings):
    """The ``net`` of a coupling block: it builds a network for one checkerboard."""

    @abstractmethod
    def build(
        self, checkerboard: Checkerboard, equivariant: bool, key: Key[Array, ""], n_even: int = 1
    ) -> CouplingNet:
        """A network whose outputs are zero at first, so that the coupling starts at identity.

        Args:
            checkerboard: says which half is active.
            equivariant: whether the net is even and odd in its input.
            key: of the initial weights.
            n_even: numbers on each active site besides the odd one.

        Raises:
            ConfigError: it cannot give so many.
        """


def random_weights(key: Key[Array, ""], n_in: int, n_out: int) -> Float[Array, "n_in n_out"]:
    """Normal weights that keep the variance of their inputs (fan-in scaling)."""
    return jax.random.normal(key, (n_in, n_out), jnp.float32) / n_in**0.5
