"""Periodic convolutions on one sublattice of a checkerboard.

A kernel on the full lattice would spend half of its work on frozen sites, whose outputs nobody
reads. Here hidden channels live on the active sites only: the first layer collects the frozen
sites at odd displacements within the kernel, every later layer the active sites at even ones.
"""

from typing import Annotated, Any, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key
from pydantic import Field, model_validator

from latflow.flows._checkerboard import Checkerboard
from latflow.flows.nets._channel_bias import add_channel_bias
from latflow.flows.nets._net import (
    Activation,
    ActivationName,
    CouplingNet,
    CouplingNetSettings,
    HalfField,
    random_weights,
)
from latflow.flows.nets._site_convolution import site_convolution


class ConvolutionNet(CouplingNet):
    """A stack of convolutions on a checkerboard; any dimension, any even extents.

    Weights have one matrix for each displacement, in row-major order of the window.
    """

    weights: tuple[Float[Array, "_taps _n_out _n_in"], ...]
    biases: tuple[Float[Array, " _n_out"] | None, ...]
    even_head: Float[Array, "taps n_even n_in"]
    even_bias: Float[Array, " n_even"]
    odd_head: Float[Array, "taps 1 n_in"]
    odd_bias: Float[Array, ""] | None
    checkerboard: Checkerboard
    radius: int = eqx.field(static=True)
    activations: tuple[Activation, ...]
    equivariant: bool = eqx.field(static=True)


class SublatticeConvolutionNet(ConvolutionNet):
    """Convolutions whose hidden channels live on the active sites."""

    def __call__(self, frozen: HalfField) -> tuple[Float[Array, "n_even half"], HalfField]:
        """Even and odd numbers on the active sites.

        With Z2 equivariance the hidden channels are odd (no biases, odd activation): the odd
        number is linear in them, the even ones are in their squares.
        """
        table = self.checkerboard.neighbourhood(self.radius, of_frozen=True)
        hidden = frozen[None, :]
        for weights, bias, activate in zip(
            self.weights, self.biases, self.activations, strict=True
        ):
            hidden = site_convolution(weights, hidden, table)
            hidden = activate(hidden if bias is None else add_channel_bias(hidden, bias))
            table = self.checkerboard.neighbourhood(self.radius, of_frozen=False)
        even = hidden * hidden if self.equivariant else hidden
        even = add_channel_bias(site_convolution(self.even_head, even, table), self.even_bias)
        odd = site_convolution(self.odd_head, hidden, table)[0]
        return even, odd if self.odd_bias is None else odd + self.odd_bias


class ConvolutionSettings(CouplingNetSettings):
    """Periodic convolutions on the sublattices of the checkerboard."""

    kind: Literal["convolution"] = "convolution"
    hidden: tuple[Annotated[int, Field(ge=1)], ...] = Field(
        (16, 16), description="channels of each hidden layer"
    )
    kernel: int = Field(3, ge=3, description="odd width of the convolution kernels")
    activation: ActivationName = Field(
        "tanh",
        description="activation; Z2 equivariance needs an odd one (tanh, or symmetric-spline, "
        "which is trainable)",
    )

    @model_validator(mode="after")
    def _odd_kernel(self):
        if self.kernel % 2 == 0:
            raise ValueError(f"kernel must be odd, got {self.kernel}")
        return self

    def build(
        self, checkerboard: Checkerboard, equivariant: bool, key: Key[Array, ""], n_even: int = 1
    ) -> ConvolutionNet:
        """A network with random hidden layers and vanishing heads."""
        radius = self.kernel // 2
        taps = len(checkerboard.neighbourhood(radius, of_frozen=True))
        weights, width = [], 1
        for layer, channels in enumerate(self.hidden):
            flat = random_weights(jax.random.fold_in(key, layer), taps * width, channels)
            weights.append(flat.reshape(taps, width, channels).transpose(0, 2, 1))
            width, taps = channels, len(checkerboard.neighbourhood(radius, of_frozen=False))
        parts = self._around(weights, taps, equivariant, n_even)
        return SublatticeConvolutionNet(
            weights=tuple(weights), checkerboard=checkerboard, equivariant=equivariant, **parts
        )

    def _around(self, weights: list, taps: int, equivariant: bool, n_even: int) -> dict[str, Any]:
        """Everything around the hidden layers' weights: vanishing biases and heads."""
        width = weights[-1].shape[1] if weights else 1
        return {
            "biases": tuple(
                None if equivariant else jnp.zeros(n, jnp.float32) for n in self.hidden
            ),
            "even_head": jnp.zeros((taps, n_even, width), jnp.float32),
            "even_bias": jnp.zeros(n_even, jnp.float32),
            "odd_head": jnp.zeros((taps, 1, width), jnp.float32),
            "odd_bias": None if equivariant else jnp.zeros((), jnp.float32),
            "radius": self.kernel // 2,
            "activations": tuple(Activation.called(self.activation) for _ in self.hidden),
        }
