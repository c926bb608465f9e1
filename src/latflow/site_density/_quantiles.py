"""What makes a unit normal number z one of p(phi | h): quantiles at knots in z, as tables in h.

phi = mean(h) + spread(h) u(z; h). For every t = asinh(h / scale) of a table, u and du/dz are
exact at the knots in z; between two t they are cubic polynomials.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy.interpolate import CubicSpline
from scipy.special import ndtr

from latflow.site_density._quadrature import averages, expansion, panel_nodes
from latflow.site_density._weight import SiteWeight

LAST_Z = 6.0
"""The outermost knots in z; beyond them u goes on linearly."""
BINS = 192
"""Bins between the knots."""
CELLS_PER_UNIT = 16
"""Cells of the table in a unit of t."""
CELLS = 96
"""Cells of the table; beyond, u depends on h no more."""
_PANELS, _POINTS = 300, 10
_BISECTIONS = 45


class QuantileTable(NamedTuple):
    """Coefficients of cubic polynomials in the position in a cell, 0 <= x <= 1, lowest first.

    The knots of a cell stand together: entry ``cell * (BINS + 1) + knot``.

    Attributes:
        scale: of h, as for :class:`SiteAverages`.
        values: u at the knots.
        slopes: du/dz at the knots.
    """

    scale: float
    values: Float[np.ndarray, "4 entries"]
    slopes: Float[np.ndarray, "4 entries"]


def knots_in_z() -> Float[np.ndarray, " knots"]:
    """Equidistant, and symmetric around zero."""
    return np.linspace(-LAST_Z, LAST_Z, BINS + 1)


def quantile_table(weight: SiteWeight) -> QuantileTable:
    """The table of a weight: for any one, all cells increase in z. The last few are kept.

    Raises:
        ConfigError: its couplings are no numbers, or it cannot be normalised.
    """
    return _made(weight.as_numbers()._replace(hopping=0.0))


@lru_cache(maxsize=8)
def _made(weight: SiteWeight) -> QuantileTable:
    scale = float(1 / averages(weight, np.zeros(1)).spread[0])
    t = np.arange(CELLS + 1) / CELLS_PER_UNIT
    values, slopes = _exact(weight, scale * np.sinh(t))
    # Negative t: u(z; -h) = -u(-z; h). With both sides the polynomials fit together at t = 0.
    both = np.concatenate([-t[:0:-1], t])
    values = np.concatenate([-values[:0:-1, ::-1], values])
    slopes = np.concatenate([slopes[:0:-1, ::-1], slopes])
    of_values, of_slopes = (_cubic(both, f) for f in (values, slopes))
    # Where a cubic polynomial might not increase in z, straight lines do: they lie between two
    # increasing functions.
    steps = np.diff(of_values, axis=2)
    straight = ~(_positive(steps).all(1) & _positive(of_slopes).all(1))
    return QuantileTable(
        scale,
        _flat(np.where(straight[None, :, None], _lines(values), of_values)),
        _flat(np.where(straight[None, :, None], _lines(slopes), of_slopes)),
    )


def _exact(weight: SiteWeight, h: Float[np.ndarray, " h"]):
    """u and du/dz at all knots for every h >= 0, by bisection of the exact distribution."""
    z = knots_in_z()
    around, known = expansion(weight, h), averages(weight, h)
    log_norm = known.log_z - around.top
    nodes, node_weights = panel_nodes(around.low, around.high, _PANELS, _POINTS)
    density = np.exp(around.exponent(nodes) - log_norm[:, None, None])
    masses = (density * node_weights).sum(2)
    edges = around.low[:, None] + (around.high - around.low)[:, None] * (
        np.arange(_PANELS + 1) / _PANELS
    )
    below = np.concatenate([np.zeros((len(h), 1)), np.cumsum(masses, 1)], 1)
    above = np.concatenate([np.cumsum(masses[:, ::-1], 1)[:, ::-1], np.zeros((len(h), 1))], 1)
    x, w = np.polynomial.legendre.leggauss(_POINTS)
    distance = np.empty((len(h), len(z)))
    for left in (True, False):
        these = z <= 0 if left else z > 0
        wanted = ndtr(z[these] if left else -z[these])
        table = below if left else above[:, ::-1]
        panel = np.stack([np.searchsorted(row, wanted) - 1 for row in table])
        panel = np.clip(panel, 0, _PANELS - 1)
        start = np.take_along_axis(edges, panel if left else _PANELS - panel, 1)
        before = np.take_along_axis(table, panel, 1)
        width = (around.high - around.low)[:, None] / _PANELS * (1 if left else -1)
        small, large = np.zeros_like(start), np.ones_like(start)
        for _ in range(_BISECTIONS):
            middle = (small + large) / 2
            inside = start[..., None] + (middle * width)[..., None] * (x + 1) / 2
            mass = np.exp(around.exponent(inside) - log_norm[:, None, None]) @ w / 2
            too_far = before + mass * middle * np.abs(width) > wanted
            small, large = np.where(too_far, small, middle), np.where(too_far, middle, large)
        distance[:, these] = start + (small + large) / 2 * width
    log_density = around.exponent(distance) - log_norm[:, None]
    log_slope = -0.5 * z**2 - 0.5 * np.log(2 * np.pi) - log_density - np.log(known.spread)[:, None]
    centred = around.maximum[:, None] + distance - known.mean[:, None]
    # What differences leave where the peak is far from zero and narrow.
    exact = np.where(around.is_nearly_gaussian[:, None], z, centred / known.spread[:, None])
    return exact, np.where(around.is_nearly_gaussian[:, None], 1.0, np.exp(log_slope))


def _cubic(t, values):
    """Coefficients on the cells with t >= 0, in the position x = (t - t_cell) / width."""
    spline = CubicSpline(t, values, axis=0)
    coefficients = spline.c[::-1, len(t) // 2 :]
    width = t[1] - t[0]
    return coefficients * width ** np.arange(4)[:, None, None]


def _lines(values):
    """Straight lines between the values at t >= 0, as cubic polynomials."""
    values = values[len(values) // 2 :]
    lines = np.zeros((4, len(values) - 1, values.shape[1]))
    lines[0], lines[1] = values[:-1], np.diff(values, axis=0)
    return lines


def _positive(coefficients):
    """Where a cubic polynomial is surely positive on [0, 1]: by its Bernstein coefficients."""
    c0, c1, c2, c3 = coefficients
    control = np.stack([c0, c0 + c1 / 3, c0 + 2 * c1 / 3 + c2 / 3, c0 + c1 + c2 + c3])
    return control.min(0) > 0.01 * np.minimum(control[0], control[3])


def _flat(coefficients):
    return coefficients.reshape(4, -1)
