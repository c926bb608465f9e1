"""Means, errors and autocorrelation times of Markov-chain series by the Γ-method."""

import math

import numpy as np
from jaxtyping import Bool, Float

from latflow.analysis._autocovariance import autocorrelation_error, autocovariance
from latflow.analysis._gamma_result import GammaResult, stack_results, undefined_result
from latflow.analysis._series import Layout, Series, as_array, layout_of

_FIRST_LAGS = 64
_LAG_GROWTH = 8
_COPIED_NUMBERS = 2**23
# An exponential whose window is its own autocorrelation time has 0.63 of it inside.
_NOT_DECAYED = 2 / 3


def gamma_method(
    series: Series,
    *,
    s_tau: float = 1.5,
    window: int | None = None,
) -> GammaResult:
    """Mean, error and integrated autocorrelation time of series from one or many chains.

    Wolff's Γ-method with automatic window (hep-lat/0306017). Fluctuations are taken from the
    mean over *all* chains: a mean per chain would bias τ_int low by about τ_int/samples.

    With n samples in each of R chains, N = Rn, and Γ(t) averaged over its R(n − t) pairs,

        error² = (1/N) Σ_{|t|≤W} (1 − |t|/n) Γ(t),

    which is exact for chains of any length (at W = n − 1 it *is* the scatter of the chain
    means) and equals Wolff's C(W)/N up to O(τ/n). The bias of every Γ(t), which is minus the
    variance of the global mean, is corrected (his eq. 49, there to first order in W/N).
    τ_int = Σ_{|t|≤W} Γ(t) / 2Γ(0), with error 2τ √((W + ½ − τ)/N) (eq. 42); the difference
    counts as half of W + ½ at least.

    Chains without any fluctuation, be it each at a value of its own, say nothing about their
    error: chains that are stuck look like that. Error and τ_int are then NaN.

    Args:
        series: shape (chains, samples) or (chains, samples, observables), or a list of chains,
            which may be of unequal length; gaps are what is masked in a masked array. The chains
            must be independent of each other and thermalised. Never copied as a whole:
            observables are treated a few at a time.
        s_tau: Wolff's S, the ratio of the exponential to the integrated autocorrelation time
            that is assumed by the automatic window (eqs. 51–52).
        window: fixed summation window in samples, instead of the automatic one.

    Raises:
        ValueError: for a wrong number of dimensions, complex numbers, fewer than two samples,
            non-finite entries, s_tau ≤ 0 or not finite, or a window that is no whole number or
            outside 0…samples − 1.
    """
    series = as_array(series)
    if series.size == 0:
        raise ValueError(f"an error needs at least two samples, got shape {series.shape}")
    layout = layout_of(series)
    if layout.n_total < 2:
        raise ValueError(f"an error needs at least two samples, got shape {series.shape}")
    if not (s_tau > 0 and math.isfinite(s_tau)):
        raise ValueError(f"s_tau must be positive, got {s_tau}")
    last = layout.samples - 1
    if window is not None and not (isinstance(window, int | np.integer) and 0 <= window <= last):
        raise ValueError(f"window must be a whole number in 0..{last}, got {window}")
    columns = series if series.ndim == 3 else series[..., None]
    at_once = max(1, _COPIED_NUMBERS // (layout.chains * layout.samples))
    results = []
    for first in range(0, columns.shape[2], at_once):
        group = np.moveaxis(columns[..., first : first + at_once], 2, 0)
        # A private contiguous copy: it is overwritten by the fluctuations.
        for one in np.array(np.ma.getdata(group), dtype=np.float64, order="C"):
            results.append(_one_observable(one, layout, s_tau, window))
    return stack_results(results) if series.ndim == 3 else results[0]


def _one_observable(
    series: Float[np.ndarray, "chains samples"], layout: Layout, s_tau: float, window: int | None
) -> GammaResult:
    n_total, present = layout.n_total, layout.present
    if present is not None:
        series[~present] = series[present][0]
    if not np.isfinite(series).all():
        raise ValueError("series contains NaN or infinite entries")
    # In units of a power of two near the largest entry no square over- or underflows, and a
    # series in other units has the same digits.
    unit = _power_of_two(series)
    series /= unit
    # Through a reference value: a constant series then has fluctuations of exactly zero.
    reference = float(series[0, 0])
    series -= reference
    never_moved = layout.samples > 1 and not _moves(series, present)
    mean = float(series.mean() if present is None else series[present].mean())
    series -= mean
    value = (reference + mean) * unit
    if never_moved or not series.any():
        return undefined_result(value, n_total)
    if present is not None:
        series[~present] = 0.0
    fluctuation = _power_of_two(series)
    series /= fluctuation

    gamma, chosen, saturated = _gamma_and_window(series, layout, s_tau, window)
    variance_of_mean = _variance_of_mean(gamma, chosen, layout)
    if variance_of_mean <= 0:
        # Strong anticorrelation cut at an odd lag: take the next window that makes sense.
        windows = range(chosen + 1, _largest_window(layout) + 1)
        reach = min(_last_lag(layout), 2 * chosen + _FIRST_LAGS)
        gamma = autocovariance(series, reach, layout.pairs)
        for wider in windows[: gamma.size - 1 - chosen]:
            variance_of_mean = _variance_of_mean(gamma, wider, layout)
            if variance_of_mean > 0:
                chosen = wider
                break
        else:
            chosen, saturated = 0, True
            variance_of_mean = _variance_of_mean(gamma, 0, layout)

    corrected = gamma + variance_of_mean
    rho = corrected / corrected[0]
    tau = float(rho[: chosen + 1].sum() - 0.5)
    # Nothing has decayed within such a window: there are too few samples for any.
    saturated |= window is None and layout.samples > 1 and tau > _NOT_DECAYED * (chosen + 0.5)
    error = math.sqrt(variance_of_mean) * fluctuation * unit
    shown = min(rho.size, 2 * chosen + 1)
    return GammaResult(
        value=value,
        error=error,
        error_of_error=error * math.sqrt((chosen + 0.5) / n_total),
        tau_int=tau,
        tau_int_error=2 * abs(tau) * math.sqrt(_lags_that_count(chosen, tau) / n_total),
        window=chosen,
        window_saturated=saturated,
        autocorrelation=rho[:shown].copy(),
        autocorrelation_error=autocorrelation_error(rho[:shown], chosen, layout.pairs[:shown]),
        n_total=n_total,
    )


def _moves(
    series: Float[np.ndarray, "chains samples"], present: Bool[np.ndarray, "chains samples"] | None
) -> bool:
    """Whether any chain has two different samples."""
    if present is None:
        return bool(np.diff(series, axis=1).any())
    own = [row[there] for row, there in zip(series, present, strict=True)]
    return any(np.diff(row).any() for row in own)


def _lags_that_count(window: int, tau: float) -> float:
    """W + ½ − τ, but no less than half of W + ½.

    Wolff's difference is made for windows of several τ. Where the window is cut at τ, by chains
    that are too short, it vanishes, and with it the error of what is known least.
    """
    return max(window + 0.5 - tau, (window + 0.5) / 2)


def _power_of_two(series: np.ndarray) -> float:
    """The power of two at or below the largest modulus; one for zeros."""
    largest = float(np.abs(series).max())
    return math.ldexp(1.0, math.frexp(largest)[1] - 1) if largest > 0 else 1.0


def _gamma_and_window(
    series: Float[np.ndarray, "chains samples"], layout: Layout, s_tau: float, window: int | None
) -> tuple[np.ndarray, int, bool]:
    """Γ(0…2W at least, where the chains reach so far), the window W, and whether it is forced."""
    last, pairs = _last_lag(layout), layout.pairs
    if window is not None:
        chosen = min(window, last)
        return autocovariance(series, min(last, 2 * chosen), pairs), chosen, False
    limit = _largest_window(layout)
    lags = min(_FIRST_LAGS, limit)
    while True:
        gamma = autocovariance(series, lags, pairs)
        found = _automatic_window(gamma, layout.n_total, s_tau)
        if found is not None or lags == limit:
            break
        lags = min(_LAG_GROWTH * lags, limit)
    chosen = limit if found is None else found
    shown = min(last, 2 * chosen)
    if shown > lags:
        gamma = autocovariance(series, shown, pairs)
    return gamma, chosen, found is None and limit > 0


def _last_lag(layout: Layout) -> int:
    """The largest lag up to which there are pairs of samples at every one."""
    without = np.flatnonzero(layout.pairs == 0)
    return int(without[0]) - 1 if without.size else layout.samples - 1


def _largest_window(layout: Layout) -> int:
    # The whole of a single chain carries no information on the variance of its own mean.
    longest = layout.samples - 1 if layout.chains > 1 else (layout.samples - 1) // 2
    return min(longest, _last_lag(layout))


def _automatic_window(gamma: np.ndarray, n_total: int, s_tau: float) -> int | None:
    """First W ≥ 1 where truncation and statistical error balance (Wolff, eqs. 51–52)."""
    rho = gamma[1:] / gamma[0]
    if rho.size == 0:
        return None
    if rho[0] < -3 / math.sqrt(n_total):
        # Alternating signs: the partial sums hide how slowly the terms themselves decay.
        rho = np.abs(rho)
    twice_tau = 1 + 2 * np.cumsum(rho)
    correlated = twice_tau > 1
    safe = np.where(correlated, twice_tau, 2.0)
    tau = np.where(correlated, s_tau / np.log((safe + 1) / (safe - 1)), 1e-10)
    lag = np.arange(1, gamma.size)
    stop = np.exp(-lag / tau) < tau / np.sqrt(lag * n_total)
    return int(lag[stop.argmax()]) if stop.any() else None


def _variance_of_mean(gamma: np.ndarray, window: int, layout: Layout) -> float:
    """Variance of the mean over all chains from Γ(0…window), free of the O(1/N) bias."""
    share = layout.pairs[1 : window + 1] / layout.n_total
    total = gamma[0] + 2 * np.sum(share * gamma[1 : window + 1])
    # Γ is measured from the sample mean, hence low by the variance v of that mean at every
    # lag: v = (total + v Σ(1 − |t|/n)) / N is solved for v.
    return float(total / (layout.n_total - 1 - 2 * share.sum()))
