"""Table 1: autocorrelation times of HMC and of flow HMC at L = 16."""

import math
from typing import Any

from latflow.analysis import Estimate
from latflow.reproduce._albandea2023 import _table1_drawing as drawing
from latflow.reproduce._albandea2023._flows import STARTS, Flow, Start
from latflow.reproduce._albandea2023._plan import TABLE_EXTENT, Plan
from latflow.reproduce._albandea2023._published import TABLE_1, TABLE_1_HMC, TABLE_1_SOURCE
from latflow.reproduce._albandea2023._simulations import Simulations
from latflow.reproduce._ledger import LedgerEntry, PublishedValue
from latflow.reproduce._recipe import Work
from latflow.runs import write_json
from latflow.scans import PointResult, save_figure

_NOTE = (
    "the paper gives neither the kernel size of the flows nor the length of their training, and "
    "none of its flows has a trainable factor: figure table-1 shows what these settings change"
)


def make(work: Work, plan: Plan, simulations: Simulations) -> list[LedgerEntry]:
    """Simulate, draw, and compare: times, and their ratios to that of HMC."""
    extents = (TABLE_EXTENT,)
    (hmc,) = simulations.classical("hmc", extents, plan.table_error)
    points = {
        flow: simulations.flow_hmc(flow, extents, plan.table_error)[0]
        for flow in flows(plan, simulations)
    }
    save_figure(drawing.table_figure(hmc, points, plan), work.folder, "table-1")
    rows = [{"flow": None, **_plain(hmc)}]
    rows += [{"flow": vars(flow), **_plain(point)} for flow, point in points.items()]
    write_json(work.folder / "table-1.json", {"extent": TABLE_EXTENT, "points": rows})
    chosen = {start: points[simulations.usual(start)] for start in TABLE_1}
    return entries(hmc.tau_int["m"], {start: chosen[start].tau_int["m"] for start in TABLE_1})


def flows(plan: Plan, simulations: Simulations) -> list[Flow]:
    """Those of the table, and those that show what its unstated settings change."""
    wanted = [simulations.usual(start, size) for size in plan.kernel_sizes for start in STARTS]
    wanted += [
        Flow(start, plan.kernel_size, steps)
        for start in STARTS
        for steps in plan.other_training_steps
    ]
    return list(dict.fromkeys(wanted))


def entries(hmc: Estimate, flow_hmc: dict[Start, Estimate]) -> list[LedgerEntry]:
    """Every time, and every ratio of HMC's to it, beside the published one."""
    known = Estimate(*TABLE_1_HMC)
    found = [LedgerEntry("τ(M), HMC", PublishedValue(*TABLE_1_HMC, TABLE_1_SOURCE), hmc)]
    for start, ours in flow_hmc.items():
        words = STARTS[start]
        published = Estimate(*TABLE_1[start])
        of_times = ratio(known, published)
        found.append(
            LedgerEntry(
                f"τ(M), flow HMC from {words}",
                PublishedValue(published.value, published.error, TABLE_1_SOURCE),
                ours,
                _NOTE,
            )
        )
        found.append(
            LedgerEntry(
                f"τ(M) of HMC / flow HMC from {words}",
                PublishedValue(
                    of_times.value, of_times.error, f"{TABLE_1_SOURCE}: ratio of its numbers"
                ),
                ratio(hmc, ours),
                _NOTE,
            )
        )
    return found


def ratio(a: Estimate, b: Estimate) -> Estimate:
    """a / b of independent estimates."""
    value = a.value / b.value
    return Estimate(value, abs(value) * math.hypot(a.error / a.value, b.error / b.value))


def _plain(point: PointResult) -> dict[str, Any]:
    return {
        "kernel": point.kernel,
        "tau_int": {name: vars(tau) for name, tau in point.tau_int.items()},
        "acceptance": point.acceptance,
        "training_seconds": point.training_seconds,
        "seconds_per_trajectory": point.seconds_per_step,
        "warnings": list(point.warnings),
    }
