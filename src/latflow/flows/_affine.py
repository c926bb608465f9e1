"""Affine coupling layers on a checkerboard (real NVP, Dinh et al., arXiv:1605.08803)."""

from typing import Literal

import jax.numpy as jnp

from latflow.fields import ScalarField
from latflow.flows._checkerboard import Checkerboard
from latflow.flows._coupling import CouplingSettings
from latflow.flows._flow import Flow, LogDet
from latflow.flows.nets import CouplingNet
from latflow.lattice import Lattice, on_lattice
from latflow.precision import sum_in_double


class AffineCoupling(Flow):
    """The active half is scaled by exp(s) and shifted by t, both functions of the frozen half."""

    checkerboard: Checkerboard
    net: CouplingNet

    @property
    def symmetries(self) -> frozenset[str]:
        """Those of the net."""
        return self.net.symmetries

    def forward(self, z: ScalarField) -> tuple[ScalarField, LogDet]:
        """x = exp(s) z + t on active sites."""
        active, frozen = self.checkerboard.split(z)
        even, shift = self.net(frozen)
        log_scale = even[0]
        moved = active * jnp.exp(log_scale) + shift
        return self.checkerboard.join(moved, frozen), sum_in_double(log_scale)

    def inverse(self, x: ScalarField) -> tuple[ScalarField, LogDet]:
        """z = (x - t) exp(-s) on active sites."""
        active, frozen = self.checkerboard.split(x)
        even, shift = self.net(frozen)
        log_scale = even[0]
        moved = (active - shift) * jnp.exp(-log_scale)
        return self.checkerboard.join(moved, frozen), -sum_in_double(log_scale)

    def moved_to(self, lattice: Lattice) -> "AffineCoupling":
        """The same coupling on another lattice; refused if the net belongs to one size."""
        return AffineCoupling(on_lattice(self.checkerboard, lattice), self.net.moved_to(lattice))


class AffineCouplingSettings(CouplingSettings):
    """Affine couplings (real NVP) that update the two sublattices in turn."""

    kind: Literal["affine-coupling"] = "affine-coupling"

    def coupling(self, checkerboard: Checkerboard, net: CouplingNet) -> AffineCoupling:
        """One coupling, starting at the identity if the net's outputs are zero."""
        return AffineCoupling(checkerboard, net)
