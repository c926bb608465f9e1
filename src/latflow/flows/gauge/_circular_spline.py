"""Rational-quadratic splines on the circle (Rezende et al., arXiv:2002.02428), and a turn."""

from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from latflow.batching import stacked
from latflow.fields.links import wrapped
from latflow.flows._flow import LogDet
from latflow.flows._representation import Representation
from latflow.flows._spline import SMALLEST_FRACTION, Knots, evaluate, evaluate_inverse, oddly
from latflow.flows._transform import Numbers, Parameters, Transform
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
        moved, log_slope = self._evaluated(evaluate, active, even)
        return wrapped(moved + odd[0]), sum_in_double(log_slope)

    def inverse(self, active: Numbers, even: Parameters, odd: Parameters) -> tuple[Numbers, LogDet]:
        """f^-1(alpha - t), in (-pi, pi]."""
        moved, log_slope = self._evaluated(evaluate_inverse, active - odd[0], even)
        return wrapped(moved), sum_in_double(log_slope)

    def _evaluated(self, function: Callable, angles: Numbers, parameters: Parameters):
        return oddly(function, wrapped(angles), self._knots(parameters))

    def _knots(self, parameters: Parameters) -> Knots:
        """The knots of every angle; the identity for zero parameters."""
        bins = self.bins
        slopes = jnp.exp(parameters[2 * bins :])
        return Knots(half_turn(parameters[:bins]), half_turn(parameters[bins : 2 * bins]), slopes)


def half_turn(logarithms: Float[Array, "bins ..."]) -> Float[Array, "knots ..."]:
    """Ascending positions from 0 to pi; no step is smaller than 0.1 % of the whole."""
    bins = logarithms.shape[0]
    fractions = jax.nn.softmax(logarithms, axis=0)
    fractions = SMALLEST_FRACTION + (1 - bins * SMALLEST_FRACTION) * fractions
    steps = [np.asarray(np.pi, logarithms.dtype) * fractions[n] for n in range(bins)]
    positions = [jnp.zeros_like(steps[0])]
    for step in steps[:-1]:
        positions.append(positions[-1] + step)
    positions.append(jnp.full_like(steps[0], np.pi))
    # Not a concatenation, which would put a batch first.
    return stacked(positions)
