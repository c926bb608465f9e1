"""What one chain on one level of the cascade achieves, and at what cost."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from latflow.analysis import Estimate, power_law_fit
from latflow.reproduce._albandea2023._cascade_levels import Way
from latflow.runs import RunFolder

TRAINING_SPREAD = 10_000
"""Independent samples that the time of training is spread over."""

_LABELS = {
    ("hmc", "hmc"): "HMC",
    ("direct", "prior"): "flow HMC, from normal numbers",
    ("cascade", "prior"): "flow HMC, one step of the cascade",
    ("cascade", "coarsest"): "flow HMC, whole cascade",
}


@dataclass(frozen=True)
class CascadePoint:
    """A chain on one level.

    Attributes:
        extent: L.
        label: what kind of chain, in words.
        tau_int: of M, in trajectories.
        acceptance: of its trajectories.
        seconds_per_trajectory: of one chain while all advance together; NaN where it is not known.
        training_seconds: of its flow and of all below it, their configurations included.
        flow_acceptance: of the flow's draws as proposals; NaN without a flow.
        warnings: what the run says about the chain.
    """

    extent: int
    label: str
    tau_int: Estimate
    acceptance: float
    seconds_per_trajectory: float
    training_seconds: float
    flow_acceptance: float
    warnings: tuple[str, ...]

    @property
    def cost(self) -> Estimate:
        """Seconds per independent sample, 2 tau_int times those of a trajectory."""
        seconds = 2 * self.seconds_per_trajectory
        return Estimate(seconds * self.tau_int.value, seconds * self.tau_int.error)

    @property
    def cost_with_training(self) -> Estimate:
        """The same, with the time of training spread over ``TRAINING_SPREAD`` samples."""
        cost = self.cost
        return Estimate(cost.value + self.training_seconds / TRAINING_SPREAD, cost.error)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        costs = {"cost": self.cost, "cost_with_training": self.cost_with_training}
        return asdict(self) | {name: asdict(cost) for name, cost in costs.items()}


def cascade_point(folder: RunFolder, extent: int, way: Way, name: str) -> CascadePoint:
    """Read a chain from a finished run.

    Args:
        folder: the run.
        extent: L.
        way: what kind of run.
        name: of the chain.
    """
    summary, thin = folder.summary(), folder.config().chain(name).thin
    results = summary["chains"][name]
    tau, seconds = results["observables"]["m"], results["seconds_per_sample"]
    # At the bottom the cascade is a flow from normal numbers.
    is_bottom = way == "cascade" and "coarsest" not in summary["chains"]
    training = summary.get("training", {})
    return CascadePoint(
        extent,
        _LABELS["direct", name] if is_bottom else _LABELS[way, name],
        Estimate(thin * tau["tau_int"], thin * tau["tau_int_error"]),
        results["acceptance"],
        float("nan") if seconds is None else seconds / thin,
        training.get("seconds", 0.0),
        training.get("acceptance", float("nan")),
        tuple(results["warnings"]),
    )


def exponents(points: Sequence[CascadePoint]) -> dict[str, Estimate]:
    """z in tau_int(M) = c L^z by label, from L = 8 on, where there are three levels or more."""
    found = {}
    for label in dict.fromkeys(point.label for point in points):
        own = [point for point in points if point.label == label and point.extent >= 8]
        if len(own) >= 3:
            fit = power_law_fit(
                np.array([float(point.extent) for point in own]),
                np.array([point.tau_int.value for point in own]),
                np.array([point.tau_int.error for point in own]),
            )
            found[label] = Estimate(fit.exponent, fit.exponent_error)
    return found
