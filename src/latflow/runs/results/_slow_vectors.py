"""The memory of many functions of a configuration one by one, and what the slowest costs."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Shaped

from latflow.analysis import GammaResult, gamma_method, too_short
from latflow.observables import Doubt, Measurement, SlowSeries, SlowVector
from latflow.runs.results._convergence import about_convergence
from latflow.runs.results._failures import failure
from latflow.runs.store import ChainData

# As for results: what fluctuates by rounding only did not fluctuate.
_ROUNDING = 4 * np.finfo(np.float64).eps


def slow_vector_entries(
    data: ChainData,
    measurement: Measurement,
    series: dict[str, np.ndarray],
    doubts: Sequence[Doubt],
    quantities: Sequence[str],
) -> tuple[dict[str, Any], list[str]]:
    """The ``slow_vectors`` of a chain's entry, by name, and what is to be said against them.

    Where the vector, or every result of the chain, is in doubt, or the chains are in no
    equilibrium in some entry, it has values only; and so has an entry whose autocorrelation does
    not decay, or that never fluctuated. Which entry is the slowest is not known then: it may be
    this one.

    Args:
        data: the samples, with the time that they took.
        measurement: what was measured.
        series: those that are finite.
        doubts: about results.
        quantities: names of all results.
    """
    found: dict[str, Any] = {}
    warnings: list[str] = []
    doubted = {name for doubt in doubts for name in doubt.quantities}
    nothing_known = bool(quantities) and doubted.issuperset(quantities)
    for observable in measurement.observables:
        try:
            for one in observable.slow_vectors(measurement.theory):
                if _is_recorded(one, series):
                    in_doubt = nothing_known or one.name in doubted
                    found[one.name], said = _entry(one, data, series, in_doubt)
                    warnings += said
        except Exception as error:
            warnings.append(failure("slow vectors", observable, error))
    return found, warnings


def _is_recorded(one: SlowVector, series: dict[str, np.ndarray]) -> bool:
    """Whether it can be made of the series, and has two samples at least."""
    try:
        values = one.of(series)
    except KeyError:  # not recorded, or not finite
        return False
    return values.shape[0] * values.shape[1] >= 2


def _entry(
    one: SlowVector, data: ChainData, series: dict[str, np.ndarray], in_doubt: bool
) -> tuple[dict[str, Any], list[str]]:
    values = one.of(series)
    value = values.mean(axis=(0, 1), dtype=np.float64)
    entry: dict[str, Any] = {
        "axis": list(one.axis), "at": [list(place) for place in one.at], "value": value.tolist()
    }  # fmt: skip
    results = {} if in_doubt else _results(one, values)
    said = [] if in_doubt else _against_equilibrium(one, data, values, results)
    if in_doubt or said:
        nothing = np.full(len(one.at), np.nan)
        entry |= {"in_doubt": True} | dict.fromkeys(("error", "tau_int", "tau_int_error"))
        return entry | {"costs": _costs(one, data, nothing, nothing)}, said
    own = list(results.values())
    error, tau, tau_error = (
        np.array([float(getattr(result, name)) for result in own])
        for name in ("error", "tau_int", "tau_int_error")
    )
    saturated = np.array([bool(result.window_saturated) for result in own])
    known = (error > _ROUNDING * np.abs(value)) & ~saturated & (tau > 0)
    error, tau, tau_error = (np.where(known, each, np.nan) for each in (error, tau, tau_error))
    entry |= {
        "error": error.tolist(),
        "tau_int": tau.tolist(),
        "tau_int_error": tau_error.tolist(),
        "costs": _costs(one, data, tau, tau_error),
    }
    return entry, _warnings(one, data, tau, known)


def _results(
    one: SlowVector, values: Shaped[np.ndarray, "chains samples entries"]
) -> dict[str, GammaResult]:
    """Of every entry, by its name and place."""
    return {
        f"{one.entry} ({', '.join(map(str, place))})": gamma_method(values[..., index])
        for index, place in enumerate(one.at)
    }


def _against_equilibrium(
    one: SlowVector,
    data: ChainData,
    values: Shaped[np.ndarray, "chains samples entries"],
    results: dict[str, GammaResult],
) -> list[str]:
    """What shows that the chains are in no equilibrium in some entries, by the first of them.

    The same tests as those of slow series, and as strict; what these only warn of is left out,
    since of many entries some are unlikely by chance.
    """
    slow = [
        SlowSeries(name, name, name, name, lambda _, index=index: values[..., index])
        for index, name in enumerate(results)
    ]
    doubts = [d for d in about_convergence(data, {}, slow, results) if d.quantities]
    if not doubts:
        return []
    more = f", and {len(doubts) - 1} more such tests" if len(doubts) > 1 else ""
    return [f"{doubts[0].sentence} of {one.name}{more}"]


def _costs(
    one: SlowVector,
    data: ChainData,
    tau: Float[np.ndarray, " entries"],
    tau_error: Float[np.ndarray, " entries"],
) -> dict[str, Any]:
    """Of the named entries and of the slowest: 2 tau_int times what a sample takes."""
    wanted: dict[str, int | None] = dict(one.named)
    wanted[one.slowest] = int(np.argmax(tau)) if np.isfinite(tau).all() else None
    unknown = (None, float("nan"), float("nan"))
    costs = {}
    for name, index in wanted.items():
        place, own, error = (
            unknown if index is None else (list(one.at[index]), tau[index], tau_error[index])
        )
        costs[name] = {
            "at": place,
            "tau_int": float(own),
            "tau_int_error": float(error),
            "seconds_per_independent_sample": 2 * float(own) * data.seconds_per_sample,
            "cpu_seconds_per_independent_sample": 2 * float(own) * data.cpu_seconds_per_sample,
        }
    return costs


def _warnings(
    one: SlowVector,
    data: ChainData,
    tau: Float[np.ndarray, " entries"],
    known: Bool[np.ndarray, " entries"],
) -> list[str]:
    said = []
    total = len(one.at)
    if not known.all():
        said.append(
            f"of {total} {one.entry}s {int(np.sum(~known))} have no autocorrelation time; their "
            "memory does not decay within the chains, or they never changed, so that the slowest "
            f"is not known, longer chains are needed: {one.name}"
        )
    slowest = float(np.max(tau[known], initial=0.0))
    if too_short(data.n_samples * data.n_chains, slowest):
        said.append(
            "fewer than 100 tau_int samples; errors may be too small: "
            f"{one.name} (tau_int = {slowest:.3g})"
        )
    return said
