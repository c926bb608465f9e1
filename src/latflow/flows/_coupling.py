"""What all couplings on a checkerboard have in common: halves, networks, layers, equivariance."""

from abc import abstractmethod
from typing import Literal

import jax
from jaxtyping import Array, Key
from pydantic import Field

from latflow.errors import ConfigError
from latflow.fields import ScalarField
from latflow.flows._checkerboard import Checkerboard
from latflow.flows._flow import Chain, Flow, FlowSettings, LogDet
from latflow.flows.nets import ConvolutionSettings, CouplingNet, NetSettings
from latflow.flows.nets._net import ODD_ACTIVATIONS, HalfField
from latflow.lattice import Lattice


class Coupling(Flow):
    """The active half of the lattice is changed, in a way that depends on the frozen half.

    A new coupling says what happens to the active half; the rest is here.
    """

    checkerboard: Checkerboard
    net: CouplingNet

    @property
    def symmetries(self) -> frozenset[str]:
        """Those of the net."""
        return self.net.symmetries

    @abstractmethod
    def change(self, active: HalfField, frozen: HalfField) -> tuple[HalfField, LogDet]:
        """The active half of the image of a latent configuration, and log |det dx/dz|."""

    @abstractmethod
    def change_back(self, active: HalfField, frozen: HalfField) -> tuple[HalfField, LogDet]:
        """The active half of the latent configuration of a field, and log |det dz/dx|."""

    def forward(self, z: ScalarField) -> tuple[ScalarField, LogDet]:
        """The active half changed."""
        active, frozen = self.checkerboard.split(z)
        active, log_det = self.change(active, frozen)
        return self.checkerboard.join(active, frozen), log_det

    def inverse(self, x: ScalarField) -> tuple[ScalarField, LogDet]:
        """The active half changed back."""
        active, frozen = self.checkerboard.split(x)
        active, log_det = self.change_back(active, frozen)
        return self.checkerboard.join(active, frozen), log_det


class CouplingSettings(FlowSettings):
    """What all couplings on a checkerboard have in common."""

    layers: int = Field(8, ge=1, description="number of couplings; odd and even sites in turn")
    equivariance: Literal["z2", "none"] = Field(
        "z2", description="symmetry built into the couplings"
    )
    net: NetSettings = Field(
        default_factory=lambda: ConvolutionSettings.model_validate({}),
        description="network of each coupling",
    )

    @property
    def n_even(self) -> int:
        """How many numbers on each active site a coupling needs besides the shift."""
        return 1

    @abstractmethod
    def coupling(self, checkerboard: Checkerboard, net: CouplingNet) -> Coupling:
        """One coupling with a network of ``n_even`` numbers and a shift."""

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
            board = Checkerboard(lattice, active_is_odd=layer % 2 == 0)
            layer_key = jax.random.fold_in(key, layer)
            net = self.net.build(board, equivariant, layer_key, self.n_even)
            couplings.append(self.coupling(board, net))
        return Chain(tuple(couplings))
