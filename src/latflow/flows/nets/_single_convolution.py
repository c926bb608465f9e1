"""The smallest coupling network: scale and shift are one convolution each, without a bias.

Albandea et al., PoS LATTICE2023 and Eur. Phys. J. C 83 (2023) 676 (arXiv:2302.08408).
"""

from typing import Literal

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float, Key
from pydantic import Field

from latflow.errors import ConfigError
from latflow.flows._checkerboard import Checkerboard
from latflow.flows.nets._net import CouplingNet, CouplingNetSettings, HalfField, random_weights
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
    checkerboard: Checkerboard
    radius: int = eqx.field(static=True)
    equivariant: bool = eqx.field(static=True, default=True)

    def __call__(self, frozen: HalfField) -> tuple[Float[Array, "1 half"], HalfField]:
        """Scale and shift on the active sites."""
        table = self.checkerboard.neighbourhood(self.radius, of_frozen=True)
        scale, shift = jnp.tanh(site_convolution(self.weights, frozen[None, :], table))
        return -jnp.abs(scale)[None], shift


class SingleConvolutionSettings(CouplingNetSettings):
    """One convolution each for scale and shift, then tanh; no hidden layer, no bias, Z2."""

    kind: Literal["single-convolution"] = "single-convolution"
    kernel: Literal[3, 5, 7] = Field(3, description="width of the convolution kernels")
    activation: Literal["tanh"] = Field("tanh", description="what follows the convolutions")

    def build(
        self, checkerboard: Checkerboard, equivariant: bool, key: Key[Array, ""], n_even: int = 1
    ) -> SingleConvolutionNet:
        """A network with small random weights, equivariant whether asked to be or not.

        Not zero: there the gradient of |s| vanishes, and no step would ever change the scale.
        """
        if n_even != 1:
            raise ConfigError(
                "model.flow.net",
                "a single convolution serves affine couplings only; use another net",
            )
        radius = self.kernel // 2
        taps = len(checkerboard.neighbourhood(radius, of_frozen=True))
        weights = _INITIAL_OUTPUT * random_weights(key, taps, 2)
        return SingleConvolutionNet(
            weights=weights[:, :, None], checkerboard=checkerboard, radius=radius, equivariant=True
        )
