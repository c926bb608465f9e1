"""Binned jackknife and bootstrap: errors without linearising, at the price of bins."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int, Real

from latflow.analysis._gamma_result import ScalarOrVector

Function = Callable[[np.ndarray], float | np.ndarray]
Series = Real[np.ndarray, "chains samples *observables"]

_FEWEST_BINS_IN_SCAN = 16


@dataclass(frozen=True)
class ResamplingResult:
    """A function of means with resampled errors; fields are scalars or (outputs,).

    Attributes:
        value: the function of the means over all samples, without bias correction.
        error: one standard deviation.
        covariance: of the outputs, shape (outputs, outputs); (1, 1) for a scalar.
        bias: estimated bias of `value`, to be subtracted if wanted.
        bin_size: samples per bin.
        n_bins: bins in all chains together.
    """

    value: ScalarOrVector
    error: ScalarOrVector
    covariance: Float[np.ndarray, "outputs outputs"]
    bias: ScalarOrVector
    bin_size: int
    n_bins: int


@dataclass(frozen=True)
class BinSizeScan:
    """Jackknife errors against the bin size: they rise by √(2 τ_int) to a plateau.

    Attributes:
        bin_sizes: samples per bin, shape (sizes,).
        error: jackknife error, shape (sizes,) or (sizes, outputs).
        error_of_error: error / √(2(bins − 1)), same shape.
    """

    bin_sizes: Int[np.ndarray, " sizes"]
    error: Float[np.ndarray, "sizes *outputs"]
    error_of_error: Float[np.ndarray, "sizes *outputs"]


def jackknife(series: Series, function: Function, bin_size: int) -> ResamplingResult:
    """Delete-one-bin jackknife of a function of the means (Efron, 1982).

    Args:
        series: shape (chains, samples) or (chains, samples, primaries). Bins never join two
            chains; bin_size = samples makes every chain one bin. Samples that do not fill a
            bin, at the beginning of each chain, count for the value but not for the error.
        function: maps the means, shape (primaries,) — (1,) for a two-dimensional series — to
            a number or a vector (outputs,).
        bin_size: samples per bin, well above 2 τ_int.

    Raises:
        ValueError: for wrong shapes, non-finite series, or fewer than two bins.
    """
    bins, means = bins_and_means(series, bin_size)
    n_bins = bins.shape[0]
    value = np.asarray(function(means), dtype=float)
    total = bins.sum(axis=0)
    replicas = np.array([function((total - one) / (n_bins - 1)) for one in bins], dtype=float)
    centre = replicas.mean(axis=0)
    scatter = (replicas - centre).reshape(n_bins, -1)
    covariance = (n_bins - 1) / n_bins * scatter.T @ scatter
    shift = centre - np.asarray(function(bins.mean(axis=0)), dtype=float)
    return _result(value, covariance, (n_bins - 1) * shift, bin_size, n_bins)


def bootstrap(
    series: Series,
    function: Function,
    bin_size: int,
    n_resamples: int,
    rng: np.random.Generator,
) -> ResamplingResult:
    """Bootstrap over bins of a function of the means; `series` and `function` as `jackknife`.

    The covariance is enlarged by bins/(bins − 1), which makes it unbiased for a mean.

    Raises:
        ValueError: as `jackknife`, or for fewer than two resamples.
    """
    if n_resamples < 2:
        raise ValueError(f"bootstrap needs at least two resamples, got {n_resamples}")
    bins, means = bins_and_means(series, bin_size)
    n_bins = bins.shape[0]
    value = np.asarray(function(means), dtype=float)
    # One resample at a time: all index tables together would be n_resamples × n_bins.
    replicas = np.array(
        [
            function(bins[rng.integers(n_bins, size=n_bins)].mean(axis=0))
            for _ in range(n_resamples)
        ],
        dtype=float,
    )
    centre = replicas.mean(axis=0)
    scatter = (replicas - centre).reshape(n_resamples, -1)
    covariance = n_bins / (n_bins - 1) * scatter.T @ scatter / (n_resamples - 1)
    shift = centre - np.asarray(function(bins.mean(axis=0)), dtype=float)
    return _result(value, covariance, shift, bin_size, n_bins)


def bin_size_scan(
    series: Series, function: Function, bin_sizes: Sequence[int] | None = None
) -> BinSizeScan:
    """Jackknife error for growing bins; by default powers of two that leave 16 bins or more.

    Raises:
        ValueError: as `jackknife`, or if no bin size is left.
    """
    if bin_sizes is None:
        chains, samples = series.shape[:2]
        powers = [2**k for k in range(samples.bit_length())]
        bin_sizes = [b for b in powers if chains * (samples // b) >= _FEWEST_BINS_IN_SCAN]
    if not bin_sizes:
        raise ValueError(f"series {series.shape} is too short for any bin size")
    results = [jackknife(series, function, size) for size in bin_sizes]
    errors = np.array([r.error for r in results], dtype=float)
    freedom = np.array([2 * (r.n_bins - 1) for r in results], dtype=float)
    shape = (-1,) + (1,) * (errors.ndim - 1)
    return BinSizeScan(
        np.array(bin_sizes, dtype=int), errors, errors / np.sqrt(freedom.reshape(shape))
    )


def bins_and_means(series: Series, bin_size: int) -> tuple[np.ndarray, np.ndarray]:
    """Bin averages, (bins, primaries), and the means over all samples, (primaries,)."""
    if series.ndim not in (2, 3):
        raise ValueError(f"series must be (chains, samples[, primaries]), got {series.shape}")
    chains, samples = series.shape[:2]
    if not 1 <= bin_size <= samples or chains * (samples // bin_size) < 2:
        raise ValueError(f"bin size {bin_size} leaves fewer than two bins of {series.shape[:2]}")
    data = series if series.ndim == 3 else series[..., None]
    per_chain = samples // bin_size
    used = data[:, samples - per_chain * bin_size :]
    blocks = used.reshape(chains, per_chain, bin_size, data.shape[2])
    bins = blocks.mean(axis=2, dtype=np.float64).reshape(chains * per_chain, data.shape[2])
    means = data.mean(axis=(0, 1), dtype=np.float64)
    if not (np.isfinite(bins).all() and np.isfinite(means).all()):
        raise ValueError("series contains NaN or infinite entries")
    return bins, means


def _result(
    value: np.ndarray,
    covariance: np.ndarray,
    bias: np.ndarray | np.floating,
    bin_size: int,
    n_bins: int,
) -> ResamplingResult:
    error = np.sqrt(np.diagonal(covariance))
    if value.ndim == 0:
        return ResamplingResult(
            float(value), float(error[0]), covariance, float(bias), bin_size, n_bins
        )
    return ResamplingResult(value, error, covariance, np.asarray(bias), bin_size, n_bins)
