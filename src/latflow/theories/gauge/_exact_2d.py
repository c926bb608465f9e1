"""Exact answers of U(1) gauge theory on a periodic lattice of two dimensions, for any coupling.

In two dimensions V - 1 of the V plaquettes are independent: the last one is given by prod P = 1.
With characters e^(i n theta), whose coefficients in e^(beta cos theta) are I_n(beta),

    Z = sum_n I_n^V,    W(area A) = sum_n I_n^(V - A) I_(n+1)^A / Z,

in the Haar measure normalised to one, and with a vacuum angle vartheta (PHYSICS.md, section 5)

    Z(vartheta) = sum_n f(n + vartheta / 2 pi)^V,
    f(nu) = (1 / pi) int_0^pi e^(beta cos phi) cos(nu phi) dphi.
"""

import math
from collections.abc import Callable
from functools import cache

import numpy as np
from jaxtyping import Float
from scipy.special import ive

from latflow.analysis import KnownNumber

_NODES = 400


class ExactU1:
    """Expectation values of U(1) at one coupling on V sites.

    Args:
        beta: the coupling, of either sign.
        volume: number of sites V, which is that of plaquettes.
    """

    def __init__(self, beta: float, volume: int):
        self.beta, self.volume = float(beta), int(volume)
        # I_n / I_0 is below exp(-n^2 / 2 beta) once n is large.
        largest = 40 + int(9 * math.sqrt(abs(beta)))
        # One more than is summed over: loops need the neighbour.
        self._n = np.arange(-largest, largest + 1)
        self._ratios = ive(np.abs(self._n), self.beta) / ive(0, self.beta)
        self._sum = float(np.sum(self._ratios**self.volume))

    @property
    def log_z(self) -> float:
        """log Z, with the Haar measure normalised to one."""
        log_i0 = math.log(ive(0, self.beta)) + abs(self.beta)
        return self.volume * log_i0 + math.log(self._sum)

    def wilson_loop(self, area: int) -> float:
        """The mean of cos of the angle around any loop that encloses so many plaquettes.

        On a torus a loop has two sides: that of A plaquettes and that of V - A.
        """
        inside, outside = self._ratios[1:], self._ratios[:-1]
        return float(np.sum(inside**area * outside ** (self.volume - area))) / self._sum

    @property
    def plaquette(self) -> float:
        """The mean of cos theta_P."""
        return self.wilson_loop(1)

    @property
    def q2(self) -> float:
        """The mean square of the topological charge: -d^2 log Z / d vartheta^2 at zero."""
        phi, weight = _half_circle(self.beta)
        angle = np.outer(self._n, phi)
        f = np.cos(angle) @ weight
        slope = -np.sin(angle) @ (weight * phi)
        curvature = -np.cos(angle) @ (weight * phi**2)
        volume = self.volume
        second = volume * f ** (volume - 1) * curvature
        if volume > 1:
            second += volume * (volume - 1) * f ** (volume - 2) * slope**2
        return float(-np.sum(second) / np.sum(f**volume)) / (4 * math.pi**2)


def _half_circle(beta: float) -> tuple[Float[np.ndarray, " nodes"], Float[np.ndarray, " nodes"]]:
    """Nodes phi, and weights with (1/pi) e^(beta cos phi) in them, up to one constant factor."""
    nodes, weights = _gauss_legendre()
    phi = (nodes + 1) * math.pi / 2
    density = np.exp(beta * np.cos(phi) - abs(beta))
    weight = weights * density
    return phi, weight / weight.sum()


@cache
def _gauss_legendre() -> tuple[Float[np.ndarray, " nodes"], Float[np.ndarray, " nodes"]]:
    """Made once: it takes longer than everything that it is for."""
    return np.polynomial.legendre.leggauss(_NODES)


def numbers_of_loops(
    source: str, loop: Callable[[int, int], float], size: int, action_per_plaquette: float, n: int
) -> dict[str, KnownNumber]:
    """Plaquette, Wilson loops, Creutz ratios and action, given the value of every loop.

    Args:
        source: where they come from.
        loop: W(R, T).
        size: of the largest loop.
        action_per_plaquette: the action is this times W(1, 1) for each plaquette.
        n: number of plaquettes.
    """

    def number(name: str, value: float) -> tuple[str, KnownNumber]:
        return name, KnownNumber(value, 0.0, source, name)

    numbers = [
        number("plaquette", loop(1, 1)),
        number("action", n * action_per_plaquette * loop(1, 1)),
    ]
    for r in range(1, size + 1):
        for t in range(max(r, 2), size + 1):
            numbers.append(number(f"wilson_loop_{r}x{t}", loop(r, t)))
            ratio = _creutz(loop, r, t) if r > 1 else math.nan
            if not math.isnan(ratio):
                numbers.append(number(f"creutz_{r}x{t}", ratio))
    return dict(numbers)


def _creutz(loop: Callable[[int, int], float], r: int, t: int) -> float:
    """chi(R, T) = -ln [ W(R,T) W(R-1,T-1) / (W(R,T-1) W(R-1,T)) ]; NaN where it has no sense."""
    ratio = loop(r, t) * loop(r - 1, t - 1) / (loop(r, t - 1) * loop(r - 1, t))
    return -math.log(ratio) if ratio > 0 else math.nan
