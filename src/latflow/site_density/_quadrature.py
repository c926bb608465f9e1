"""Integrals over one site in double precision: Gauss-Legendre, and Laplace's method far out.

The exponent is expanded around its maximum, where it is a polynomial without cancellation:
f(phi* + d) - f(phi*) = -(V2/2 d^2 + V3/6 d^3 + V4/24 d^4).
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from latflow.site_density._weight import SiteWeight

Numbers = Float[np.ndarray, " h"]
# e^-50 is 2e-22 of the maximum: nothing is lost beyond.
_DEPTH = 50.0
_PANELS, _POINTS = 48, 20
# Laplace's method with its first correction leaves a relative error of the order of its square.
_NEARLY_GAUSSIAN = 1e-7


class Expansion(NamedTuple):
    """The exponent around its maximum at phi*, for every h >= 0.

    ``top``: f(phi*); ``second`` ... ``fourth``: V2, V3, V4 there; ``low`` and ``high``: where, from
    phi*, the weight has fallen to nothing.
    """

    maximum: Numbers
    top: Numbers
    second: Numbers
    third: Numbers
    fourth: Numbers
    low: Numbers
    high: Numbers

    def exponent(self, distance: Float[np.ndarray, "h ..."]) -> Float[np.ndarray, "h ..."]:
        """f(phi* + d) - f(phi*) <= 0."""
        further = (slice(None), *(None,) * (distance.ndim - 1))
        second, third, fourth = (v[further] for v in (self.second, self.third, self.fourth))
        square = distance * distance
        return -square * (second / 2 + distance * (third / 6 + distance * fourth / 24))

    @property
    def is_nearly_gaussian(self) -> np.ndarray:
        """Where Laplace's method is exact to double precision."""
        with np.errstate(divide="ignore"):
            return self.fourth < _NEARLY_GAUSSIAN * self.second**2


def expansion(weight: SiteWeight, h: Numbers) -> Expansion:
    """The exponent h phi - a phi^2 - g phi^4 around its maximum.

    Args:
        weight: with numbers.
        h: >= 0.
    """
    a, g = weight.square, weight.quartic
    phi = _maximum(a, g, h)
    second, third = 2 * a + 12 * g * phi**2, 24 * g * phi
    fourth = np.full_like(h, 24 * g)
    # The width of the peak, also where its curvature vanishes.
    unit = 1 / np.sqrt(np.maximum(second, 0) + np.sqrt(24 * g))
    scaled = np.stack([fourth / 24 * unit**4, third / 6 * unit**3, second / 2 * unit**2], axis=1)
    ends = [_ends(*(float(c) for c in row)) for row in scaled]
    low, high = np.array(ends).T * unit
    top = h * phi - a * phi**2 - g * phi**4
    return Expansion(phi, top, second, third, fourth, low, high)


def _maximum(a: float, g: float, h: Numbers) -> Numbers:
    """The largest root of 4 g phi^3 + 2 a phi = h, by Newton's method from above."""
    if g == 0:
        return h / (2 * a)
    phi = np.cbrt(h / (4 * g)) + np.sqrt(max(-a, 0.0) / (2 * g))
    if a > 0:
        phi = np.minimum(phi, h / (2 * a))
    for _ in range(60):
        slope = 12 * g * phi**2 + 2 * a
        step = (4 * g * phi**3 + 2 * a * phi - h) / np.where(slope > 0, slope, 1)
        phi = phi - np.maximum(step, 0)
    return phi


def _ends(fourth: float, third: float, second: float) -> tuple[float, float]:
    """The outermost d with fourth d^4 + third d^3 + second d^2 = depth."""
    roots = np.roots([fourth, third, second, 0, -_DEPTH])
    real = roots[np.abs(roots.imag) < 1e-6 * (1 + np.abs(roots.real))].real
    return 1.02 * real.min(), 1.02 * real.max()


class Averages(NamedTuple):
    """Of one site in every field h: log of the weight's integral, mean, standard deviation."""

    log_z: Numbers
    mean: Numbers
    spread: Numbers


def averages(weight: SiteWeight, h: Numbers) -> Averages:
    """log Z_1(h) = log of the integral of exp(-a phi^2 - g phi^4 + h phi), <phi>, and the spread.

    Args:
        weight: with numbers.
        h: >= 0.
    """
    around = expansion(weight, h)
    nodes, node_weights = panel_nodes(around.low, around.high, _PANELS, _POINTS)
    density = np.exp(around.exponent(nodes)) * node_weights
    total = density.sum((1, 2))
    first = (density * nodes).sum((1, 2)) / total
    centred = nodes - first[:, None, None]
    variance = (density * centred**2).sum((1, 2)) / total
    log_total = np.log(total)
    gaussian = around.is_nearly_gaussian
    second, third, fourth = (
        np.where(gaussian, v, 1) for v in (around.second, around.third, around.fourth)
    )
    laplace = 5 * third**2 / (24 * second**3) - fourth / (8 * second**2)
    log_total = np.where(gaussian, 0.5 * np.log(2 * np.pi / second) + laplace, log_total)
    first = np.where(gaussian, -third / (2 * second**2), first)
    corrected = (1 - fourth / (2 * second**2) + third**2 / second**3) / second
    variance = np.where(gaussian, corrected, variance)
    return Averages(around.top + log_total, around.maximum + first, np.sqrt(variance))


def panel_nodes(
    low: Numbers, high: Numbers, panels: int, points: int
) -> tuple[Float[np.ndarray, "h panels points"], Float[np.ndarray, "h panels points"]]:
    """Gauss-Legendre nodes and weights of equal panels between low and high."""
    x, w = np.polynomial.legendre.leggauss(points)
    width = (high - low) / panels
    starts = low[:, None] + width[:, None] * np.arange(panels)
    nodes = starts[..., None] + width[:, None, None] * (x + 1) / 2
    return nodes, np.broadcast_to(width[:, None, None] * w / 2, nodes.shape)
