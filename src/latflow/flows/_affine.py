"""Affine coupling layers on a checkerboard (real NVP, Dinh et al., arXiv:1605.08803)."""

from typing import Literal

import jax
import jax.numpy as jnp
from jaxtyping import Array, Key
from pydantic import Field

from latflow.errors import ConfigError
from latflow.fields import ScalarField
from latflow.flows._checkerboard import Checkerboard
from latflow.flows._flow import Chain, Flow, FlowSettings, LogDet
from latflow.flows.nets import (
    ConvolutionNet,
    ConvolutionSettings,
    CouplingNet,
    NetSettings,
    SingleConvolutionNet,
)
from latflow.flows.nets._net import ODD_ACTIVATIONS
from latflow.lattice import Lattice, on_lattice
from latflow.precision import sum_in_double


class AffineCoupling(Flow):
    """The active half is scaled by exp(s) and shifted by t, both functions of the frozen half."""

    checkerboard: Checkerboard
    net: CouplingNet

    @property
    def symmetries(self) -> frozenset[str]:
        """Z2 if the net is equivariant; even translations if it is a convolution."""
        names = set()
        if self.net.equivariant:
            names.add("z2")
        if isinstance(self.net, ConvolutionNet | SingleConvolutionNet):
            names.add("even-translation")
        return frozenset(names)

    def forward(self, z: ScalarField) -> tuple[ScalarField, LogDet]:
        """x = exp(s) z + t on active sites."""
        active, frozen = self.checkerboard.split(z)
        log_scale, shift = self.net(frozen)
        moved = active * jnp.exp(log_scale) + shift
        return self.checkerboard.join(moved, frozen), sum_in_double(log_scale)

    def inverse(self, x: ScalarField) -> tuple[ScalarField, LogDet]:
        """z = (x - t) exp(-s) on active sites."""
        active, frozen = self.checkerboard.split(x)
        log_scale, shift = self.net(frozen)
        moved = (active - shift) * jnp.exp(-log_scale)
        return self.checkerboard.join(moved, frozen), -sum_in_double(log_scale)

    def moved_to(self, lattice: Lattice) -> "AffineCoupling":
        """The same coupling on another lattice; refused if the net belongs to one size."""
        return AffineCoupling(on_lattice(self.checkerboard, lattice), self.net.moved_to(lattice))


class AffineCouplingSettings(FlowSettings):
    """Affine couplings (real NVP) that update the two sublattices in turn."""

    kind: Literal["affine-coupling"] = "affine-coupling"
    layers: int = Field(8, ge=1, description="number of couplings; odd and even sites in turn")
    equivariance: Literal["z2", "none"] = Field(
        "z2", description="symmetry built into the couplings"
    )
    net: NetSettings = Field(
        default_factory=lambda: ConvolutionSettings.model_validate({}),
        description="network of each coupling",
    )

    def build(self, lattice: Lattice, key: Key[Array, ""]) -> Flow:
        """The couplings, starting at the identity."""
        equivariant = self.equivariance == "z2"
        if equivariant and self.net.activation not in ODD_ACTIVATIONS:
            raise ConfigError(
                "model.flow.net.activation",
                f"Z2 equivariance needs an odd activation ({', '.join(ODD_ACTIVATIONS)}), "
                f"got {self.net.activation}",
            )
        couplings = []
        for layer in range(self.layers):
            checkerboard = Checkerboard(lattice, active_is_odd=layer % 2 == 0)
            net = self.net.build(checkerboard, equivariant, jax.random.fold_in(key, layer))
            couplings.append(AffineCoupling(checkerboard, net))
        return Chain(tuple(couplings))
