"""What the infos of replica exchange say: swaps, round trips, and log Z along the ladder."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Shaped

from latflow.analysis import GammaResult, log_z_along, log_z_difference

Infos = Mapping[str, Shaped[np.ndarray, "chains samples"]]


def exchange_findings(infos: Infos, thin: int) -> dict[str, Any]:
    """The findings of a summary, see ``docs/summary.md``.

    Args:
        infos: of all samples, each the mean over ``thin`` transitions.
        thin: transitions per sample. Works that are means give no log Z.
    """
    pairs = range(sum(name.startswith("swap_") for name in infos))
    trips = float(np.sum(infos["round_trips"])) * thin
    n_samples = infos["round_trips"].size
    found: dict[str, Any] = {
        "swap_acceptance": [float(np.mean(infos[f"swap_{pair}"])) for pair in pairs],
        "round_trips": round(trips),
        "samples_per_round_trip": n_samples / trips if trips else None,
    }
    if thin == 1:
        ups, downs = ([np.asarray(infos[f"work_{way}_{pair}"]) for pair in pairs]
                      for way in ("up", "down"))  # fmt: skip
        steps = [log_z_difference(up, down) for up, down in zip(ups, downs, strict=True)]
        found["log_z_steps"] = [_number(step) for step in steps]
        found["log_z_difference"] = _number(log_z_along(ups, downs))
    return found


def _number(result: GammaResult) -> dict[str, float]:
    return {"value": float(result.value), "error": float(result.error)}
