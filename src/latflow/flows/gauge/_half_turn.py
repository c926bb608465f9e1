"""Rational-quadratic splines from [0, pi] to itself with parameters of their own at every site.

They are those of :mod:`latflow.flows._spline`, written for speed (see ``docs/performance.md``):
parameters are lists of rows, an argument's bin is a number, and what the parameters of each bin
have to do with the chosen one is differentiated by hand, so that the gradient of a row takes a few
operations and not the chain of selections of all rows.
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from latflow.batching import stored
from latflow.flows._spline import SMALLEST_FRACTION
from latflow.rational_quadratic import fraction, slope_in_bin, value_in_bin, where_in_bin

Numbers = Float[Array, "..."]
Rows = list[Numbers]


def half_turn(logarithms: Rows) -> Rows:
    """Ascending positions from 0 to pi; no step is smaller than 0.1 % of the whole.

    Args:
        logarithms: of the steps, but for a common factor.
    """
    shares = _shares(logarithms)
    return [*_starts(shares), jnp.full_like(shares[0], np.pi)]


def half_turn_spline(angles: Numbers, rows: Rows) -> tuple[Numbers, Numbers]:
    """The images of angles in [0, pi], and the logarithms of the slopes.

    Args:
        angles: of any shape.
        rows: arrays of that shape: logarithms of the widths of all bins, of their heights, and of
            the slopes at all knots; zero for the identity.
    """
    return evaluated(_look_up, angles, rows)


def half_turn_spline_inverse(values: Numbers, rows: Rows) -> tuple[Numbers, Numbers]:
    """The inverse of :func:`half_turn_spline`, and the logarithms of **its** slopes."""
    return evaluated_inverse(_look_up, values, rows)


def evaluated(
    look_up: Callable[..., Sequence[Numbers]], angles: Numbers, rows: Rows | Numbers
) -> tuple[Numbers, Numbers]:
    """The images of angles, and the logarithms of the slopes.

    Args:
        look_up: (argument, logarithms of the steps that it is looked up in, of those on the other
            side, of slopes) to start and step of its bin on its own side, the same on the other
            side, and the logarithms of the slopes at the ends.
        angles: in [0, pi].
        rows: as of :func:`half_turn_spline`, one array or a list of them.
    """
    widths, heights, slopes = _split(rows)
    start, width, base, height, *ends = look_up(angles, widths, heights, slopes)
    slope = height / width
    low, high = (jnp.exp(end) / slope for end in ends)
    theta = _in_bin(angles, start, width)
    return base + height * value_in_bin(theta, low, high), slope_in_bin(theta, slope, low, high)


def evaluated_inverse(
    look_up: Callable[..., Sequence[Numbers]], values: Numbers, rows: Rows | Numbers
) -> tuple[Numbers, Numbers]:
    """The inverse of :func:`evaluated`, and the logarithms of **its** slopes."""
    widths, heights, slopes = _split(rows)
    base, height, start, width, *ends = look_up(values, heights, widths, slopes)
    slope = height / width
    low, high = (jnp.exp(end) / slope for end in ends)
    theta = where_in_bin(_in_bin(values, base, height), low, high)
    return start + theta * width, -slope_in_bin(theta, slope, low, high)


def _split(rows: Any) -> tuple[Any, Any, Any]:
    bins = len(rows) // 3
    return rows[:bins], rows[bins : 2 * bins], rows[2 * bins :]


def _in_bin(argument: Numbers, start: Numbers, step: Numbers) -> Numbers:
    theta = fraction((argument - start) / step)
    # Not a maximum, which has half of a gradient at the knots themselves.
    return jnp.where(theta < 0, 0, theta)


def _look_up(argument: Numbers, sought: Rows, others: Rows, slopes: Rows) -> Rows:
    """What belongs to the bin that the argument is in.

    Args:
        argument: no gradient comes from its choice of a bin.
        sought: logarithms of the steps that it is looked up in.
        others: of the steps on the other side of the spline.
        slopes: their logarithms at all knots.

    Returns:
        Start and step of the bin on the side of the argument, the same on the other side, and the
        logarithms of the slopes at its ends.
    """
    return _found(jax.lax.stop_gradient(argument), sought, others, slopes)


@jax.custom_jvp
def _found(argument: Numbers, sought: Rows, others: Rows, slopes: Rows) -> Rows:
    return _bin(argument, sought, others, slopes)[1]


@_found.defjvp
def _(primals, tangents):
    index, found, *all_shares = _bin(*primals)
    moved = []
    for shares, start, step, rows in zip(
        all_shares, found[:4:2], found[1:4:2], tangents[1:3], strict=True
    ):
        factor, smallest = _units(shares)
        before, own = (start - smallest * index) / factor, (step - smallest) / factor
        starts, steps = [], []
        for number, (share, row) in enumerate(zip(shares, rows, strict=True)):
            size = factor * share * row
            starts.append((jnp.where(index > number, 1, 0) - before) * size)
            steps.append((jnp.where(index == number, 1, 0) - own) * size)
        moved += [_sum(starts), _sum(steps)]
    ends = tangents[3][:-1], tangents[3][1:]
    moved += [
        _sum([jnp.where(index == number, row, 0) for number, row in enumerate(rows)])
        for rows in ends
    ]
    return found, stored(moved)


def _bin(argument: Numbers, sought: Rows, others: Rows, slopes: Rows):
    """The bin's number, what is found in it, and the shares of all steps of both sides."""
    shares = [_shares(rows) for rows in (sought, others)]
    starts, other_starts = (_starts(one) for one in shares)
    index = _sum([(argument >= start).astype(argument.dtype) for start in starts[1:]])
    steps, other_steps = (_steps(one) for one in shares)
    columns = starts, steps, other_starts, other_steps, slopes[:-1], slopes[1:]
    index, *found = stored([index, *(_chosen(index, column) for column in columns)])
    return index, found, *shares


def _chosen(index: Numbers, rows: Rows) -> Numbers:
    found = rows[0]
    for number, row in enumerate(rows[1:], start=1):
        found = jnp.where(index >= number, row, found)
    return found


def _shares(logarithms: Rows) -> Rows:
    """Positive numbers whose sum is one."""
    (largest,) = stored([jax.lax.stop_gradient(functools.reduce(jnp.maximum, logarithms))])
    free = [jnp.exp(one - largest) for one in logarithms]
    (scale,) = stored([1 / _sum(free)])
    return [scale * one for one in free]


def _steps(shares: Rows) -> Rows:
    factor, smallest = _units(shares)
    return [share * factor + smallest for share in shares]


def _starts(shares: Rows) -> Rows:
    starts = [jnp.zeros_like(shares[0])]
    for step in _steps(shares)[:-1]:
        starts.append(starts[-1] + step)
    return starts


def _units(rows: Rows) -> tuple[np.ndarray, np.ndarray]:
    """What a step is per share, and the smallest one."""
    dtype, smallest = rows[0].dtype, np.pi * SMALLEST_FRACTION
    return np.asarray(np.pi - len(rows) * smallest, dtype), np.asarray(smallest, dtype)


def _sum(rows: Rows) -> Numbers:
    return sum(rows[1:], rows[0])
