"""Differences of log Z from works there and back: Bennett's acceptance ratio."""

import numpy as np
from jaxtyping import Float
from scipy.optimize import brentq
from scipy.special import expit, logsumexp

from latflow.analysis._derived import derived_quantity
from latflow.analysis._gamma_result import GammaResult, undefined_result

_TOLERANCE = 1e-10
# Beyond all works by so much, one of the two means is one to the last bit.
_FAR = 50.0


def log_z_difference(
    work_up: Float[np.ndarray, "chains samples"], work_down: Float[np.ndarray, "chains samples"]
) -> GammaResult:
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
    up, down = np.asarray(work_up, np.float64), np.asarray(work_down, np.float64)
    if up.shape != down.shape:
        raise ValueError(f"works of shapes {up.shape} and {down.shape} do not belong together")
    if not (np.isfinite(up).all() and np.isfinite(down).all()):
        return undefined_result(float("nan"), up.size)
    shift = _best_shift(up, down)
    weights = np.stack([expit(shift - up), expit(-shift - down)], axis=-1)

    def difference(means: np.ndarray) -> float:
        return float(np.log(means[0]) - np.log(means[1]) - shift)

    return derived_quantity(difference, weights, gradient=lambda m: np.array([1, -1]) / m)


def _best_shift(up: np.ndarray, down: np.ndarray) -> float:
    """The C at which both means of f are equal."""

    def excess(shift: float) -> float:
        return _log_mean(shift - up) - _log_mean(-shift - down)

    ends = [
        *(float(q) for q in (up.min(), up.max())),
        *(-float(q) for q in (down.min(), down.max())),
    ]
    low, high = min(ends) - 50.0, max(ends) + 50.0
    return float(brentq(excess, low, high, xtol=_TOLERANCE))


def _log_mean(values: np.ndarray) -> float:
    """log of the mean of 1 / (1 + e^-value), without underflow."""
    return float(logsumexp(-np.logaddexp(0.0, -values)))
