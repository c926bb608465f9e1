"""Quality of a flow, and expectation values, from logarithms of importance weights.

Throughout w = p̃/q with an unnormalised target p̃ = e^{−S}; weights are formed only relative
to the largest one, so that log w may be of any size.
"""

import numpy as np
from jaxtyping import Float
from scipy.special import logsumexp

from latflow.analysis._estimate import Estimate
from latflow.analysis._gamma import gamma_method

LogWeights = Float[np.ndarray, " samples"]


def effective_sample_size(log_w: LogWeights) -> Estimate:
    """ESS = (Σw)² / (N Σw²), in (0, 1], from independent samples of q; error by delta method.

    Both value and error are unreliable (too good) where N · ESS is not large.

    Raises:
        ValueError: for fewer than two weights, NaN, +∞, or no positive weight.
    """
    u = _relative_weights(log_w)
    second = np.mean(u**2)
    ess = 1 / second
    influence = ess * (2 * (u - 1) - (u**2 / second - 1))
    return Estimate(float(min(ess, 1.0)), _error_of_mean(influence))


def effective_sample_size_from_target(log_w: LogWeights) -> Estimate:
    """ESS = 1 / (⟨w⟩_p ⟨1/w⟩_p), from independent samples of the target p; error by delta method.

    The same number as :func:`effective_sample_size` in the limit of many samples. Where q leaves
    out a part of p, samples of q do not know of it and these do.

    Source: Nicoli et al. (arXiv:2302.14082), on estimators from samples of the target.

    Args:
        log_w: log p̃ − log q at samples of p.

    Raises:
        ValueError: for fewer than two weights or non-finite ones.
    """
    if not np.isfinite(log_w).all():
        raise ValueError("log weights of samples of the target must be finite")
    u, inverse = _relative_weights(log_w), _relative_weights(-log_w)
    log_products = np.logaddexp.reduce(log_w) + np.logaddexp.reduce(-log_w)
    ess = float(np.exp(2 * np.log(log_w.size) - log_products))
    return Estimate(ess, ess * _error_of_mean(u + inverse))


def log_weight_variance(log_w: LogWeights) -> Estimate:
    """Variance of log w from independent samples of q (σ² of the log-normal toy model).

    Raises:
        ValueError: for fewer than two weights or non-finite ones.
    """
    _check(log_w)
    if not np.isfinite(log_w).all():
        raise ValueError("log weights must be finite for their variance")
    squares = (np.asarray(log_w, dtype=np.float64) - np.mean(log_w, dtype=np.float64)) ** 2
    return Estimate(float(squares.sum() / (log_w.size - 1)), _error_of_mean(squares))


def log_partition_function(log_w: LogWeights) -> Estimate:
    """log Z ≈ log mean w from independent samples of q; error √((1/ESS − 1)/N).

    Its expectation lies below log Z (Jensen).

    Raises:
        ValueError: as `effective_sample_size`.
    """
    u = _relative_weights(log_w)
    value = logsumexp(np.asarray(log_w, dtype=np.float64)) - np.log(log_w.size)
    return Estimate(float(value), _error_of_mean(u))


def log_partition_function_from_target(log_w: LogWeights, *, tau_int: float = 0.5) -> Estimate:
    """log Z ≈ −log mean(1/w) from samples of the target p; its expectation lies above log Z.

    Args:
        log_w: log p̃ − log q at samples of p, finite.
        tau_int: integrated autocorrelation time of 1/w along the chain (½: independent).

    Raises:
        ValueError: for fewer than two weights, non-finite ones, or tau_int ≤ 0.
    """
    if tau_int <= 0:
        raise ValueError(f"tau_int must be positive, got {tau_int}")
    inverse = log_partition_function(-log_w)
    return Estimate(-inverse.value, inverse.error * float(np.sqrt(2 * tau_int)))


def acceptance_estimate(log_w: LogWeights) -> Estimate:
    """Stationary acceptance of independence Metropolis, E_{q,q'} min(w, w') / E_q w.

    All N(N−1)/2 pairs of independent samples of q are used, by sorting. The error is that of
    a ratio of U-statistics (Hoeffding's projection, delta method).

    Raises:
        ValueError: as `effective_sample_size`.
    """
    u = np.sort(_relative_weights(log_w))
    n = u.size
    larger = np.arange(n - 1, -1, -1)
    # Sum over partners of min(u_i, u_j): the smaller partners themselves, u_i for the others.
    pair_sums = (np.cumsum(u) - u + u * larger) / (n - 1)
    acceptance = float(pair_sums.mean())
    influence = 2 * (pair_sums - acceptance) - acceptance * (u - 1)
    return Estimate(min(acceptance, 1.0), _error_of_mean(influence))


def reweighted_mean(
    values: Float[np.ndarray, "*chains samples"],
    log_w: Float[np.ndarray, "*chains samples"],
    *,
    correlated: bool = False,
    s_tau: float = 1.5,
) -> Estimate:
    """⟨O⟩_p ≈ Σ wO / Σ w from samples of q, with the error of the ratio (delta method).

    Args:
        values: O per sample, shape (samples,) or (chains, samples), in its own units.
        log_w: log weights, same shape.
        correlated: the samples form Markov chains: the projected series w(O − ⟨O⟩)/⟨w⟩ then
            goes through the Γ-method.
        s_tau: see `gamma_method`.

    Raises:
        ValueError: for different shapes, non-finite values, or weights as in
            `effective_sample_size`.
    """
    if values.shape != log_w.shape or values.ndim not in (1, 2):
        raise ValueError(f"values {values.shape} and log_w {log_w.shape} must be alike, 1d or 2d")
    if not np.isfinite(values).all():
        raise ValueError("values contain NaN or infinite entries")
    u = _relative_weights(log_w.reshape(-1)).reshape(log_w.shape)
    # Relative to one value: a constant comes back exactly, with an error of zero.
    reference = float(values.reshape(-1)[0])
    shifted = values - reference
    mean = float(np.mean(u * shifted))
    influence = u * (shifted - mean)
    if correlated:
        chains = influence if influence.ndim == 2 else influence[None]
        error = float(gamma_method(chains, s_tau=s_tau).error)
    else:
        error = _error_of_mean(influence.reshape(-1))
    return Estimate(reference + mean, error)


def _check(log_w: np.ndarray) -> None:
    if log_w.ndim != 1 or log_w.size < 2:
        raise ValueError(f"log weights must be (samples,) with two or more, got {log_w.shape}")


def _relative_weights(log_w: np.ndarray) -> np.ndarray:
    """w / mean(w); a weight of exactly zero (log w = −∞) is allowed."""
    _check(log_w)
    logs = np.asarray(log_w, dtype=np.float64)
    largest = logs.max()
    if not np.isfinite(largest):
        raise ValueError("log weights must not be NaN or +inf, nor all -inf")
    u = np.exp(logs - largest)
    return u / u.mean()


def _error_of_mean(influence: np.ndarray) -> float:
    return float(np.std(influence, ddof=1) / np.sqrt(influence.size))
