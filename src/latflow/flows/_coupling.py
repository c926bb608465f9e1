"""What all couplings on a checkerboard have in common: networks, layers, equivariance."""

from abc import abstractmethod
from typing import Literal

import jax
from jaxtyping import Array, Key
from pydantic import Field

from latflow.errors import ConfigError
from latflow.flows._checkerboard import Checkerboard
from latflow.flows._flow import Chain, Flow, FlowSettings
from latflow.flows.nets import ConvolutionSettings, CouplingNet, NetSettings
from latflow.flows.nets._net import ODD_ACTIVATIONS
from latflow.lattice import Lattice


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
    def coupling(self, checkerboard: Checkerboard, net: CouplingNet) -> Flow:
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
