"""The results of one chain block: what its observables say, and what it cost."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from latflow.analysis import GammaResult, KnownNumber
from latflow.observables import Doubt, Measurement
from latflow.runs.configuration import ChainSettings
from latflow.runs.results._break_even import sample_cost
from latflow.runs.results._convergence import about_convergence, about_motion, about_windows
from latflow.runs.results._cost_warnings import about_costs
from latflow.runs.results._failures import failure
from latflow.runs.results._pull import pull
from latflow.runs.results._slow_vectors import slow_vector_entries
from latflow.runs.results._vectors import vector_entries
from latflow.runs.store import ChainData

# A mean of equal numbers is off by rounding: what fluctuates by no more did not fluctuate.
_ROUNDING = 4 * np.finfo(np.float64).eps


def summarise_chain(
    data: ChainData,
    chain: ChainSettings,
    measurement: Measurement,
    numbers: dict[str, KnownNumber],
    against_model: Sequence[str] = (),
    more: Sequence[Doubt] = (),
) -> dict[str, Any]:
    """The ``chains.NAME`` entry of the summary.

    Args:
        data: the samples.
        chain: the configuration of the block.
        measurement: what was measured: its observables know results, doubts and slow series.
        numbers: what is known, to give pulls.
        against_model: reasons not to believe the model that the chain draws on, nor the chain.
        more: what is known otherwise against its results.
    """
    usable, warnings = _finite_series(data)
    results, doubts, failures = _results(measurement, usable)
    doubts += _about_chains(data, chain, measurement, usable, results, doubts)
    doubts += [Doubt(f"the model is no good; {text}", tuple(results)) for text in against_model]
    doubts += more
    values = {name: number for name, number in numbers.items() if number.of == "value"}
    observables = {
        name: _entry(result, values.get(name), [d for d in doubts if name in d.quantities])
        for name, result in results.items()
    }
    names = [series.name for one in measurement.observables for series in one.slow]
    cost = sample_cost(data.name, observables, names, data.seconds_per_sample)
    known = {
        name: {
            "value": values[name].value,
            "error": values[name].error,
            "source": values[name].source,
            "pull": entry["pull"],
        }
        for name, entry in observables.items()
        if name in values
    }
    vectors, failed = vector_entries(measurement, usable, doubts, tuple(results))
    slow, said = slow_vector_entries(data, measurement, usable, doubts, tuple(results))
    warnings += failures + failed + [doubt.sentence for doubt in doubts] + said
    return {
        "kernel": chain.kernel,
        "kernel_label": chain.kernel_settings.label,
        "needs_model": chain.kernel_settings.needs_model,
        "n_chains": data.n_chains,
        "n_samples": data.n_samples,
        "thin": chain.thin,
        "acceptance": float(np.mean(data.infos["acceptance"])),
        "seconds": data.seconds,
        "cpu_seconds": data.cpu_seconds,
        "warm_up_seconds": data.warm_up_seconds,
        "warm_up_cpu_seconds": data.warm_up_cpu_seconds,
        "compiling_seconds": data.compiling_seconds,
        "compiling_cpu_seconds": data.compiling_cpu_seconds,
        "seconds_per_sample": data.seconds_per_sample,
        "cpu_seconds_per_sample": data.cpu_seconds_per_sample,
        "seconds_per_independent_sample": None if cost is None else cost.seconds,
        "slowest_observable": None if cost is None else cost.observable,
        "tuned": data.tuned,
        **_findings(data, chain),
        "observables": observables,
        "vectors": vectors,
        **({"slow_vectors": slow} if slow else {}),
        "reference": known,
        "warnings": warnings,
        "cost_warnings": about_costs(data),
    }


def _findings(data: ChainData, chain: ChainSettings) -> dict[str, Any]:
    """What the kernel has to say about itself, where it has."""
    found = chain.kernel_settings.findings(data.infos, chain.thin)
    return {"findings": found} if found else {}


def _about_chains(
    data: ChainData,
    chain: ChainSettings,
    measurement: Measurement,
    usable: dict[str, np.ndarray],
    results: dict[str, GammaResult],
    doubts: list[Doubt],
) -> list[Doubt]:
    """What is to be said against the chains themselves, whatever is measured on them."""
    remedy = type(chain.kernel_settings).remedy
    stuck = about_motion(data, usable, tuple(results), chain.thin, remedy)
    if stuck:
        return stuck
    odd = odd_quantities(measurement)
    doubted = {name for doubt in doubts for name in doubt.quantities}
    slow = [
        series for one in measurement.observables for series in one.slow
        if series.name not in doubted
    ]  # fmt: skip
    certain = {name: result for name, result in results.items() if name not in doubted}
    return about_convergence(data, usable, slow, results, odd) + about_windows(certain)


def odd_quantities(measurement: Measurement) -> frozenset[str]:
    """Names of the results that a symmetry of the action makes vanish."""
    symmetries = measurement.theory.symmetries
    quantities = (q for one in measurement.observables for q in one.quantities)
    return frozenset(q.name for q in quantities if q.vanishes_under in symmetries)


def _entry(result: GammaResult, known: KnownNumber | None, doubts: list[Doubt]) -> dict[str, Any]:
    """A result; where it is in doubt, or never fluctuated, its error is not known."""
    value, error = float(result.value), float(result.error)
    if doubts or not error > _ROUNDING * abs(value):
        entry: dict[str, Any] = {
            "value": value, "error": None, "tau_int": None, "tau_int_error": None
        }  # fmt: skip
    else:
        entry = {
            "value": value,
            "error": error,
            "tau_int": float(result.tau_int),
            "tau_int_error": float(result.tau_int_error),
        }
    if doubts:
        entry["in_doubt"] = True
        bounds = [d.tau_at_least for d in doubts if d.tau_at_least is not None]
        if bounds:
            entry["tau_int_at_least"] = max(bounds)
    if known is not None:
        entry["pull"] = pull(entry["value"], entry["error"], known)
    return entry


def _results(
    measurement: Measurement, series: dict[str, np.ndarray]
) -> tuple[dict[str, GammaResult], list[Doubt], list[str]]:
    """Results in the order of tables, doubts, and which observable could not be computed."""
    found: dict[str, GammaResult] = {}
    doubts: list[Doubt] = []
    failures = []
    for observable in measurement.observables:
        try:
            with np.errstate(all="ignore"):
                own = observable.results(measurement.theory, series)
                about = observable.doubts(measurement.theory, series)
        except Exception as error:
            failures.append(failure("results", observable, error))
            continue
        found |= {q.name: own[q.name] for q in observable.quantities if q.name in own}
        doubts += about
    return found, doubts, failures


def _finite_series(data: ChainData) -> tuple[dict[str, np.ndarray], list[str]]:
    usable = {k: v for k, v in data.measurements.items() if np.isfinite(v).all()}
    broken = sorted(set(data.measurements) - set(usable))
    warning = f"samples of {', '.join(broken)} are not finite: nothing is measured on them"
    return usable, [warning] if broken else []
