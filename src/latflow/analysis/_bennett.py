"""Differences of log Z from works there and back: Bennett's acceptance ratio."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from scipy.optimize import root_scalar
from scipy.special import expit, logsumexp

from latflow.analysis._derived import derived_quantity
from latflow.analysis._gamma_result import GammaResult, undefined_result

_TOLERANCE = 1e-10
# Beyond all works by so much, one of the two means is one to the last bit.
_FAR = 50.0


Works = Float[np.ndarray, "chains samples"]


def log_z_difference(work_up: Works, work_down: Works) -> GammaResult:
    """log Z_1 - log Z_0 of two theories, with its error, from series measured side by side.

    Bennett, J. Comput. Phys. 22 (1976) 245: for any number C

        log Z_1 - log Z_0 = log <f(W - C)>_0 - log <f(W' + C)>_1 - C,   f(x) = 1 / (1 + e^x),

    and the error is least where C is minus the result. The fluctuations of both series, and what
    they have in common, are in the error.

    Args:
        work_up: W = S_1 - S_0 on fields of theory 0 (or of a map between the two: minus its
            log-determinant).
        work_down: W' = S_0 - S_1 on fields of theory 1, likewise.

    Raises:
        ValueError: the shapes differ.
    """
    return log_z_along([work_up], [work_down])


def log_z_along(works_up: Sequence[Works], works_down: Sequence[Works]) -> GammaResult:
    """The same between the ends of a chain of theories, whose steps are added up.

    Steps that are measured on the same fields are correlated: the error knows it.

    Args:
        works_up: of each step, as of :func:`log_z_difference`.
        works_down: likewise.

    Raises:
        ValueError: the shapes differ, or there are no works.
    """
    ups = [np.asarray(work, np.float64) for work in works_up]
    downs = [np.asarray(work, np.float64) for work in works_down]
    shapes = {work.shape for work in (*ups, *downs)}
    if len(shapes) != 1 or len(ups) != len(downs):
        raise ValueError(f"works of shapes {sorted(shapes)} do not belong together")
    if not all(np.isfinite(work).all() for work in (*ups, *downs)):
        return undefined_result(float("nan"), ups[0].size)
    shifts = [_best_shift(up, down) for up, down in zip(ups, downs, strict=True)]
    weights = [expit(shift - up) for shift, up in zip(shifts, ups, strict=True)]
    weights += [expit(-shift - down) for shift, down in zip(shifts, downs, strict=True)]
    signs = np.repeat([1.0, -1.0], len(ups))

    def difference(means: np.ndarray) -> float:
        return float(signs @ np.log(means) - sum(shifts))

    series = np.stack(weights, axis=-1)
    return derived_quantity(difference, series, gradient=lambda means: signs / means)


def _best_shift(up: np.ndarray, down: np.ndarray) -> float:
    """The C at which both means of f are equal."""

    def excess(shift: float) -> float:
        return _log_mean(shift - up) - _log_mean(-shift - down)

    ends = [
        *(float(q) for q in (up.min(), up.max())),
        *(-float(q) for q in (down.min(), down.max())),
    ]
    low, high = min(ends) - 50.0, max(ends) + 50.0
    return float(root_scalar(excess, bracket=(low, high), xtol=_TOLERANCE).root)


def _log_mean(values: np.ndarray) -> float:
    """log of the mean of 1 / (1 + e^-value), without underflow."""
    return float(np.asarray(logsumexp(-np.logaddexp(0.0, -values))))
