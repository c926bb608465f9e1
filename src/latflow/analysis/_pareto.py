"""The tail of importance weights: whether errors of what is computed with them can be trusted."""

import math

import numpy as np
from jaxtyping import Float

_FEWEST_IN_TAIL = 20
_PRIOR_WEIGHT, _PRIOR_SHAPE = 10, 0.5
_GRID_OFFSET, _GRID_SCALE = 30, 3


def pareto_shape(log_w: Float[np.ndarray, " samples"]) -> float:
    """Pareto k̂ of the largest weights: a generalised Pareto distribution fitted to their tail.

    Weights have finite moments of order less than 1/k: above k = 1/2 no variance, so that errors of
    ESS and log Z are too small; above 0.7 they mean nothing at sizes that one can have. NaN where
    there are fewer than 100 weights, or the tail does not vary.

    Source: Vehtari, Simpson, Gelman, Yao, Gabry (arXiv:1507.02646), with the fit of Zhang and
    Stephens (Technometrics 51, 316), regularised as there.

    Args:
        log_w: log weights of independent samples, up to a constant.
    """
    known = np.sort(np.asarray(log_w, dtype=np.float64)[np.isfinite(log_w)])
    n_tail = int(min(known.size / 5, 3 * math.sqrt(known.size)))
    if n_tail < _FEWEST_IN_TAIL:
        return math.nan
    with np.errstate(under="ignore"):
        weights = np.exp(known - known[-1])
    excess = weights[-n_tail:] - weights[-n_tail - 1]
    if not excess[0] >= 0 or not excess[-1] > 0:
        return math.nan
    return _shape(excess[excess > 0])


def _shape(excess: Float[np.ndarray, " tail"]) -> float:
    """Posterior mean of the shape under Zhang and Stephens' prior for the scale."""
    n = excess.size
    if n < 2:
        return math.nan
    n_grid = _GRID_OFFSET + int(math.sqrt(n))
    quartile = excess[max(0, int(n / 4 + 0.5) - 1)]
    steps = np.arange(1, n_grid + 1) - 0.5
    theta = 1 / excess[-1] + (1 - np.sqrt(n_grid / steps)) / (_GRID_SCALE * quartile)
    shapes = np.log1p(-theta[:, None] * excess).mean(axis=1)
    log_likelihood = n * (np.log(-theta / shapes) - shapes - 1)
    posterior = np.exp(log_likelihood - log_likelihood.max())
    best = float((theta * posterior).sum() / posterior.sum())
    shape = float(np.log1p(-best * excess).mean())
    return (n * shape + _PRIOR_WEIGHT * _PRIOR_SHAPE) / (n + _PRIOR_WEIGHT)
