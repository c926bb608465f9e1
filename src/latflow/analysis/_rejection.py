"""Autocorrelation time of an accept/reject independence chain from its rejections alone."""

import math

import numpy as np
from jaxtyping import Bool

from latflow.analysis._estimate import Estimate
from latflow.analysis._gamma import gamma_method


def tau_from_rejections(
    accepted: Bool[np.ndarray, "chains samples"], *, s_tau: float = 1.5
) -> Estimate:
    """τ_int = ½ + Σ_{t≥1} p(t), p(t) the probability of t rejections in a row.

    In independence Metropolis every accepted proposal is independent of the past, so that
    ρ(t) is the probability that nothing was accepted during t steps, for observables that do
    not correlate with the weights (Albergo, Kanwar, Shanahan, arXiv:1904.12072). p(t) is the
    fraction of rejected stretches among the samples − t + 1 of each chain. Since Σ_t p(t) is
    the mean number of steps since the last acceptance, the error is that of this number's
    series, by the Γ-method.

    Args:
        accepted: accept/reject flags, shape (chains, samples).
        s_tau: see `gamma_method`.

    Returns:
        τ_int in steps; (∞, ∞) if nothing was ever accepted.

    Raises:
        ValueError: for a wrong shape or fewer than two steps.
    """
    if accepted.ndim != 2 or accepted.size < 2:
        raise ValueError(f"accepted must be (chains, samples >= 2 in all), got {accepted.shape}")
    flags = np.asarray(accepted, dtype=bool)
    if not flags.any():
        return Estimate(math.inf, math.inf)
    if flags.all():
        return Estimate(0.5, 0.0)
    chains, samples = flags.shape
    step = np.arange(samples)
    last_accepted = np.maximum.accumulate(np.where(flags, step, -1), axis=1)
    rejections_so_far = step - last_accepted
    # A step with k rejections so far ends one stretch of each length 1…k.
    counts = np.bincount(rejections_so_far.reshape(-1), minlength=samples + 1)
    stretches = np.cumsum(counts[::-1])[::-1][1 : samples + 1]
    probability = stretches / (chains * (samples - step))
    error = gamma_method(rejections_so_far.astype(float), s_tau=s_tau).error
    return Estimate(0.5 + float(probability.sum()), float(error))
