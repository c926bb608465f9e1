"""Affine coupling layers on a checkerboard (real NVP, Dinh et al., arXiv:1605.08803)."""

from typing import Literal

import jax.numpy as jnp

from latflow.flows._checkerboard import Checkerboard
from latflow.flows._coupling import Coupling, CouplingSettings
from latflow.flows._flow import LogDet
from latflow.flows.nets import CouplingNet
from latflow.flows.nets._net import HalfField
from latflow.lattice import Lattice, on_lattice
from latflow.precision import sum_in_double


class AffineCoupling(Coupling):
    """The active half is scaled by exp(s) and shifted by t, both functions of the frozen half."""

    def change(self, active: HalfField, frozen: HalfField) -> tuple[HalfField, LogDet]:
        """x = exp(s) z + t."""
        even, shift = self.net(frozen)
        log_scale = even[0]
        return active * jnp.exp(log_scale) + shift, sum_in_double(log_scale)

    def change_back(self, active: HalfField, frozen: HalfField) -> tuple[HalfField, LogDet]:
        """z = (x - t) exp(-s)."""
        even, shift = self.net(frozen)
        log_scale = even[0]
        return (active - shift) * jnp.exp(-log_scale), -sum_in_double(log_scale)

    def moved_to(self, lattice: Lattice) -> "AffineCoupling":
        """The same coupling on another lattice; refused if the net belongs to one size."""
        return AffineCoupling(on_lattice(self.checkerboard, lattice), self.net.moved_to(lattice))


class AffineCouplingSettings(CouplingSettings):
    """Affine couplings (real NVP) that update the two sublattices in turn."""

    kind: Literal["affine-coupling"] = "affine-coupling"

    def coupling(self, checkerboard: Checkerboard, net: CouplingNet) -> AffineCoupling:
        """One coupling, starting at the identity if the net's outputs are zero."""
        return AffineCoupling(checkerboard, net)
