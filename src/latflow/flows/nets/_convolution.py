"""Periodic convolutions on one sublattice of a checkerboard.

A kernel on the full lattice would spend half of its work on frozen sites, whose outputs nobody
reads. Here hidden channels live on the active sites only: the first layer collects the frozen
sites at odd displacements within the kernel, every later layer the active sites at even ones.
"""

from typing import Any, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key
from pydantic import Field, model_validator

from latflow.batching import stacked
from latflow.flows._mask import Channels, Surroundings
from latflow.flows._permute import PermutationTable
from latflow.flows._representation import Representation
from latflow.flows.nets._channel_bias import add_channel_bias
from latflow.flows.nets._net import (
    Activation,
    CouplingNet,
    LayeredNetSettings,
    Parameters,
    random_weights,
)
from latflow.flows.nets._site_convolution import site_convolution


class ConvolutionNet(CouplingNet):
    """A stack of convolutions around a mask; any dimension, any extents that the mask allows.

    Weights have one matrix for each displacement, in row-major order of the window.
    """

    weights: tuple[Float[Array, "_taps _n_out _n_in"], ...]
    biases: tuple[Float[Array, " _n_out"] | None, ...]
    even_head: Float[Array, "taps n_even n_in"]
    even_bias: Float[Array, " n_even"]
    odd_head: Float[Array, "taps n_odd n_in"]
    odd_bias: Float[Array, " n_odd"] | None
    mask: Surroundings
    radius: int = eqx.field(static=True)
    activations: tuple[Activation, ...]
    equivariant: bool = eqx.field(static=True)

    def heads(self, hidden, table: PermutationTable) -> tuple[Parameters, Parameters]:
        """Even and odd numbers from the last hidden channels.

        With Z2 equivariance these are odd (no biases, odd activation): the odd numbers are
        linear in them, the even ones in their squares.
        """
        if self.odd_bias is None:
            even = site_convolution(self.even_head, hidden * hidden, table)
            odd = site_convolution(self.odd_head, hidden, table)
            return add_channel_bias(even, self.even_bias), odd
        # Both at once: they read the same channels.
        weights = jnp.concatenate([self.even_head, self.odd_head], axis=1)
        bias = jnp.concatenate([self.even_bias, self.odd_bias])
        numbers = add_channel_bias(site_convolution(weights, hidden, table), bias)
        n_even = len(self.even_bias)
        return numbers[:n_even], numbers[n_even:]


class SublatticeConvolutionNet(ConvolutionNet):
    """Convolutions whose hidden channels live on the active sites."""

    def __call__(self, frozen: Channels) -> tuple[Parameters, Parameters]:
        """Even and odd numbers on the active sites."""
        table = self.mask.neighbourhood(self.radius, of_frozen=True)
        hidden = stacked(list(frozen))
        for weights, bias, activate in zip(
            self.weights, self.biases, self.activations, strict=True
        ):
            hidden = site_convolution(weights, hidden, table)
            hidden = activate(hidden if bias is None else add_channel_bias(hidden, bias))
            table = self.mask.neighbourhood(self.radius, of_frozen=False)
        return self.heads(hidden, table)


class ConvolutionSettings(LayeredNetSettings):
    """Periodic convolutions on the sublattices of the checkerboard."""

    kind: Literal["convolution"] = "convolution"
    kernel: int = Field(3, ge=3, le=255, description="odd width of the convolution kernels")

    @model_validator(mode="after")
    def _odd_kernel(self):
        if self.kernel % 2 == 0:
            raise ValueError(f"kernel must be odd, got {self.kernel}")
        return self

    def build(
        self, mask: Surroundings, outputs: Representation, equivariant: bool, key: Key[Array, ""]
    ) -> ConvolutionNet:
        """A network with random hidden layers and vanishing heads."""
        radius = self.kernel // 2
        taps = len(mask.neighbourhood(radius, of_frozen=True))
        weights, width = [], mask.frozen_channels
        for layer, channels in enumerate(self.hidden):
            flat = random_weights(jax.random.fold_in(key, layer), taps * width, channels)
            weights.append(flat.reshape(taps, width, channels).transpose(0, 2, 1))
            width, taps = channels, len(mask.neighbourhood(radius, of_frozen=False))
        heads = self._around(taps, width, outputs, equivariant)
        return SublatticeConvolutionNet(weights=tuple(weights), mask=mask, **heads)

    def _around(
        self, taps: int, width: int, outputs: Representation, equivariant: bool
    ) -> dict[str, Any]:
        """Everything around the hidden layers' weights: vanishing biases and heads."""
        n_even, n_odd = outputs
        return {
            "biases": tuple(
                None if equivariant else jnp.zeros(n, jnp.float32) for n in self.hidden
            ),
            "even_head": jnp.zeros((taps, n_even, width), jnp.float32),
            "even_bias": jnp.zeros(n_even, jnp.float32),
            "odd_head": jnp.zeros((taps, n_odd, width), jnp.float32),
            "odd_bias": None if equivariant else jnp.zeros(n_odd, jnp.float32),
            "radius": self.kernel // 2,
            "activations": tuple(Activation.called(self.activation) for _ in self.hidden),
            "equivariant": equivariant,
        }
