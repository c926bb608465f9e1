"""Explicit Runge-Kutta methods of fixed steps."""

from dataclasses import dataclass

import numpy as np

_ROOT = float(np.sqrt(21.0))


@dataclass(frozen=True)
class Tableau:
    """A method: y' = y + h sum_i b_i k_i, k_i = f(t + c_i h, y + h sum_j a_ij k_j).

    Attributes:
        order: of the error of one unit of time in the step.
        nodes: c.
        weights: b.
        matrix: a, row by row, entries before the diagonal.
    """

    order: int
    nodes: tuple[float, ...]
    weights: tuple[float, ...]
    matrix: tuple[tuple[float, ...], ...]


CLASSICAL = Tableau(
    order=4,
    nodes=(0.0, 0.5, 0.5, 1.0),
    weights=(1 / 6, 1 / 3, 1 / 3, 1 / 6),
    matrix=((), (0.5,), (0.0, 0.5), (0.0, 0.0, 1.0)),
)
"""Kutta (1901)."""


def _cooper_verner() -> Tableau:
    s = _ROOT
    early, late = (7 - s) / 14, (7 + s) / 14
    matrix = (
        (),
        (1 / 2,),
        (1 / 4, 1 / 4),
        (1 / 7, (-7 - 3 * s) / 98, (21 + 5 * s) / 49),
        ((11 + s) / 84, 0, (18 + 4 * s) / 63, (21 - s) / 252),
        ((5 + s) / 48, 0, (9 + s) / 36, (-231 + 14 * s) / 360, (63 - 7 * s) / 80),
        (
            (10 - s) / 42,
            0,
            (-432 + 92 * s) / 315,
            (633 - 145 * s) / 90,
            (-504 + 115 * s) / 70,
            (63 - 13 * s) / 35,
        ),
        (1 / 14, 0, 0, 0, (14 - 3 * s) / 126, (13 - 3 * s) / 63, 1 / 9),
        (
            1 / 32,
            0,
            0,
            0,
            (91 - 21 * s) / 576,
            11 / 72,
            (-385 - 75 * s) / 1152,
            (63 + 13 * s) / 128,
        ),
        (
            1 / 14,
            0,
            0,
            0,
            1 / 9,
            (-733 - 147 * s) / 2205,
            (515 + 111 * s) / 504,
            (-51 - 11 * s) / 56,
            (132 + 28 * s) / 245,
        ),
        (
            0,
            0,
            0,
            0,
            (-42 + 7 * s) / 18,
            (-18 + 28 * s) / 45,
            (-273 - 53 * s) / 72,
            (301 + 53 * s) / 72,
            (28 - 28 * s) / 45,
            (49 - 7 * s) / 18,
        ),
    )
    return Tableau(
        order=8,
        nodes=(0.0, 0.5, 0.5, late, late, 0.5, early, early, 0.5, late, 1.0),
        weights=(1 / 20, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 49 / 180, 16 / 45, 49 / 180, 1 / 20),
        matrix=tuple(tuple(float(a) for a in row) for row in matrix),
    )


COOPER_VERNER = _cooper_verner()
"""Cooper and Verner, SIAM J. Numer. Anal. 9 (1972) 389: order 8 in eleven stages."""
