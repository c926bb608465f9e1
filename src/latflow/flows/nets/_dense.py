"""Fully connected networks from one half of the lattice to the other."""

from itertools import pairwise
from typing import Annotated, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key
from pydantic import Field

from latflow.errors import ConfigError
from latflow.flows._mask import Channels, Surroundings
from latflow.flows._representation import Representation
from latflow.flows.nets._net import (
    Activation,
    CouplingNet,
    LayeredNetSettings,
    Parameters,
    random_weights,
)
from latflow.lattice import Lattice


class DenseNet(CouplingNet):
    """Every active site sees every frozen site: no translation symmetry, one lattice size."""

    weights: tuple[Float[Array, "_n_in _n_out"], ...]
    biases: tuple[Float[Array, " _n_out"] | None, ...]
    even_head: Float[Array, "n_even n_in sites"]
    even_bias: Float[Array, "n_even sites"]
    odd_head: Float[Array, "n_odd n_in sites"]
    odd_bias: Float[Array, "n_odd sites"] | None
    volume: int = eqx.field(static=True)
    activations: tuple[Activation, ...]
    equivariant: bool = eqx.field(static=True)

    @property
    def symmetries(self) -> frozenset[str]:
        """Z2 at most: every site has weights of its own."""
        return super().symmetries - {"translation"}

    def __call__(self, frozen: Channels) -> tuple[Parameters, Parameters]:
        """Even and odd numbers; with Z2 equivariance as in the convolution, from squares."""
        hidden = jnp.concatenate(frozen)
        for weight, bias, activate in zip(self.weights, self.biases, self.activations, strict=True):
            hidden = hidden @ weight
            hidden = activate(hidden if bias is None else hidden + bias)
        even = hidden * hidden if self.equivariant else hidden
        even = even @ self.even_head + self.even_bias
        odd = hidden @ self.odd_head
        return even, odd if self.odd_bias is None else odd + self.odd_bias

    def moved_to(self, lattice: Lattice) -> "DenseNet":
        """Only to a lattice of as many sites.

        Raises:
            ConfigError: any other.
        """
        if self.volume != lattice.volume:
            raise ConfigError(
                "model.flow.net",
                f"a dense network has weights for every one of its {self.volume} "
                f"sites and cannot move to {list(lattice.shape)}; use a convolution",
            )
        return self


class DenseSettings(LayeredNetSettings):
    """Fully connected layers from the frozen to the active half."""

    kind: Literal["dense"] = "dense"
    hidden: tuple[Annotated[int, Field(ge=1, le=65536)], ...] = Field(
        (128, 128), max_length=64, description="width of each hidden layer"
    )

    def build(
        self, mask: Surroundings, outputs: Representation, equivariant: bool, key: Key[Array, ""]
    ) -> DenseNet:
        """A network with random hidden layers and vanishing heads."""
        sites = len(mask.active_sites)
        widths = (mask.frozen_channels * len(mask.frozen_sites), *self.hidden)
        n_even, n_odd = outputs
        return DenseNet(
            weights=tuple(
                random_weights(jax.random.fold_in(key, layer), n_in, n_out)
                for layer, (n_in, n_out) in enumerate(pairwise(widths))
            ),
            biases=tuple(None if equivariant else jnp.zeros(n, jnp.float32) for n in self.hidden),
            even_head=jnp.zeros((n_even, widths[-1], sites), jnp.float32),
            even_bias=jnp.zeros((n_even, sites), jnp.float32),
            odd_head=jnp.zeros((n_odd, widths[-1], sites), jnp.float32),
            odd_bias=None if equivariant else jnp.zeros((n_odd, sites), jnp.float32),
            volume=mask.space.lattice.volume,
            activations=tuple(Activation.called(self.activation) for _ in self.hidden),
            equivariant=equivariant,
        )
