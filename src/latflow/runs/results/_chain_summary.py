"""The results of one chain block: observables, cost, and what to be careful about."""

import math
from typing import Any

import numpy as np

from latflow.analysis import (
    GammaResult,
    between_chain_chi2,
    gelman_rubin,
    magnetisation_sign_balance,
    scalar_observables,
    too_short,
)
from latflow.runs.results._break_even import SLOW_OBSERVABLES, sample_cost
from latflow.runs.store._chain_data import ChainData
from latflow.runs.configuration._config import ChainSettings
from latflow.runs.results._pull import pull
from latflow.runs.results._references import ReferenceNumber
from latflow.theories import Theory

_LARGEST_R_HAT = 1.05
_SMALLEST_P_VALUE = 0.001


def summarise_chain(
    data: ChainData,
    chain: ChainSettings,
    theory: Theory,
    numbers: dict[str, ReferenceNumber],
) -> dict[str, Any]:
    """The ``chains.NAME`` entry of the summary.

    Args:
        data: the samples.
        chain: the configuration of the block.
        theory: the target.
        numbers: what is known, to give pulls.
    """
    usable, warnings = _finite_series(data)
    results = scalar_observables(usable, theory.space.lattice.shape)
    observables = {
        name: _entry(result, numbers.get(name)) for name, result in sorted(results.items())
    }
    cost = sample_cost(data.name, observables, data.seconds_per_sample)
    known = {
        name: {
            "value": numbers[name].value,
            "error": numbers[name].error,
            "source": numbers[name].source,
            "pull": entry["pull"],
        }
        for name, entry in observables.items()
        if name in numbers
    }
    summary: dict[str, Any] = {
        "kernel": chain.kernel,
        "n_chains": data.n_chains,
        "n_samples": data.n_samples,
        "thin": chain.thin,
        "acceptance": float(np.mean(data.infos["acceptance"])),
        "seconds": data.seconds,
        "warm_up_seconds": data.warm_up_seconds,
        "seconds_per_sample": data.seconds_per_sample,
        "seconds_per_independent_sample": None if cost is None else cost.seconds,
        "slowest_observable": None if cost is None else cost.observable,
        "tuned": data.tuned,
        "observables": observables,
        "reference": known,
    }
    if "m" in usable and "z2" in theory.symmetries:
        balance = magnetisation_sign_balance(usable["m"])
        summary["fraction_positive"] = balance.fraction_positive
        if balance.warning:
            warnings.append(
                f"one sign of M is missing: {balance.fraction_positive:.1%} of the samples have "
                "M > 0; m is wrong, and errors and log Z do not know of the missing half"
            )
    summary["warnings"] = warnings + _about_convergence(data, usable, results)
    return summary


def _entry(result: GammaResult, known: ReferenceNumber | None) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "value": float(result.value),
        "error": float(result.error),
        "tau_int": float(result.tau_int),
        "tau_int_error": float(result.tau_int_error),
    }
    if known is not None:
        entry["pull"] = pull(entry["value"], entry["error"], known)
    return entry


def _finite_series(data: ChainData) -> tuple[dict[str, np.ndarray], list[str]]:
    usable = {k: v for k, v in data.measurements.items() if np.isfinite(v).all()}
    broken = sorted(set(data.measurements) - set(usable))
    warning = f"samples of {', '.join(broken)} are not finite: nothing is measured on them"
    return usable, [warning] if broken else []


def _about_convergence(
    data: ChainData, series: dict[str, np.ndarray], results: dict[str, GammaResult]
) -> list[str]:
    """One sentence for each way in which the chains may be short of convergence."""
    unmixed, scattered, short = [], [], []
    for name in SLOW_OBSERVABLES:
        result, values = results.get(name), _series_of(name, series)
        if result is None or values is None or not result.error > 0:
            continue
        if data.n_samples >= 4 and (r_hat := gelman_rubin(values)) > _LARGEST_R_HAT:
            unmixed.append(f"{name} ({r_hat:.3f})")
        if data.n_chains > 1 and result.tau_int > 0:
            agreement = between_chain_chi2(values, float(result.tau_int))
            if agreement.p_value < _SMALLEST_P_VALUE:
                scattered.append(f"{name} ({agreement.chi2:.0f}/{agreement.dof})")
        if too_short(data.n_samples * data.n_chains, result.tau_int) or result.window_saturated:
            tau = f"{result.tau_int:.3g}" if math.isfinite(result.tau_int) else "unknown"
            short.append(f"{name} (tau_int = {tau})")
    sentences = (
        (unmixed, f"split R-hat above {_LARGEST_R_HAT}; longer chains or warm_up are needed"),
        (scattered, "chi2/dof between chains is too large; they are stuck in different places"),
        (short, "fewer than 100 tau_int samples; errors may be too small"),
    )
    return [f"{sentence}: {', '.join(names)}" for names, sentence in sentences if names]


def _series_of(name: str, series: dict[str, np.ndarray]) -> np.ndarray | None:
    if name == "chi2":
        return np.asarray(series["m"], dtype=np.float64) ** 2 if "m" in series else None
    return series.get(name)
