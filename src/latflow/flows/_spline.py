"""Monotone rational-quadratic splines with linear tails, and their exact inverse.

Source: Gregory and Delbourgo, IMA J. Numer. Anal. 2 (1982) 123; Durkan et al. (arXiv:1906.04032),
eqs. (4)-(8). Bins are found by comparison with every knot: a handful of vectorised selections is
faster than a gather.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from latflow.flows._table_rows import table_rows
from latflow.rational_quadratic import fraction, slope_in_bin, value_in_bin, where_in_bin

SMALLEST_FRACTION = 1e-3
"""No bin takes less than this of the widths, or heights, of all bins."""
STEEPEST = 30.0
"""A slope at a knot is within this factor of those of its flatter bin."""
# Far beyond anything that training comes to, and far from overflow in single precision.
_LARGEST_LOGARITHM = 30.0


class Knots(NamedTuple):
    """Knots of a spline, ascending; trailing axes broadcast against the arguments.

    ``positions`` x_0 < ... < x_K, ``values`` y_0 < ... < y_K, and ``slopes`` dy/dx > 0 there.
    """

    positions: Float[Array, "knots ..."]
    values: Float[Array, "knots ..."]
    slopes: Float[Array, "knots ..."]


def positions_from(
    log_widths: Float[Array, "bins ..."], bound: float
) -> Float[Array, "bins_plus_1 ..."]:
    """Ascending positions from 0 to ``bound``; no bin is narrower than 0.1 % of the whole."""
    n_bins = log_widths.shape[0]
    fractions = jax.nn.softmax(log_widths, axis=0)
    fractions = SMALLEST_FRACTION + (1 - n_bins * SMALLEST_FRACTION) * fractions
    return from_zero(bound * fractions)


def heights_from(log_heights: Float[Array, "bins ..."]) -> Float[Array, "bins ..."]:
    """Heights of bins: exponentials, of which none is less than 0.1 % of all of them."""
    free = _exponential(log_heights)
    rest = 1 - log_heights.shape[0] * SMALLEST_FRACTION
    return rest * free + SMALLEST_FRACTION * jnp.sum(free, axis=0)


def knots_from(
    positions: Float[Array, "knots ..."],
    values: Float[Array, "knots ..."],
    log_slopes: Float[Array, "knots ..."],
) -> Knots:
    """Knots with slopes that fit the bins beside them.

    A slope is bounded by those of the flatter of its two bins, up and down: a spline that is far
    steeper at a knot than its bin on average is almost flat in the middle of it, and one that is
    far flatter has no inverse in finite precision. With the smallest heights, the slope of a
    spline is nowhere below 3e-5 of its mean, so that the inverse loses five digits at most.
    """
    chords = jnp.diff(values, axis=0) / jnp.diff(positions, axis=0)
    flatter = jnp.minimum(chords[:-1], chords[1:])
    flattest = jnp.concatenate([chords[:1], flatter, chords[-1:]])
    slopes = jnp.clip(_exponential(log_slopes), flattest / STEEPEST, flattest * STEEPEST)
    return Knots(positions, values, slopes)


def _exponential(logarithms: Float[Array, "..."]) -> Float[Array, "..."]:
    return jnp.exp(jnp.clip(logarithms, -_LARGEST_LOGARITHM, _LARGEST_LOGARITHM))


def from_zero(steps: Float[Array, "bins ..."]) -> Float[Array, "bins_plus_1 ..."]:
    """Positions that start at zero and are so far apart."""
    return jnp.concatenate([jnp.zeros_like(steps[:1]), jnp.cumsum(steps, axis=0)])


def _of_bin(arguments, edges, knots: Knots):
    """Start, width, height and outer slopes of each argument's bin; ``edges`` are inner knots."""
    x, y, d = knots
    columns = x[:-1], y[:-1], jnp.diff(x, axis=0), jnp.diff(y, axis=0), d[:-1], d[1:]
    if x.ndim == 1:
        index = jnp.zeros(arguments.shape, jnp.int32)
        for edge in edges:
            index = index + (arguments >= edge).astype(jnp.int32)
        return table_rows(index, jnp.stack(columns))
    found = [column[0] for column in columns]
    for number, edge in enumerate(edges, start=1):
        beyond = arguments >= edge
        found = [jnp.where(beyond, c[number], f) for c, f in zip(columns, found, strict=True)]
    return found


def evaluate(
    x: Float[Array, "..."], knots: Knots
) -> tuple[Float[Array, "..."], Float[Array, "..."]]:
    """The spline and the logarithm of its slope.

    Beyond the outermost knots it goes on linearly with their slopes. Gradients are finite
    everywhere: an argument in a tail reaches the rational function only after it was clipped.
    """
    first, last = knots.positions[0], knots.positions[-1]
    inside = jnp.clip(x, first, last)
    x0, y0, width, height, low, high = _of_bin(inside, knots.positions[1:-1], knots)
    theta, slope = fraction((inside - x0) / width), height / width
    # In units of the bin nothing is large, whatever the heights.
    low, high = low / slope, high / slope
    value = y0 + height * value_in_bin(theta, low, high)
    below, above = jnp.minimum(x - first, 0), jnp.maximum(x - last, 0)
    value = value + knots.slopes[0] * below + knots.slopes[-1] * above
    return value, slope_in_bin(theta, slope, low, high)


def evaluate_inverse(
    y: Float[Array, "..."], knots: Knots
) -> tuple[Float[Array, "..."], Float[Array, "..."]]:
    """The inverse of :func:`evaluate` and the logarithm of **its** slope."""
    first, last = knots.values[0], knots.values[-1]
    inside = jnp.clip(y, first, last)
    x0, y0, width, height, low, high = _of_bin(inside, knots.values[1:-1], knots)
    rise, slope = fraction((inside - y0) / height), height / width
    low, high = low / slope, high / slope
    theta = where_in_bin(rise, low, high)
    below, above = jnp.minimum(y - first, 0), jnp.maximum(y - last, 0)
    value = x0 + theta * width + below / knots.slopes[0] + above / knots.slopes[-1]
    return value, -slope_in_bin(theta, slope, low, high)


class OddSpline(eqx.Module):
    """A trainable odd, increasing function of one real variable.

    A rational-quadratic spline on [0, bound], continued linearly beyond and oddly below zero.
    Heights of bins and slopes at knots are free positive numbers, within what can be inverted:
    see :func:`heights_from` and :func:`knots_from`.
    """

    log_widths: Float[Array, " bins"]
    log_heights: Float[Array, " bins"]
    log_slopes: Float[Array, " knots"]
    bound: float = eqx.field(static=True)

    @classmethod
    def linear(cls, slope: float, bins: int, bound: float, crowding: float = 1.0) -> "OddSpline":
        """The function slope * x, in single precision.

        Args:
            slope: > 0.
            bins: number of bins on the positive side.
            bound: position of the last knot.
            crowding: knot n of K starts at bound (n/K)^crowding; above 1 they crowd at zero.
        """
        free = np.diff((np.arange(bins + 1) / bins) ** crowding)
        return cls(
            log_widths=jnp.asarray(np.log(free), jnp.float32),
            log_heights=jnp.asarray(np.log(slope * bound * free), jnp.float32),
            log_slopes=jnp.full(bins + 1, np.log(slope), jnp.float32),
            bound=float(bound),
        )

    @classmethod
    def like(
        cls, function: Callable, bins: int, bound: float, smallest_slope: float
    ) -> "OddSpline":
        """Through the values of an odd, increasing function at equidistant knots.

        Its slopes there, by finite differences, are at least ``smallest_slope``.
        """
        x = np.linspace(0, bound, bins + 1)
        slopes = (function(x + 1e-4) - function(x - 1e-4)) / 2e-4
        heights = np.diff(function(x))
        # What heights_from makes these heights of.
        free = (heights - SMALLEST_FRACTION * heights.sum()) / (1 - bins * SMALLEST_FRACTION)
        free = np.maximum(free, SMALLEST_FRACTION * heights)
        return cls(
            log_widths=jnp.zeros(bins, jnp.float32),
            log_heights=jnp.asarray(np.log(free), jnp.float32),
            log_slopes=jnp.asarray(np.log(np.maximum(slopes, smallest_slope)), jnp.float32),
            bound=float(bound),
        )

    @property
    def knots(self) -> Knots:
        """The knots at and above zero."""
        return knots_from(
            positions_from(self.log_widths, self.bound),
            from_zero(heights_from(self.log_heights)),
            self.log_slopes,
        )

    def __call__(self, x: Float[Array, "..."]) -> tuple[Float[Array, "..."], Float[Array, "..."]]:
        """The function and the logarithm of its slope."""
        return oddly(evaluate, x, self.knots)

    def inverse(self, y: Float[Array, "..."]) -> tuple[Float[Array, "..."], Float[Array, "..."]]:
        """The inverse function and the logarithm of its slope."""
        return oddly(evaluate_inverse, y, self.knots)

    def scaled(self, factor: float) -> "OddSpline":
        """``factor`` times the function."""
        shift = float(np.log(factor))
        return eqx.tree_at(
            lambda s: (s.log_heights, s.log_slopes),
            self,
            (self.log_heights + shift, self.log_slopes + shift),
        )


def oddly(
    function: Callable, x: Float[Array, "..."], knots: Any
) -> tuple[Float[Array, "..."], Float[Array, "..."]]:
    """:func:`evaluate` or its inverse with knots from zero on, continued oddly below zero."""
    # Not abs and sign: their gradients vanish at zero.
    negative = x < 0
    value, log_slope = function(jnp.where(negative, -x, x), knots)
    return jnp.where(negative, -value, value), log_slope
