"""What an independent sample costs: flow HMC beside the classical algorithms."""

from dataclasses import replace

from latflow.reproduce._albandea2023._flows import STARTS
from latflow.reproduce._albandea2023._plan import Plan
from latflow.reproduce._albandea2023._simulations import Simulations
from latflow.reproduce._ledger import LedgerEntry
from latflow.reproduce._recipe import Work
from latflow.runs import write_json
from latflow.scans import PointResult, cost_figure, save_figure

_CLASSICAL = ("hmc", "fourier-hmc", "cluster")
_TRAINING_SPREAD = 10_000


def make(work: Work, plan: Plan, simulations: Simulations) -> list[LedgerEntry]:
    """Simulate the classical algorithms, too, and draw all costs; nothing is published."""
    points: list[PointResult] = []
    for kernel in _CLASSICAL:
        points += simulations.classical(kernel, plan.extents, plan.scaling_error)
    for start, words in STARTS.items():
        own = simulations.flow_hmc(simulations.usual(start), plan.extents, plan.scaling_error)
        points += [replace(point, kernel=f"flow HMC from {words}") for point in own]
    save_figure(cost_figure(points, _TRAINING_SPREAD), work.folder, "costs")
    content = {
        "training_spread": _TRAINING_SPREAD,
        "points": [point.as_dict() for point in points],
    }
    write_json(work.folder / "costs.json", content)
    return []
