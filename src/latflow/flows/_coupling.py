"""Couplings: a part of the field is changed, in a way that depends on the rest.

A coupling is a mask, which says what the parts are, a network, which makes numbers of the frozen
part, and a transform, which changes the active part by them.
"""

from abc import abstractmethod
from functools import reduce
from operator import add
from typing import Any, Literal

import jax
from jaxtyping import Array, Key
from pydantic import Field as PydanticField

from latflow.fields import Field, FieldSpace, RealScalar
from latflow.flows._checkerboard import Checkerboard
from latflow.flows._combined import Chain
from latflow.flows._flow import Flow, FlowSettings, LogDet
from latflow.flows._levels import LevelMask
from latflow.flows._mask import Channels, Mask
from latflow.flows._symmetries import closure
from latflow.flows._transform import Transform
from latflow.flows.nets import (
    NETS,
    ConvolutionSettings,
    CouplingNet,
    known_nets,
)
from latflow.lattice import Lattice, on_lattice
from latflow.settings import one_of, with_choices


class Coupling(Flow):
    """The active part is transformed, with parameters that a network makes of the frozen part.

    Args:
        mask: says what is active.
        net: gives the transform's parameters of all active channels, those of the first first.
        function: what happens to one active channel.
    """

    mask: Mask
    net: CouplingNet
    function: Transform

    def __init__(self, mask: Mask, net: CouplingNet, function: Transform):
        self.mask = mask
        self.net = net
        self.function = function

    @property
    def space(self) -> FieldSpace:  # pyright: ignore[reportIncompatibleVariableOverride]
        """That of the mask."""
        return self.mask.space

    @property
    def symmetries(self) -> frozenset[str]:
        """Those of the net that neither mask nor transform breaks."""
        both = closure(self.net.symmetries) & self.mask.symmetries
        return both if self.function.is_equivariant else both - {"z2"}

    def transform(self, z: Field) -> tuple[Field, LogDet]:
        """The active part changed."""
        active, frozen = self.mask.split(z)
        active, log_det = self._each(self.function.forward, active, frozen)
        return self.mask.join(active, frozen, self.mask.passive(z)), log_det

    def transform_back(self, x: Field) -> tuple[Field, LogDet]:
        """The active part changed back."""
        active, frozen = self.mask.split(x)
        active, log_det = self._each(self.function.inverse, active, frozen)
        return self.mask.join(active, frozen, self.mask.passive(x)), log_det

    def _each(self, change, active: Channels, frozen: Channels) -> tuple[Channels, LogDet]:
        """The change of every active channel, with its share of the network's numbers."""
        even, odd = self.net(frozen)
        n_even, n_odd = self.function.n_parameters
        changed, log_dets = zip(
            *(
                change(
                    channel,
                    even[number * n_even : (number + 1) * n_even],
                    odd[number * n_odd : (number + 1) * n_odd],
                )
                for number, channel in enumerate(active)
            ),
            strict=True,
        )
        return changed, reduce(add, log_dets)

    def moved_to(self, lattice: Lattice) -> "Coupling":
        """The same coupling on another lattice; refused if the net belongs to one size."""
        return Coupling(on_lattice(self.mask, lattice), self.net.moved_to(lattice), self.function)


class CouplingSettings(FlowSettings):
    """What all couplings on a checkerboard have in common."""

    layers: int = PydanticField(
        8, ge=1, le=1024, description="number of couplings, one after the other"
    )
    level: int = PydanticField(
        0,
        ge=0,
        le=64,
        description="sublattice that the couplings act on, which has 2^-level of all sites: 0 all, "
        "1 the even ones, and so on",
    )
    active: Literal["both", "finer"] = PydanticField(
        "both",
        description="which half of the sublattice is changed: both in turn, or only the sites that "
        "the next coarser sublattice has not, given those that it has",
    )
    equivariance: Literal["z2", "none"] = PydanticField(
        "z2", description="symmetry built into the couplings"
    )
    net: one_of(NETS, "kind") = PydanticField(  # pyright: ignore[reportInvalidTypeForm]
        default_factory=lambda: ConvolutionSettings.model_validate({}),
        description="network of each coupling",
    )

    @classmethod
    def with_parts(cls) -> type[Any]:
        """With the networks of installed packages."""
        nets = known_nets()
        return cls if nets == NETS else with_choices(cls, "net", nets, "kind")

    @abstractmethod
    def transform(self) -> Transform:
        """What the couplings do with the active numbers."""

    def build(self, space: FieldSpace, key: Key[Array, ""]) -> Flow:
        """The couplings, starting at the identity."""
        self.require_space(space)
        assert isinstance(space, RealScalar)  # as was just required
        equivariant = self.equivariance == "z2"
        if equivariant:
            self.net.require_equivariance()
        transform = self.transform()
        couplings = []
        for layer in range(self.layers):
            mask = self._mask(space, self.active == "finer" or layer % 2 == 0)
            outputs = transform.n_parameters.times(mask.active_channels)
            net = self.net.build(mask, outputs, equivariant, jax.random.fold_in(key, layer))
            couplings.append(Coupling(mask, net, transform))
        return Chain(tuple(couplings))

    def _mask(self, space: RealScalar, active_is_finer: bool) -> Mask:
        if self.level == 0:
            return Checkerboard(space, active_is_odd=active_is_finer)
        return LevelMask(space, self.level, active_is_finer)
