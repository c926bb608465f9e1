"""What a coupling layer needs of a network: the frozen half in, scale and shift out."""

from abc import abstractmethod
from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from latflow.flows._checkerboard import Checkerboard
from latflow.settings import Settings

HalfField = Float[Array, " half"]

ACTIVATIONS: dict[str, Callable] = {
    "tanh": jnp.tanh,
    "silu": jax.nn.silu,
    "gelu": jax.nn.gelu,
    "leaky-relu": jax.nn.leaky_relu,
}
ODD_ACTIVATIONS = ("tanh",)


class CouplingNet(eqx.Module):
    """Maps the frozen half of a field to a pair of numbers on every active site.

    The first number conditions the scale, the second the shift. An equivariant net is even in
    its input for the first and odd for the second.
    """

    equivariant: eqx.AbstractVar[bool]

    @abstractmethod
    def __call__(self, frozen: HalfField) -> tuple[HalfField, HalfField]:
        """Scale and shift on the active sites."""


class CouplingNetSettings(Settings):
    """The ``net`` of a coupling block: it builds a network for one checkerboard."""

    @abstractmethod
    def build(
        self, checkerboard: Checkerboard, equivariant: bool, key: Key[Array, ""]
    ) -> CouplingNet:
        """A network whose outputs are zero at first, so that the coupling starts at identity."""


def random_weights(key: Key[Array, ""], n_in: int, n_out: int) -> Float[Array, "n_in n_out"]:
    """Normal weights that keep the variance of their inputs (fan-in scaling)."""
    return jax.random.normal(key, (n_in, n_out), jnp.float32) / n_in**0.5
