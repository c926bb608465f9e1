"""Rational-quadratic spline transforms and their couplings (Durkan et al., arXiv:1906.04032)."""

from collections.abc import Callable
from typing import Literal

import equinox as eqx
import jax.numpy as jnp
from pydantic import Field

from latflow.flows._coupling import CouplingSettings
from latflow.flows._flow import LogDet
from latflow.flows._representation import Representation
from latflow.flows._spline import (
    Knots,
    evaluate,
    evaluate_inverse,
    from_zero,
    heights_from,
    knots_from,
    oddly,
    positions_from,
)
from latflow.flows._transform import Numbers, Parameters, Transform
from latflow.precision import sum_in_double

# Networks may say anything: heights and slopes are within a factor e^8 of those of the identity,
# so that what comes out of many couplings is a number.
_LARGEST_LOGARITHM = 8.0


class RationalQuadratic(Transform):
    """Every active number goes through a monotone spline of its own and is then shifted.

    Knots are even and the shift is odd in the frozen part. The splines themselves are odd, or
    have knots on both sides of zero. Beyond the bound they are linear.

    Args:
        bins: of each spline, on each side of zero if it is odd.
        bound: of the knots.
        is_odd: whether splines are odd.
    """

    bins: int = eqx.field(static=True)
    bound: float = eqx.field(static=True)
    is_odd: bool = eqx.field(static=True)

    @property
    def n_parameters(self) -> Representation:
        """Widths and heights of all bins and slopes at all knots; and the shift."""
        return Representation(even=3 * self.bins + 1, odd=1)

    @property
    def is_equivariant(self) -> bool:
        """If the splines are odd."""
        return self.is_odd

    def forward(self, active: Numbers, even: Parameters, odd: Parameters) -> tuple[Numbers, LogDet]:
        """x = f(z) + t."""
        moved, log_slope = self._evaluated(evaluate, active, even)
        return moved + odd[0], sum_in_double(log_slope)

    def inverse(self, active: Numbers, even: Parameters, odd: Parameters) -> tuple[Numbers, LogDet]:
        """z = f^-1(x - t)."""
        moved, log_slope = self._evaluated(evaluate_inverse, active - odd[0], even)
        return moved, sum_in_double(log_slope)

    def _evaluated(self, function: Callable, values: Numbers, parameters: Parameters):
        knots = self._knots(jnp.clip(parameters, -_LARGEST_LOGARITHM, _LARGEST_LOGARITHM))
        return oddly(function, values, knots) if self.is_odd else function(values, knots)

    def _knots(self, parameters: Parameters) -> Knots:
        """The knots of every active site; equidistant for zero parameters."""
        widths, heights, slopes = jnp.split(parameters, [self.bins, 2 * self.bins])
        extent = self.bound if self.is_odd else 2 * self.bound
        positions = positions_from(widths, extent)
        values = from_zero(heights_from(heights) * (extent / self.bins))
        if not self.is_odd:
            positions, values = positions - self.bound, values - self.bound
        return knots_from(positions, values, slopes)


class SplineCouplingSettings(CouplingSettings):
    """Rational-quadratic spline couplings that update the two sublattices in turn."""

    kind: Literal["spline-coupling"] = "spline-coupling"
    bins: int = Field(
        6, ge=2, le=64, description="bins of each spline; with Z2 equivariance on each side of zero"
    )
    bound: float = Field(3.0, gt=0, description="field value beyond which a spline is linear")

    def transform(self) -> RationalQuadratic:
        """The identity if the net's outputs are zero."""
        return RationalQuadratic(self.bins, self.bound, self.equivariance == "z2")
