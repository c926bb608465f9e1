"""Exact answers of SU(N) gauge theory on a periodic lattice of two dimensions.

The weight of a plaquette is a sum over irreducible representations r of dimension d_r,

    exp((beta / N) Re tr P) = sum_r d_r t_r chi_r(P),

and integrating over links glues plaquettes together: a disc of A plaquettes with the boundary C
has the weight sum_r d_r t_r^A chi_r(C), the torus without that disc sum_s t_s^(V - A) chi_s(C^-1)
/ d_s, and the torus Z = sum_r t_r^V (Migdal, Sov. Phys. JETP 42 (1975) 413; Drouffe and Zuber,
Phys. Rept. 102 (1983) 1). With chi_f(C) for the loop,

    W(A) = (1 / N Z) sum_r sum_{s in r x f} (d_r / d_s) t_r^A t_s^(V - A).

For a Young diagram with rows l_1 >= ... >= l_N = 0, d_r t_r is the sum over all integers m of
det I_{l_i - i + j + m}(beta / N).
"""

import math
from functools import cached_property
from itertools import combinations

import numpy as np
from jaxtyping import Float, Int
from scipy.special import ive

_SMALLEST = 1e-18
_LONGEST = 100


class ExactSU:
    """Expectation values of SU(N) at one coupling on V sites.

    Args:
        n: N >= 2; the work grows fast with it.
        beta: the coupling, of either sign.
        volume: number of sites V, which is that of plaquettes.
    """

    def __init__(self, n: int, beta: float, volume: int):
        self.n, self.beta, self.volume = n, float(beta), int(volume)
        z = self.beta / n
        rows = 4
        self._diagrams, t = _diagrams(n, rows), _coefficients(_diagrams(n, rows), z)
        # Longer rows come with smaller coefficients, and only their powers count.
        while rows < _LONGEST and self._last(t, rows) ** self.volume > _SMALLEST:
            rows += 2 + rows // 3
            self._diagrams = _diagrams(n, rows)
            t = _coefficients(self._diagrams, z)
        self._log_first = math.log(t[0]) + n * abs(z)
        self._t = t / t[0]
        self._dimensions = _dimensions(self._diagrams)

    def _last(self, t: Float[np.ndarray, " diagrams"], rows: int) -> float:
        """The largest coefficient of the diagrams with the longest rows, over the first one."""
        return float(np.abs(t[self._diagrams[:, 0] == rows] / t[0]).max())

    @property
    def log_z(self) -> float:
        """log Z, with the Haar measure normalised to one."""
        return self.volume * self._log_first + math.log(self._sum)

    @property
    def plaquette(self) -> float:
        """The mean of Re tr P / N."""
        return self.wilson_loop(1)

    def wilson_loop(self, area: int) -> float:
        """The mean of Re tr / N of a loop around so many plaquettes, which does not wind."""
        r, s = self._with_one_more_box
        weights = self._dimensions[r] / self._dimensions[s]
        terms = weights * self._t[r] ** area * self._t[s] ** (self.volume - area)
        return float(np.sum(terms)) / (self.n * self._sum)

    @cached_property
    def _sum(self) -> float:
        return float(np.sum(self._t**self.volume))

    @cached_property
    def _with_one_more_box(self) -> tuple[Int[np.ndarray, " pairs"], Int[np.ndarray, " pairs"]]:
        """All pairs r, s with s in the product of r and the fundamental representation."""
        places = {tuple(diagram): i for i, diagram in enumerate(self._diagrams.tolist())}
        pairs = []
        for diagram, place in places.items():
            for row in range(self.n):
                larger = list(diagram)
                larger[row] += 1
                # A column of N boxes is a determinant: it is one.
                reduced = tuple(length - larger[-1] for length in larger)
                # What is no diagram, or has too long rows, is not found.
                if reduced in places:
                    pairs.append((place, places[reduced]))
        r, s = np.array(pairs).T
        return r, s


def log_plaquette_norm(n: int, beta: float) -> float:
    """log of the integral of exp((beta / N) Re tr P) over the group: the coefficient of the trivial
    representation.

    Args:
        n: N >= 2.
        beta: the coupling, of either sign.
    """
    z = beta / n
    return math.log(_coefficients(np.zeros((1, n), int), z)[0]) + n * abs(z)


def _diagrams(n: int, longest: int) -> Int[np.ndarray, "diagrams n"]:
    """All Young diagrams with less than N rows of at most so many boxes; the empty one first."""
    # Sets of different numbers l_i + N - i, as many as there are rows.
    sets = np.array(list(combinations(range(1, longest + n), n - 1)))[:, ::-1]
    rows = sets - np.arange(n - 1, 0, -1)
    return np.pad(rows, ((0, 0), (0, 1)))


def _dimensions(diagrams: Int[np.ndarray, "diagrams n"]) -> Float[np.ndarray, " diagrams"]:
    """Weyl's formula: prod_{i < j} (l_i - l_j + j - i) / (j - i)."""
    n = diagrams.shape[1]
    dimension = np.ones(len(diagrams))
    for i, j in combinations(range(n), 2):
        dimension *= (diagrams[:, i] - diagrams[:, j] + j - i) / (j - i)
    return dimension


def _coefficients(diagrams: Int[np.ndarray, "diagrams n"], z: float) -> Float[np.ndarray, "..."]:
    """t_r of each diagram, times exp(-N |z|)."""
    n = diagrams.shape[1]
    i = np.arange(n)
    orders = diagrams[:, :, None] - i[:, None] + i
    # I_m is below exp(-m^2 / 2z) of the largest once m is large; the last row is not far from m.
    reach = n + 16 + int(9 * math.sqrt(abs(z)))
    bessel = ive(np.arange(reach + n + diagrams.max() + 1), z)
    total = np.zeros(len(diagrams))
    for winding in range(-reach, reach + 1):
        total += np.linalg.det(bessel[np.abs(orders + winding)])
    return total / _dimensions(diagrams)
