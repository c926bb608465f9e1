"""Rational-quadratic splines on the circle (Rezende et al., arXiv:2002.02428), and a turn."""

import dataclasses

import equinox as eqx

from latflow.batching import unstacked
from latflow.fields.links import wrapped
from latflow.flows._flow import LogDet
from latflow.flows._representation import Representation
from latflow.flows._spline import oddly
from latflow.flows._transform import Numbers, Parameters, Transform
from latflow.flows.gauge._half_turn import half_turn_spline, half_turn_spline_inverse
from latflow.leading_axes import on_leading_axes
from latflow.precision import sum_in_double


class CircularSpline(Transform):
    """Every angle goes through an odd, increasing map of the circle and is then turned.

    The map is a rational-quadratic spline from [0, pi] to [0, pi], continued oddly; its slopes at
    0 and pi are free, and meet those from the other side. Under charge conjugation angles and
    turns change their sign.

    Args:
        bins: of each spline, from 0 to pi.
    """

    bins: int = eqx.field(static=True)

    @property
    def n_parameters(self) -> Representation:
        """Widths and heights of all bins and slopes at all knots; and the turn."""
        return Representation(even=3 * self.bins + 1, odd=1)

    def forward(self, active: Numbers, even: Parameters, odd: Parameters) -> tuple[Numbers, LogDet]:
        """f(alpha) + t, in (-pi, pi]."""
        moved, log_slope = on_leading_axes(_Turned(), active, even, odd)
        return moved, sum_in_double(log_slope)

    def inverse(self, active: Numbers, even: Parameters, odd: Parameters) -> tuple[Numbers, LogDet]:
        """f^-1(alpha - t), in (-pi, pi]."""
        moved, log_slope = on_leading_axes(_Turned(is_inverse=True), active, even, odd)
        return moved, sum_in_double(log_slope)


@dataclasses.dataclass(frozen=True)
class _Turned:
    """(angles, even, odd) to f(alpha) + t and log f', or to the inverse; the batch comes last."""

    is_inverse: bool = False

    def __call__(self, angles, even, odd):
        rows, (turn,) = unstacked(even), unstacked(odd)
        if self.is_inverse:
            moved, log_slope = oddly(half_turn_spline_inverse, wrapped(angles - turn), rows)
            return [wrapped(moved), log_slope]
        moved, log_slope = oddly(half_turn_spline, wrapped(angles), rows)
        return [wrapped(moved + turn), log_slope]
