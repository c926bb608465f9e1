"""What the chains of the flows say, in the form of a scan's points, and their exponents."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from latflow.analysis import Estimate, power_law_fit
from latflow.reproduce._albergo2019._plan import CHAIN
from latflow.reproduce._albergo2019._rounds import Trained
from latflow.runs import RunFolder
from latflow.scans import PointResult, Scaling

FLOW = "flow"
"""What the chains of trained flows are called among the kernels."""

BELOW = "flow below the target"
"""Likewise, of those whose flow did not reach the acceptance; they are in no fit."""


def flow_point(trained: Trained, baseline: PointResult, spread: int) -> PointResult:
    """The chain of a flow as a point beside that of a baseline on the same ensemble.

    Args:
        trained: the flow, whose last run has its chain.
        baseline: of a kernel on the same ensemble: what is slow, and how it is written.
        spread: independent samples over which the training is spread.
    """
    summary = RunFolder(trained.path).summary()
    chain = summary["chains"][CHAIN]
    entries = {name: chain["observables"].get(name, {}) for name in baseline.slow}
    point = replace(
        baseline,
        kernel=FLOW if trained.reached else BELOW,
        kind=chain["kernel"],
        n_chains=chain["n_chains"],
        n_samples=chain["n_samples"],
        thin=chain["thin"],
        acceptance=chain["acceptance"],
        tau_int={
            name: Estimate(entry["tau_int"], entry["tau_int_error"])
            for name, entry in entries.items()
            if entry.get("tau_int") is not None
        },
        tau_int_at_least={},
        seconds_per_step=_number(chain["seconds_per_sample"]),
        cpu_seconds_per_step=_number(chain["cpu_seconds_per_sample"]),
        observables={
            name: {"value": entry["value"], "error": entry["error"]}
            for name, entry in chain["observables"].items()
        },
        reference=chain["reference"],
        tuned={},
        warnings=tuple(chain["warnings"]),
        run=str(trained.path),
    )
    return in_cpu_time(point, trained.cpu_seconds, spread)


def _number(value: float | None) -> float:
    return math.nan if value is None else value


def in_cpu_time(point: PointResult, training: float, spread: int) -> PointResult:
    """The same point with costs in processor time, which other processes do not change much.

    Args:
        point: of a kernel or a flow.
        training: CPU seconds of the training; 0 without one.
        spread: independent samples over which it is spread.
    """
    each = 2 * point.cpu_seconds_per_step
    known = point.tau_int if math.isfinite(each) else {}
    cost = {name: Estimate(each * t.value, each * t.error) for name, t in known.items()}
    share = training / spread
    return replace(
        point,
        cost=cost,
        training_seconds=training,
        cost_with_training={k: Estimate(c.value + share, c.error) for k, c in cost.items()},
    )


def flow_scalings(points: Sequence[PointResult]) -> list[Scaling]:
    """tau_int = alpha L^z of the flows that reached the acceptance, by observable.

    None with fewer than two lattices.
    """
    reached = [point for point in points if point.kernel == FLOW]
    found = []
    for name in dict.fromkeys(name for point in reached for name in point.tau_int):
        own = [point for point in reached if name in point.tau_int]
        if len({point.extent for point in own}) < 2:
            continue
        taus = [point.tau_int[name] for point in own]
        fit = power_law_fit(
            np.array([point.extent for point in own], float),
            np.array([tau.value for tau in taus]),
            np.array([tau.error for tau in taus]),
        )
        found.append(Scaling(FLOW, name, "L", fit))
    return found


def pays_off(flow: PointResult, other: PointResult) -> dict[str, Any]:
    """Independent samples from which on training has paid for itself, by CPU time.

    Args:
        flow: the chain of a flow.
        other: a kernel without one on the same ensemble.

    Returns:
        By observable ``None`` where an independent sample of the flow costs as much or more.
    """
    found: dict[str, Any] = {}
    for name, cost in flow.cost.items():
        if name in other.cost:
            gain = other.cost[name].value - cost.value
            found[name] = flow.training_seconds / gain if gain > 0 else None
    return found
