"""The usual masked convolutions on the full lattice.

The input is zero on the active sites, hidden channels live on all sites, and the heads are read
on the active ones. Sites are in the order of cells (see ``_cells.py``).
"""

from typing import Literal

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key

from latflow.flows._checkerboard import Checkerboard
from latflow.flows._permute import PermutationTable, permute
from latflow.flows.nets._cells import Cells
from latflow.flows.nets._channel_bias import add_channel_bias
from latflow.flows.nets._convolution import ConvolutionNet, ConvolutionSettings
from latflow.flows.nets._net import HalfField, random_weights
from latflow.flows.nets._site_convolution import site_convolution
from latflow.flows.nets._winograd import cell_convolution


class FullConvolutionNet(ConvolutionNet):
    """Convolutions whose hidden channels live on all sites."""

    def __call__(self, frozen: HalfField) -> tuple[Float[Array, "n_even half"], HalfField]:
        """Even and odd numbers; with Z2 equivariance as on one sublattice."""
        cells = Cells(self.checkerboard.lattice.shape)
        table = cells.neighbourhood(self.radius)
        order = np.concatenate([self.checkerboard.active_sites, self.checkerboard.frozen_sites])
        to_cells = PermutationTable(np.argsort(order)[cells.sites][:, None])
        half = len(frozen)
        masked = jax.lax.pad(frozen, jnp.zeros((), frozen.dtype), [(half, 0, 0)])
        hidden = permute(masked, to_cells)[None, :]
        layers = zip(self.weights, self.biases, self.activations, strict=True)
        for layer, (weights, bias, activate) in enumerate(layers):
            if layer and self.radius == 1:
                hidden = cell_convolution(weights, hidden, cells)
            else:
                hidden = site_convolution(weights, hidden, table)
            hidden = activate(hidden if bias is None else add_channel_bias(hidden, bias))

        def on_active(values):
            return permute(values, to_cells.inverse)[:half]

        even = hidden * hidden if self.equivariant else hidden
        even = add_channel_bias(site_convolution(self.even_head, even, table), self.even_bias)
        odd = on_active(site_convolution(self.odd_head, hidden, table)[0])
        even = jnp.stack([on_active(row) for row in even])
        return even, odd if self.odd_bias is None else odd + self.odd_bias


class FullConvolutionSettings(ConvolutionSettings):
    """Periodic convolutions on the full lattice, masked: the usual network of the literature."""

    kind: Literal["full-convolution"] = "full-convolution"  # pyright: ignore

    def build(
        self, checkerboard: Checkerboard, equivariant: bool, key: Key[Array, ""], n_even: int = 1
    ) -> FullConvolutionNet:
        """A network with random hidden layers and vanishing heads."""
        taps = self.kernel**checkerboard.lattice.ndim
        weights, width = [], 1
        for layer, channels in enumerate(self.hidden):
            # Of the first layer's taps only about half meet a frozen site.
            reached = taps * width if layer else (taps + 1) // 2
            flat = random_weights(jax.random.fold_in(key, layer), taps * width, channels)
            flat = flat * (taps * width / reached) ** 0.5
            weights.append(flat.reshape(taps, width, channels).transpose(0, 2, 1))
            width = channels
        parts = self._around(weights, taps, equivariant, n_even)
        return FullConvolutionNet(
            weights=tuple(weights), checkerboard=checkerboard, equivariant=equivariant, **parts
        )
