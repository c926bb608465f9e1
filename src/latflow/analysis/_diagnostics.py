"""Signs that chains are too short, stuck, or disagree with each other."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Real
from scipy import stats

from latflow.analysis._gamma_result import ScalarOrVector

_MINORITY = 0.02
_SMALL_FRACTION_OF_MEAN = 0.2
_TOUCHES_ZERO = 0.05
_SAMPLES_PER_TAU = 100


class SignBalance(NamedTuple):
    """Share of samples with M > 0, and whether one sign is missing though M avoids zero."""

    fraction_positive: float
    warning: bool


class ChainAgreement(NamedTuple):
    """χ² of the chain means about the global mean, degrees of freedom, p-value."""

    chi2: float
    dof: int
    p_value: float


def gelman_rubin(series: Real[np.ndarray, "chains samples *observables"]) -> ScalarOrVector:
    """Split R̂ (Gelman et al., Bayesian Data Analysis, 3rd ed., eq. 11.4); 1 when converged.

    Every chain is cut into halves, so that one drifting chain is found too. ∞ where the
    halves do not fluctuate but differ, 1 for a constant.

    Args:
        series: shape (chains, samples) or (chains, samples, observables).

    Raises:
        ValueError: for wrong shapes or fewer than four samples per chain.
    """
    if series.ndim not in (2, 3) or series.shape[1] < 4:
        raise ValueError(f"series must be (chains, samples >= 4, ...), got {series.shape}")
    half = series.shape[1] // 2
    halves = (series[:, :half], series[:, -half:])
    means = np.concatenate([h.mean(axis=1, dtype=np.float64) for h in halves])
    variances = np.concatenate([h.var(axis=1, ddof=1, dtype=np.float64) for h in halves])
    within = variances.mean(axis=0)
    between = means.var(axis=0, ddof=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.sqrt((half - 1) / half + between / within)
    ratio = np.where((within == 0) & (between == 0), 1.0, ratio)
    return float(ratio) if series.ndim == 2 else ratio


def between_chain_chi2(
    series: Real[np.ndarray, "chains samples"], tau_int: float
) -> ChainAgreement:
    """Do the chain means scatter as their length and τ_int allow?

    χ² = Σ_r (x̄_r − x̄)² / v with R − 1 degrees of freedom. The variance v of a chain mean is
    that of n samples with ρ(t) = a^t, a = (2τ − 1)/(2τ + 1):
    v = σ²/n [2τ − 2a(1 − aⁿ)/(n(1 − a)²)], which tends to σ² 2τ/n in long chains and does
    not overrate the scatter of short ones. A small p-value: chains are stuck in different
    places, or not thermalised.

    Args:
        series: shape (chains, samples), two chains or more.
        tau_int: integrated autocorrelation time in samples, from all chains together.

    Raises:
        ValueError: for wrong shapes, a constant series, or tau_int ≤ 0.
    """
    if series.ndim != 2 or series.shape[0] < 2:
        raise ValueError(f"series must be (chains >= 2, samples), got {series.shape}")
    if not tau_int > 0:
        raise ValueError(f"tau_int must be positive, got {tau_int}")
    chains, n = series.shape
    means = series.mean(axis=1, dtype=np.float64)
    a = (2 * tau_int - 1) / (2 * tau_int + 1)
    weight = (2 * tau_int - 2 * a * (1 - a**n) / (n * (1 - a) ** 2)) / n
    # The sample variance is low by the variance of the global mean, weight σ²/chains.
    variance = float(np.var(series, dtype=np.float64)) / (1 - weight / chains)
    if variance == 0:
        raise ValueError("a constant series has no scatter to compare with")
    chi2 = float(np.sum((means - means.mean()) ** 2) / (variance * weight))
    return ChainAgreement(chi2, chains - 1, float(stats.chi2.sf(chi2, chains - 1)))


def too_short(n_samples: int, tau_int: float) -> bool:
    """True for fewer than 100 τ_int samples: error bars are then not to be trusted.

    `n_samples` counts one chain (strict) or all chains together; an undefined τ_int (NaN)
    is too short as well.
    """
    return not n_samples >= _SAMPLES_PER_TAU * tau_int


def magnetisation_sign_balance(m: Real[np.ndarray, "*chains samples"]) -> SignBalance:
    """Is a symmetric magnetisation M sampled with both signs?

    The warning says that fewer than 2 % of the samples have one of the signs although |M|
    keeps away from zero (fewer than 5 % have |M| < 0.2 ⟨|M|⟩; a Gaussian around zero has
    13 %): the chains, or the flow, sit in one of two modes.

    Args:
        m: magnetisation per configuration, shape (samples,) or (chains, samples); zeros count
            half for each sign.

    Raises:
        ValueError: for an empty series.
    """
    if m.size == 0:
        raise ValueError("the magnetisation series is empty")
    positive = float(np.mean(m > 0) + np.mean(m == 0) / 2)
    magnitude = np.abs(m)
    near_zero = float(np.mean(magnitude < _SMALL_FRACTION_OF_MEAN * magnitude.mean()))
    one_sided = min(positive, 1 - positive) < _MINORITY
    return SignBalance(positive, bool(one_sided and near_zero < _TOUCHES_ZERO))
