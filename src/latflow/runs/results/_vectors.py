"""Results that are vectors, with their covariance."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Shaped

from latflow.analysis import VectorResult, vector_of_means
from latflow.observables import Doubt, Measurement, VectorQuantity
from latflow.runs.results._failures import failure

# Beyond it a covariance is no summary any more: the samples are there.
_MOST_ENTRIES = 128


def vector_entries(
    measurement: Measurement,
    series: Mapping[str, Shaped[np.ndarray, "chains samples ..."]],
    doubts: Sequence[Doubt],
    quantities: Sequence[str],
) -> tuple[dict[str, Any], list[str]]:
    """The ``vectors`` of a chain's entry, by name, and which of them could not be computed.

    Where everything is in doubt, or one of the results that a vector depends on, it has values
    only.

    Args:
        measurement: what was measured.
        series: those that are finite.
        doubts: about results.
        quantities: names of all results.
    """
    found, failures = {}, []
    doubted = {name for doubt in doubts for name in doubt.quantities}
    nothing_known = bool(quantities) and doubted.issuperset(quantities)
    for observable in measurement.observables:
        try:
            for one in observable.vectors(measurement.theory):
                in_doubt = nothing_known or not doubted.isdisjoint(one.depends_on)
                entry = _entry(one, series, in_doubt)
                if entry is not None:
                    found[one.name] = entry
        except Exception as error:
            failures.append(failure("vectors", observable, error))
    return found, failures


def _entry(
    one: VectorQuantity,
    series: Mapping[str, Shaped[np.ndarray, "chains samples ..."]],
    in_doubt: bool,
) -> dict[str, Any] | None:
    if len(one.at) > _MOST_ENTRIES:
        return None
    try:
        values = np.asarray(one.of(series), dtype=np.float64)
    except KeyError:  # not recorded, or not finite
        return None
    if values.shape[0] * values.shape[1] < 2:
        return None
    result = vector_of_means(values, one.function, one.gradient)
    return {
        "axis": list(one.axis),
        "at": [list(place) for place in one.at],
        "value": result.value.tolist(),
        **({"in_doubt": True} | dict.fromkeys(_UNCERTAIN) if in_doubt else _uncertain(result)),
    }


_UNCERTAIN = ("error", "covariance", "bin_size", "n_bins")


def _uncertain(result: VectorResult) -> dict[str, Any]:
    return {
        "error": result.error.tolist(),
        "covariance": result.covariance.tolist(),
        "bin_size": result.bin_size,
        "n_bins": result.n_bins,
    }
