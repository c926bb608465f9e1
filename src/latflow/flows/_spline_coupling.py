"""Rational-quadratic spline couplings on a checkerboard (Durkan et al., arXiv:1906.04032)."""

from typing import Literal

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float
from pydantic import Field

from latflow.flows._checkerboard import Checkerboard
from latflow.flows._coupling import Coupling, CouplingSettings
from latflow.flows._flow import LogDet
from latflow.flows._spline import Knots, evaluate, evaluate_inverse, oddly, positions_from
from latflow.flows.nets import CouplingNet
from latflow.flows.nets._net import HalfField
from latflow.lattice import Lattice, on_lattice
from latflow.precision import sum_in_double


class SplineCoupling(Coupling):
    """Every active site goes through a monotone spline of its own and is then shifted.

    Knots and shift are functions of the frozen half. With Z2 equivariance the splines are odd,
    their knots even and the shift odd in the frozen half; else they have knots on both sides.
    Beyond the bound they are linear.
    """

    bins: int = eqx.field(static=True)
    bound: float = eqx.field(static=True)

    def change(self, active: HalfField, frozen: HalfField) -> tuple[HalfField, LogDet]:
        """x = f(z) + t."""
        knots, shift = self._knots(frozen)
        moved, log_slope = self._function(evaluate)(active, knots)
        return moved + shift, sum_in_double(log_slope)

    def change_back(self, active: HalfField, frozen: HalfField) -> tuple[HalfField, LogDet]:
        """z = f^-1(x - t)."""
        knots, shift = self._knots(frozen)
        moved, log_slope = self._function(evaluate_inverse)(active - shift, knots)
        return moved, sum_in_double(log_slope)

    def moved_to(self, lattice: Lattice) -> "SplineCoupling":
        """The same coupling on another lattice; refused if the net belongs to one size."""
        checkerboard = on_lattice(self.checkerboard, lattice)
        return SplineCoupling(checkerboard, self.net.moved_to(lattice), self.bins, self.bound)

    def _function(self, function):
        if not self.net.equivariant:
            return function
        return lambda values, knots: oddly(function, values, knots)

    def _knots(self, frozen) -> tuple[Knots, Float[Array, " half"]]:
        """The knots of every active site, and its shift; equidistant and zero for zero outputs."""
        numbers, shift = self.net(frozen)
        widths, heights, slopes = jnp.split(numbers, [self.bins, 2 * self.bins])
        extent = self.bound if self.net.equivariant else 2 * self.bound
        positions = positions_from(widths, extent)
        steps = jnp.exp(heights) * (extent / self.bins)
        values = jnp.concatenate([jnp.zeros_like(steps[:1]), jnp.cumsum(steps, axis=0)])
        if not self.net.equivariant:
            positions, values = positions - self.bound, values - self.bound
        return Knots(positions, values, jnp.exp(slopes)), shift


class SplineCouplingSettings(CouplingSettings):
    """Rational-quadratic spline couplings that update the two sublattices in turn."""

    kind: Literal["spline-coupling"] = "spline-coupling"
    bins: int = Field(
        6, ge=2, le=64, description="bins of each spline; with Z2 equivariance on each side of zero"
    )
    bound: float = Field(3.0, gt=0, description="field value beyond which a spline is linear")

    @property
    def n_even(self) -> int:
        """Widths and heights of all bins, slopes at all knots."""
        return 3 * self.bins + 1

    def coupling(self, checkerboard: Checkerboard, net: CouplingNet) -> SplineCoupling:
        """One coupling, starting at the identity."""
        return SplineCoupling(checkerboard, net, self.bins, self.bound)
