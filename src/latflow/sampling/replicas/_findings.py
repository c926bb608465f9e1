"""What the infos of replica exchange say: swaps, round trips, and log Z along the ladder."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Shaped

from latflow.analysis import GammaResult, gamma_method, log_z_along, log_z_difference

Infos = Mapping[str, Shaped[np.ndarray, "chains samples"]]


def exchange_findings(infos: Infos, thin: int) -> dict[str, Any]:
    """The findings of a summary, see ``docs/summary.md``.

    Args:
        infos: of all samples, each the mean over ``thin`` transitions.
        thin: transitions per sample. Works that are means give no log Z.
    """
    pairs = range(sum(name.startswith("swap_") for name in infos))
    swaps = [_mean(infos[f"swap_{pair}"]) for pair in pairs]
    trips = _mean(infos["round_trips"] * thin)
    found: dict[str, Any] = {
        "swap_acceptance": [swap["value"] for swap in swaps],
        "swap_acceptance_error": [swap["error"] for swap in swaps],
        "round_trips": round(float(np.sum(infos["round_trips"])) * thin),
        "samples_per_round_trip": None,
        "samples_per_round_trip_error": None,
    }
    if trips["value"]:
        found["samples_per_round_trip"] = 1 / trips["value"]
        found["samples_per_round_trip_error"] = trips["error"] / trips["value"] ** 2
    if thin == 1:
        ups, downs = ([np.asarray(infos[f"work_{way}_{pair}"]) for pair in pairs]
                      for way in ("up", "down"))  # fmt: skip
        steps = [log_z_difference(up, down) for up, down in zip(ups, downs, strict=True)]
        found["log_z_steps"] = [_number(step) for step in steps]
        found["log_z_difference"] = _number(log_z_along(ups, downs))
    return found


def _mean(series: Shaped[np.ndarray, "chains samples"]) -> dict[str, float]:
    """A mean; its error is NaN where it cannot be known."""
    if series.size < 2 or not np.isfinite(series).all():
        return {"value": float(np.mean(series)), "error": float("nan")}
    return _number(gamma_method(series))


def _number(result: GammaResult) -> dict[str, float]:
    return {"value": float(result.value), "error": float(result.error)}
