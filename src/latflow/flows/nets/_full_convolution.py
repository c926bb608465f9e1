"""The usual masked convolutions on the full lattice.

The input is zero on the active sites, hidden channels live on all sites, and the heads are read
on the active ones.
"""

from typing import Literal

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Key

from latflow.errors import ConfigError
from latflow.flows._mask import Channels, Surroundings
from latflow.flows._periodic_shifts import PeriodicShifts
from latflow.flows._permute import PermutationTable, permute
from latflow.flows._representation import Representation
from latflow.flows.nets._channel_bias import add_channel_bias
from latflow.flows.nets._convolution import ConvolutionNet, ConvolutionSettings
from latflow.flows.nets._net import Parameters, random_weights
from latflow.flows.nets._site_convolution import site_convolution
from latflow.lattice import Lattice


class FullConvolutionNet(ConvolutionNet):
    """Convolutions whose hidden channels live on all sites, those of the active part first."""

    def __call__(self, frozen: Channels) -> tuple[Parameters, Parameters]:
        """Even and odd numbers; with Z2 equivariance as on one sublattice."""
        order = np.concatenate([self.mask.active_sites, self.mask.frozen_sites])
        n_active = len(self.mask.active_sites)
        table = _window(self.mask.space.lattice, self.radius)
        to_rows = PermutationTable(np.argsort(order)[:, None])

        def on_all(values):
            masked = jax.lax.pad(values, jnp.zeros((), values.dtype), [(n_active, 0, 0)])
            return permute(masked, to_rows)

        def on_active(rows):
            return jnp.stack([permute(row, to_rows.inverse)[:n_active] for row in rows])

        hidden = jnp.stack([on_all(channel) for channel in frozen])
        for weights, bias, activate in zip(
            self.weights, self.biases, self.activations, strict=True
        ):
            hidden = site_convolution(weights, hidden, table)
            hidden = activate(hidden if bias is None else add_channel_bias(hidden, bias))
        even, odd = self.heads(hidden, table)
        return on_active(even), on_active(odd)


class FullConvolutionSettings(ConvolutionSettings):
    """Periodic convolutions on the full lattice, masked: the usual network of the literature."""

    kind: Literal["full-convolution"] = "full-convolution"  # pyright: ignore

    def build(
        self, mask: Surroundings, outputs: Representation, equivariant: bool, key: Key[Array, ""]
    ) -> FullConvolutionNet:
        """A network with random hidden layers and vanishing heads.

        Raises:
            ConfigError: the mask's parts do not make up the sites of a lattice.
        """
        lattice = mask.space.lattice
        if len(mask.active_sites) + len(mask.frozen_sites) != lattice.volume:
            raise ConfigError(
                "model.flow.net",
                "a full convolution needs a mask that gives every site to one part; use the kind "
                '"convolution"',
            )
        taps = self.kernel**lattice.ndim
        weights, width = [], mask.frozen_channels
        for layer, channels in enumerate(self.hidden):
            # Of the first layer's taps only about half meet a frozen site.
            reached = width * (taps if layer else (taps + 1) // 2)
            flat = random_weights(jax.random.fold_in(key, layer), taps * width, channels)
            flat = flat * (taps * width / reached) ** 0.5
            weights.append(flat.reshape(taps, width, channels).transpose(0, 2, 1))
            width = channels
        heads = self._around(taps, width, outputs, equivariant)
        return FullConvolutionNet(weights=tuple(weights), mask=mask, **heads)


def _window(lattice: Lattice, radius: int) -> PermutationTable:
    """The site at each displacement (columns) from every site of the lattice, row-major both."""
    return PeriodicShifts(lattice.shape, (tuple(range(-radius, radius + 1)),) * lattice.ndim)
