"""The memory of many functions of a configuration one by one, and what the slowest costs."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from latflow.analysis import gamma_method, too_short
from latflow.observables import Doubt, Measurement, SlowVector
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

    Where the vector, or every result of the chain, is in doubt, it has values only, and so has an
    entry whose autocorrelation does not decay, or that never fluctuated. Which entry is the
    slowest is not known then: it may be this one.

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
        # Whatever an observable of somebody else's does, the results of others are seen.
        try:
            for one in observable.slow_vectors(measurement.theory):
                if _is_recorded(one, series):
                    in_doubt = nothing_known or one.name in doubted
                    found[one.name], said = _entry(one, data, series, in_doubt)
                    warnings += said
        except Exception as error:
            reason = " ".join(f"{type(error).__name__}: {error}".split())
            warnings.append(
                f"the slow vectors of {observable.name} cannot be computed: nothing is known "
                f"about them ({reason})"
            )
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
    entry: dict[str, Any] = {"axis": list(one.axis), "at": [list(place) for place in one.at]}
    if in_doubt:
        value, nothing = values.mean(axis=(0, 1), dtype=np.float64), np.full(len(one.at), np.nan)
        entry |= {"value": value.tolist(), "in_doubt": True}
        entry |= dict.fromkeys(("error", "tau_int", "tau_int_error"))
        return entry | {"costs": _costs(one, data, nothing, nothing)}, []
    result = gamma_method(values)
    value, error = np.asarray(result.value), np.asarray(result.error)
    saturated = np.asarray(result.window_saturated)
    known = (error > _ROUNDING * np.abs(value)) & ~saturated & (np.asarray(result.tau_int) > 0)
    tau, tau_error = (
        np.where(known, np.asarray(each), np.nan) for each in (result.tau_int, result.tau_int_error)
    )
    entry |= {
        "value": value.tolist(),
        "error": np.where(known, error, np.nan).tolist(),
        "tau_int": tau.tolist(),
        "tau_int_error": tau_error.tolist(),
        "costs": _costs(one, data, tau, tau_error),
    }
    return entry, _warnings(one, data, tau, known)


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
