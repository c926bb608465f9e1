"""What the series of a chain block say about its convergence."""

import math
from collections.abc import Mapping

import numpy as np
from jaxtyping import Float, Shaped
from scipy import stats

from latflow.analysis import GammaResult, between_chain_chi2, gelman_rubin, too_short
from latflow.observables import Doubt, SlowSeries
from latflow.runs.store import ChainData

_LARGEST_R_HAT = 1.05
_SMALLEST_P_VALUE = 0.001
# From here on it is no matter of errors that are too small: there is no equilibrium.
_NO_EQUILIBRIUM_P_VALUE = 1e-6
_NO_EQUILIBRIUM_RATIO = 4.0
_NO_EQUILIBRIUM_R_HAT = 2.0
_FEWEST_FOR_HALVES = 20
_FEWEST_CHAINS = 4
_FEWEST_TAU_PER_CHAIN = 20


def about_convergence(
    data: ChainData,
    series: dict[str, Shaped[np.ndarray, "chains samples ..."]],
    slow: list[SlowSeries],
    results: dict[str, GammaResult],
    odd: frozenset[str] = frozenset(),
) -> list[Doubt]:
    """Each way in which the chains may be short of convergence, and what that leaves unknown.

    Args:
        data: the samples.
        series: those that are finite.
        slow: the series that count; without those that the observables doubt already.
        results: the means with their autocorrelation times.
        odd: quantities that a symmetry makes vanish: chains may sit in one of two equivalent
            places and be right about everything else.
    """
    everything = tuple(results)
    unmixed, scattered, short, each_short, doubts = [], [], [], [], []
    for one in slow:
        result, values = results.get(one.name), _values(one, series)
        if result is None or values is None or not result.error > 0:
            continue
        depends = (one.name,) if one.name in odd else everything
        r_hat = gelman_rubin(values) if data.n_samples >= 4 else 1.0
        if r_hat > _NO_EQUILIBRIUM_R_HAT and data.n_samples >= 2 * _FEWEST_FOR_HALVES:
            doubts.append(
                Doubt(
                    f"split R-hat above {_NO_EQUILIBRIUM_R_HAT:g}; the chains are in different "
                    f"places, and there is no result: {one.name} ({r_hat:.3g})",
                    depends,
                )
            )
        elif r_hat > _LARGEST_R_HAT:
            unmixed.append(f"{one.name} ({r_hat:.3f})")
        if data.n_chains > 1 and result.tau_int > 0 and np.var(values) > 0:
            agreement = between_chain_chi2(values, float(result.tau_int))
            ratio = agreement.chi2 / agreement.dof
            if agreement.p_value < _NO_EQUILIBRIUM_P_VALUE and ratio > _NO_EQUILIBRIUM_RATIO:
                doubts.append(
                    Doubt(
                        f"chi2/dof between chains is far too large; they are stuck in different "
                        f"places, and there is no result: {one.name} ({agreement.chi2:.0f}/"
                        f"{agreement.dof})",
                        depends,
                    )
                )
            elif agreement.p_value < _SMALLEST_P_VALUE:
                scattered.append(f"{one.name} ({agreement.chi2:.0f}/{agreement.dof})")
        if _drift(values, float(result.error)) < _NO_EQUILIBRIUM_P_VALUE:
            doubts.append(
                Doubt(
                    "the chains are not in equilibrium; the first halves of the series differ "
                    f"from the second ones, and there is no result (a longer warm_up is needed): "
                    f"{one.name}",
                    depends,
                )
            )
        if too_short(data.n_samples * data.n_chains, result.tau_int) or result.window_saturated:
            tau = f"{result.tau_int:.3g}" if math.isfinite(result.tau_int) else "unknown"
            relation = ">" if result.window_saturated else "="
            short.append(f"{one.name} (tau_int {relation} {tau})")
        elif data.n_samples < _FEWEST_TAU_PER_CHAIN * result.tau_int:
            each_short.append(f"{one.name} ({data.n_samples / result.tau_int:.0f} tau_int)")
    sentences = (
        (unmixed, f"split R-hat above {_LARGEST_R_HAT}; longer chains or warm_up are needed"),
        (scattered, "chi2/dof between chains is too large; they are stuck in different places"),
        (short, "fewer than 100 tau_int samples; errors may be too small"),
        (
            each_short,
            "each chain is short; errors rely on chains that are independent and thermalised, "
            "which so short ones cannot show",
        ),
    )
    warnings = [Doubt(f"{text}: {', '.join(names)}") for names, text in sentences if names]
    return doubts + warnings


def about_motion(
    data: ChainData,
    series: dict[str, Shaped[np.ndarray, "chains samples ..."]],
    quantities: tuple[str, ...],
    thin: int,
    remedy: str,
) -> list[Doubt]:
    """Chains that never moved: they know nothing but where they started.

    Args:
        data: the samples.
        series: those that are finite.
        quantities: names of all results, which all depend on it.
        thin: transitions per sample.
        remedy: what to do about a low acceptance.
    """
    if data.n_samples < 2:
        return []
    acceptance = np.asarray(data.infos["acceptance"], dtype=np.float64)
    total = data.n_chains * data.n_samples
    accepted = float(np.nansum(acceptance)) * thin
    stuck = int(np.sum(_never_moved(series, data.n_chains)))
    if accepted == 0 or (stuck == data.n_chains and accepted < 1):
        return [
            Doubt(
                f"nothing was accepted: of {total * thin} proposals not one, so that all samples "
                f"are what the chains started from, and there is no result; {remedy}",
                quantities,
                float(total),
            )
        ]
    refused = 1 - min(1.0, accepted / (total * thin))
    by_chance = data.n_chains * refused ** (thin * (data.n_samples - 1))
    if not stuck or (stuck < data.n_chains and by_chance > _SMALLEST_P_VALUE):
        return []
    return [
        Doubt(
            f"{stuck} of {data.n_chains} chains never moved: in {data.n_samples} samples nothing "
            f"that was measured on them changed, and there is no result; {remedy}",
            quantities,
            float(data.n_samples),
        )
    ]


def about_windows(results: Mapping[str, GammaResult]) -> list[Doubt]:
    """Results whose autocorrelation does not decay within the chains."""
    names = tuple(name for name, result in results.items() if bool(result.window_saturated))
    if not names:
        return []
    return [
        Doubt(
            "the chains are too short for their autocorrelation; errors are unknown, longer "
            f"chains are needed: {', '.join(names)}",
            names,
        )
    ]


def _never_moved(
    series: dict[str, Shaped[np.ndarray, "chains samples ..."]], n_chains: int
) -> Shaped[np.ndarray, " chains"]:
    """Which chains have the same measurements throughout; none where nothing was measured."""
    still = np.full(n_chains, bool(series))
    for values in series.values():
        changed = np.diff(values, axis=1) != 0
        still &= ~changed.reshape(n_chains, -1).any(axis=1)
    return still


def _drift(values: Float[np.ndarray, "chains samples"], error: float) -> float:
    """The probability that equilibrium has halves whose means differ so much.

    From the scatter of the difference among chains; where these are few, from the error of the
    mean, whose autocorrelation holds a drift as well.
    """
    half = values.shape[1] // 2
    if half < _FEWEST_FOR_HALVES:
        return 1.0
    differences = values[:, :half].mean(axis=1) - values[:, -half:].mean(axis=1)
    difference, chains = float(differences.mean()), differences.size
    if chains >= _FEWEST_CHAINS:
        scatter = float(differences.std(ddof=1)) / math.sqrt(chains)
        return float(2 * stats.t.sf(abs(difference) / scatter, chains - 1)) if scatter > 0 else 1.0
    # The error of each half is sqrt(2) times that of the whole.
    return float(2 * stats.norm.sf(abs(difference) / (2 * error)))


def _values(
    slow: SlowSeries, series: dict[str, np.ndarray]
) -> Float[np.ndarray, "chains samples"] | None:
    """A slow series, or ``None`` where something that it is made of is not finite."""
    try:
        return np.asarray(slow.of(series), dtype=np.float64)
    except KeyError:
        return None
