"""Means, errors and autocorrelation times of Markov-chain series by the Γ-method."""

import math

import numpy as np
from jaxtyping import Float, Real

from latflow.analysis._autocovariance import autocorrelation_error, autocovariance
from latflow.analysis._gamma_result import GammaResult, stack_results, undefined_result

_FIRST_LAGS = 64
_LAG_GROWTH = 8
_COPIED_NUMBERS = 2**23


def gamma_method(
    series: Real[np.ndarray, "chains samples *observables"],
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
    τ_int = Σ_{|t|≤W} Γ(t) / 2Γ(0), with error 2τ √((W + ½ − τ)/N) (eq. 42).

    A series without any fluctuation says nothing about its error: chains that are stuck look
    like that. Its error and τ_int are NaN.

    Args:
        series: shape (chains, samples) or (chains, samples, observables); the chains must be
            independent of each other and thermalised. Never copied as a whole: observables
            are treated a few at a time.
        s_tau: Wolff's S, the ratio of the exponential to the integrated autocorrelation time
            that is assumed by the automatic window (eqs. 51–52).
        window: fixed summation window in samples, instead of the automatic one.

    Raises:
        ValueError: for a wrong number of dimensions, complex numbers, fewer than two samples,
            non-finite entries, s_tau ≤ 0 or not finite, or a window outside 0…samples − 1.
    """
    if np.iscomplexobj(series):
        raise ValueError("series must be real: take real and imaginary parts one by one")
    if series.ndim not in (2, 3):
        raise ValueError(f"series must be (chains, samples[, observables]), got {series.shape}")
    chains, samples = series.shape[:2]
    if chains * samples < 2 or series.size == 0:
        raise ValueError(f"an error needs at least two samples, got shape {series.shape}")
    if not (s_tau > 0 and math.isfinite(s_tau)):
        raise ValueError(f"s_tau must be positive, got {s_tau}")
    if window is not None and not 0 <= window < samples:
        raise ValueError(f"window must be in 0..{samples - 1}, got {window}")
    columns = series if series.ndim == 3 else series[..., None]
    at_once = max(1, _COPIED_NUMBERS // (chains * samples))
    results = []
    for first in range(0, columns.shape[2], at_once):
        group = np.moveaxis(columns[..., first : first + at_once], 2, 0)
        # A private contiguous copy: it is overwritten by the fluctuations.
        for one in np.array(group, dtype=np.float64, order="C"):
            results.append(_one_observable(one, s_tau, window))
    return stack_results(results) if series.ndim == 3 else results[0]


def _one_observable(
    series: Float[np.ndarray, "chains samples"], s_tau: float, window: int | None
) -> GammaResult:
    if not np.isfinite(series).all():
        raise ValueError("series contains NaN or infinite entries")
    chains, samples = series.shape
    n_total = series.size
    # In units of a power of two near the largest entry no square over- or underflows, and a
    # series in other units has the same digits.
    unit = _power_of_two(series)
    series /= unit
    # Through a reference value: a constant series then has fluctuations of exactly zero.
    reference = float(series[0, 0])
    series -= reference
    mean = float(series.mean())
    series -= mean
    value = (reference + mean) * unit
    if not series.any():
        return undefined_result(value, n_total)
    fluctuation = _power_of_two(series)
    series /= fluctuation

    gamma, chosen, saturated = _gamma_and_window(series, s_tau, window)
    variance_of_mean = _variance_of_mean(gamma, chosen, chains, samples)
    if variance_of_mean <= 0:
        # Strong anticorrelation cut at an odd lag: take the next window that makes sense.
        windows = range(chosen + 1, _largest_window(chains, samples) + 1)
        gamma = autocovariance(series, min(samples - 1, 2 * chosen + _FIRST_LAGS))
        for wider in windows[: gamma.size - 1 - chosen]:
            variance_of_mean = _variance_of_mean(gamma, wider, chains, samples)
            if variance_of_mean > 0:
                chosen = wider
                break
        else:
            chosen, saturated = 0, True
            variance_of_mean = _variance_of_mean(gamma, 0, chains, samples)

    corrected = gamma + variance_of_mean
    rho = corrected / corrected[0]
    tau = float(rho[: chosen + 1].sum() - 0.5)
    error = math.sqrt(variance_of_mean) * fluctuation * unit
    shown = min(rho.size, 2 * chosen + 1)
    pairs = chains * (samples - np.arange(shown, dtype=float))
    return GammaResult(
        value=value,
        error=error,
        error_of_error=error * math.sqrt((chosen + 0.5) / n_total),
        tau_int=tau,
        tau_int_error=2 * abs(tau) * math.sqrt(max(chosen + 0.5 - tau, 0.0) / n_total),
        window=chosen,
        window_saturated=saturated,
        autocorrelation=rho[:shown].copy(),
        autocorrelation_error=autocorrelation_error(rho[:shown], chosen, pairs),
        n_total=n_total,
    )


def _power_of_two(series: np.ndarray) -> float:
    """The power of two at or below the largest modulus; one for zeros."""
    largest = float(np.abs(series).max())
    return math.ldexp(1.0, math.frexp(largest)[1] - 1) if largest > 0 else 1.0


def _gamma_and_window(
    series: Float[np.ndarray, "chains samples"], s_tau: float, window: int | None
) -> tuple[np.ndarray, int, bool]:
    """Γ(0…2W at least, where the chains reach so far), the window W, and whether it is forced."""
    chains, samples = series.shape
    if window is not None:
        return autocovariance(series, min(samples - 1, 2 * window)), window, False
    limit = _largest_window(chains, samples)
    lags = min(_FIRST_LAGS, limit)
    while True:
        gamma = autocovariance(series, lags)
        found = _automatic_window(gamma, series.size, s_tau)
        if found is not None or lags == limit:
            break
        lags = min(_LAG_GROWTH * lags, limit)
    chosen = limit if found is None else found
    shown = min(samples - 1, 2 * chosen)
    if shown > lags:
        gamma = autocovariance(series, shown)
    return gamma, chosen, found is None and limit > 0


def _largest_window(chains: int, samples: int) -> int:
    # The whole of a single chain carries no information on the variance of its own mean.
    return samples - 1 if chains > 1 else (samples - 1) // 2


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


def _variance_of_mean(gamma: np.ndarray, window: int, chains: int, samples: int) -> float:
    """Variance of the mean over all chains from Γ(0…window), free of the O(1/N) bias."""
    lag = np.arange(1, window + 1)
    total = gamma[0] + 2 * np.sum((1 - lag / samples) * gamma[1 : window + 1])
    # Γ is measured from the sample mean, hence low by the variance v of that mean at every
    # lag: v = (total + v Σ(1 − |t|/n)) / N is solved for v.
    terms = 2 * window + 1 - window * (window + 1) / samples
    return float(total / (chains * samples - terms))
