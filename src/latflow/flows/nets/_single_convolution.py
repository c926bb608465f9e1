"""The smallest coupling network: scale and shift are one convolution each, without a bias.

Albandea et al., PoS LATTICE2023 and Eur. Phys. J. C 83 (2023) 676 (arXiv:2302.08408).
"""

from typing import Literal

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float, Key
from pydantic import Field

from latflow.errors import ConfigError
from latflow.flows._mask import Channels, Surroundings
from latflow.flows._representation import Representation
from latflow.flows.nets._net import CouplingNet, CouplingNetSettings, Parameters, random_weights
from latflow.flows.nets._site_convolution import site_convolution

_INITIAL_OUTPUT = 0.1


class SingleConvolutionNet(CouplingNet):
    """Scale -|tanh(w_s * frozen)| and shift tanh(w_t * frozen), with * a periodic convolution.

    So a coupling is x -> e^-|s| x + t, eq. (4) of the Lattice 2023 paper, read as follows: it is
    the map from the prior to the target; s and t are functions of the frozen half alone; each
    is one convolution with a kernel of k sites a side, followed by tanh; taps that would meet an
    active site (even displacements) do not exist. Of k = 3 in two dimensions four weights each
    are left. It contracts, at most by e in each coupling, while the shift is at most one.

    Odd in the field before the modulus, so that the coupling commutes with Z2 by construction.
    """

    weights: Float[Array, "taps 2 1"]
    mask: Surroundings
    radius: int = eqx.field(static=True)
    equivariant: bool = eqx.field(static=True, default=True)

    def __call__(self, frozen: Channels) -> tuple[Parameters, Parameters]:
        """Scale and shift on the active sites."""
        table = self.mask.neighbourhood(self.radius, of_frozen=True)
        numbers = jnp.tanh(site_convolution(self.weights, jnp.stack(frozen), table))
        return -jnp.abs(numbers[:1]), numbers[1:]


class SingleConvolutionSettings(CouplingNetSettings):
    """One convolution each for scale and shift, then tanh; no hidden layer, no bias, Z2."""

    kind: Literal["single-convolution"] = "single-convolution"
    kernel: Literal[3, 5, 7] = Field(3, description="width of the convolution kernels")
    activation: Literal["tanh"] = Field("tanh", description="what follows the convolutions")

    def build(
        self, mask: Surroundings, outputs: Representation, equivariant: bool, key: Key[Array, ""]
    ) -> SingleConvolutionNet:
        """A network with small random weights, equivariant whether asked to be or not.

        Not zero: there the gradient of |s| vanishes, and no step would ever change the scale.

        Raises:
            ConfigError: anything but one scale and one shift is wanted, or made of more than one
                channel.
        """
        if outputs != Representation(even=1, odd=1) or mask.frozen_channels != 1:
            raise ConfigError(
                "model.flow.net",
                "a single convolution serves affine couplings only; use another net",
            )
        radius = self.kernel // 2
        taps = len(mask.neighbourhood(radius, of_frozen=True))
        weights = _INITIAL_OUTPUT * random_weights(key, taps, 2)
        return SingleConvolutionNet(
            weights=weights[:, :, None], mask=mask, radius=radius, equivariant=True
        )
