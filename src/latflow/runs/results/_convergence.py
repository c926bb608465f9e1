"""What the series of a chain block say about its convergence."""

import math

import numpy as np
from jaxtyping import Float

from latflow.analysis import GammaResult, between_chain_chi2, gelman_rubin, too_short
from latflow.observables import SlowSeries
from latflow.runs.store import ChainData

_LARGEST_R_HAT = 1.05
_SMALLEST_P_VALUE = 0.001


def about_convergence(
    data: ChainData,
    series: dict[str, np.ndarray],
    slow: list[SlowSeries],
    results: dict[str, GammaResult],
) -> list[str]:
    """One sentence for each way in which the chains may be short of convergence.

    Args:
        data: the samples.
        series: those that are finite.
        slow: the series that count.
        results: the means with their autocorrelation times.
    """
    unmixed, scattered, short = [], [], []
    for one in slow:
        result, values = results.get(one.name), _values(one, series)
        if result is None or values is None or not result.error > 0:
            continue
        if data.n_samples >= 4 and (r_hat := gelman_rubin(values)) > _LARGEST_R_HAT:
            unmixed.append(f"{one.name} ({r_hat:.3f})")
        if data.n_chains > 1 and result.tau_int > 0 and np.var(values) > 0:
            agreement = between_chain_chi2(values, float(result.tau_int))
            if agreement.p_value < _SMALLEST_P_VALUE:
                scattered.append(f"{one.name} ({agreement.chi2:.0f}/{agreement.dof})")
        if too_short(data.n_samples * data.n_chains, result.tau_int) or result.window_saturated:
            tau = f"{result.tau_int:.3g}" if math.isfinite(result.tau_int) else "unknown"
            short.append(f"{one.name} (tau_int = {tau})")
    sentences = (
        (unmixed, f"split R-hat above {_LARGEST_R_HAT}; longer chains or warm_up are needed"),
        (scattered, "chi2/dof between chains is too large; they are stuck in different places"),
        (short, "fewer than 100 tau_int samples; errors may be too small"),
    )
    return [f"{sentence}: {', '.join(names)}" for names, sentence in sentences if names]


def _values(
    slow: SlowSeries, series: dict[str, np.ndarray]
) -> Float[np.ndarray, "chains samples"] | None:
    """A slow series, or ``None`` where something that it is made of is not finite."""
    try:
        return slow.of(series)
    except KeyError:
        return None
