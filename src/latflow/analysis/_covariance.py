"""Several means with their covariance: errors by the Γ-method, correlations from bins."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from latflow.analysis._gamma import gamma_method
from latflow.analysis._resampling import bins_and_means

_BINS_PER_ENTRY = 10
_FEWEST_BINS = 40
_LONG_BIN = 10  # in units of tau_int: leaves 5 % in variances, and less in correlations

VectorFunction = Callable[[Float[np.ndarray, " primaries"]], Float[np.ndarray, " entries"]]
VectorGradient = Callable[[Float[np.ndarray, " primaries"]], Float[np.ndarray, "entries primaries"]]


@dataclass(frozen=True)
class VectorResult:
    """A vector of means, or a function of them.

    Attributes:
        value: of the means over all chains and samples.
        error: of each entry, by the Γ-method.
        covariance: symmetric and positive semi-definite; its diagonal is ``error`` squared. Its
            rank is below ``n_bins``.
        tau_int: of each entry, in samples.
        bin_size: samples in a bin behind the correlations.
        n_bins: bins of all chains together. The inverse of the covariance is too large by about
            (n − 1)/(n − 2 − entries), n of them (Hartlap et al., astro-ph/0608064).
    """

    value: Float[np.ndarray, " entries"]
    error: Float[np.ndarray, " entries"]
    covariance: Float[np.ndarray, "entries entries"]
    tau_int: Float[np.ndarray, " entries"]
    bin_size: int
    n_bins: int


def vector_of_means(
    series: Float[np.ndarray, "chains samples primaries"],
    function: VectorFunction | None = None,
    gradient: VectorGradient | None = None,
) -> VectorResult:
    """The means of several series, or a function of them, with their full covariance.

    Errors are those of the Γ-method, entry by entry. Its Γ_ab(t), summed up to a window, need not
    be positive; so correlations are those of the means of bins, which always are: bins of ten
    τ_int of the slowest entry, or shorter where fewer than ten bins an entry would be left. A
    function is linearised about the means.

    Args:
        series: of one number for every entry and configuration.
        function: of the means; the means themselves if not given.
        gradient: its derivatives; given with it.

    Returns:
        The result; errors and covariance are NaN for entries that are not defined or that never
        fluctuated.

    Raises:
        ValueError: for entries that are not finite, fewer than two samples, or a function without
            its gradient.
    """
    if (function is None) != (gradient is None):
        raise ValueError("a function needs its gradient")
    value = means = series.mean(axis=(0, 1), dtype=np.float64)
    if function is not None and gradient is not None:
        with np.errstate(all="ignore"):
            value, slopes = np.asarray(function(means)), np.asarray(gradient(means))
        defined = np.isfinite(value) & np.isfinite(slopes).all(axis=1)
        series = (series - means) @ np.where(defined[:, None], slopes, 0.0).T
    else:
        defined = np.ones(value.size, dtype=bool)
    result = gamma_method(series)
    error = np.where(defined, np.asarray(result.error), np.nan)
    size = _bin_size(series, np.asarray(result.tau_int)[defined])
    bins, _ = bins_and_means(series, size)
    scatter = bins - bins.mean(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        scatter = scatter / np.sqrt(np.sum(scatter * scatter, axis=0))
    correlation = scatter.T @ scatter
    correlation[np.diag_indices_from(correlation)] = 1.0
    # A product of two equal numbers, so that it is symmetric to the last bit.
    covariance = np.outer(error, error) * ((correlation + correlation.T) / 2)
    tau_int = np.where(defined, np.asarray(result.tau_int), np.nan)
    return VectorResult(value, error, covariance, tau_int, size, bins.shape[0])


def _bin_size(series: Float[np.ndarray, "chains samples entries"], tau_int: np.ndarray) -> int:
    chains, samples, entries = series.shape
    wanted = max(_FEWEST_BINS, _BINS_PER_ENTRY * entries)
    if chains >= wanted:
        return samples
    slowest = float(np.max(tau_int[np.isfinite(tau_int)], initial=0.5))
    longest = max(1, chains * samples // wanted)
    return int(min(samples, max(1, math.ceil(_LONG_BIN * slowest)), longest))
