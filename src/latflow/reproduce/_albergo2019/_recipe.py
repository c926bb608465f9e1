"""The recipe: flows trained to an acceptance, their chains beside HMC and local Metropolis."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from latflow.reproduce._albergo2019._baselines import Albergo2019Baselines, baseline_exponents
from latflow.reproduce._albergo2019._drawing import training_figure
from latflow.reproduce._albergo2019._entries import (
    ensemble_entries,
    exponent_entries,
    flat_entries,
    space_entries,
)
from latflow.reproduce._albergo2019._plan import (
    CHAIN,
    ENSEMBLES,
    FULL,
    QUICK,
    THREE_DIMENSIONS,
    Plan,
    System,
    round_run,
)
from latflow.reproduce._albergo2019._points import (
    flow_point,
    flow_scalings,
    in_cpu_time,
    pays_off,
)
from latflow.reproduce._albergo2019._published import PAPER
from latflow.reproduce._albergo2019._rounds import Trained, trained_to
from latflow.reproduce._ledger import LedgerEntry
from latflow.reproduce._plain import plain
from latflow.reproduce._recipe import Recipe, Work
from latflow.reproduce._runs import finished
from latflow.runs import RunFolder, finite, write_json
from latflow.scans import (
    PointResult,
    Scaling,
    ScanResult,
    cost_figure,
    run_scan,
    save_figure,
    tau_figure,
)

SPREAD = 100_000
"""Independent samples over which the figure of costs spreads a training."""


class Albergo2019(Recipe):
    """Real NVP with fully connected networks on E1 to E5 and in three dimensions."""

    name = "albergo2019"
    title = "φ⁴ at mₚL ≈ 4, L = 6 … 14: real NVP trained to a fixed acceptance, z beside HMC's"
    paper = PAPER

    def run(self, work: Work) -> list[LedgerEntry]:
        """The baselines, all trainings with their chains, figures after each, and the ledger."""
        plan = QUICK if work.quick else FULL
        baselines = self.baselines(work, plan)
        trained: dict[str, Trained] = {}
        flows: list[PointResult] = []
        entries: list[LedgerEntry] = []
        for name in plan.ensembles:
            hmc = _of(baselines.points, name, "hmc")
            trained[name] = trained_with_chain(work, plan, name, ENSEMBLES[name])
            flows.append(flow_point(trained[name], hmc, SPREAD))
            entries += ensemble_entries(name, trained[name], flows[-1], hmc)
            _draw(work, trained, flows, baselines)
        space: dict[str, Trained] = {}
        for name in plan.three_dimensions:
            system, title = THREE_DIMENSIONS[name], f"8³, {name}"
            space[name] = trained_with_chain(work, plan.for_three_dimensions, title, system)
            entries += space_entries(name, space[name], RunFolder(space[name].path).summary())
            save_figure(training_figure(space), work.folder, "training-3d")
        return [
            *exponent_entries(flow_scalings(flows), flows),
            *baseline_exponents(baselines.scalings),
            *flat_entries(flows),
            *entries,
        ]

    def baselines(self, work: Work, plan: Plan) -> ScanResult:
        """HMC and local Metropolis on the same ensembles, with costs in CPU time."""
        settings = Albergo2019Baselines().settings(work.quick, work.seed)
        wanted = tuple(one for one in settings.ensembles if one.name in plan.ensembles)
        result = run_scan(
            settings.model_copy(update={"ensembles": wanted}),
            work.folder / "baselines",
            work.progress,
            work.should_stop,
            work.command,
        )
        points = tuple(in_cpu_time(point, 0.0, SPREAD) for point in result.points)
        return ScanResult(result.settings, points, result.scalings)


def trained_with_chain(work: Work, plan: Plan, title: str, system: System) -> Trained:
    """A flow trained to its acceptance, and the chain of its last round sampled."""
    place = work.folder / "runs" / title.replace("³, ", "-3d-").replace(" ", "-")
    round_of = partial(_round, plan, system, work.seed)
    trained = trained_to(work, place, title, round_of, system.target, plan.precision)
    config = RunFolder(trained.path).config()
    finished(work, trained.path, config, [CHAIN], title, plan.precision)
    return trained


def _round(plan: Plan, system: System, seed: int, number: int, steps: int, initial: Any) -> dict:
    return round_run(plan, system, number, steps, initial, seed)


def _of(points: Sequence[PointResult], ensemble: str, kernel: str) -> PointResult:
    return next(p for p in points if p.ensemble == ensemble and p.kernel == kernel)


def _draw(
    work: Work,
    trained: Mapping[str, Trained],
    flows: Sequence[PointResult],
    baselines: ScanResult,
) -> None:
    """Figures and numbers, as far as one has come."""
    points = [*flows, *baselines.points]
    scalings: list[Scaling] = [*flow_scalings(flows), *baselines.scalings]
    save_figure(tau_figure(points, scalings), work.folder, "tau")
    save_figure(cost_figure(points, SPREAD), work.folder, "cost")
    save_figure(training_figure(trained), work.folder, "training")
    content = {
        "format": 1,
        "training_spread": SPREAD,
        "trainings": {name: _content(one) for name, one in trained.items()},
        "points": [point.as_dict() for point in points],
        "exponents": [
            {"kernel": one.kernel, "observable": one.observable, "z": one.fit.exponent,
             "z_error": one.fit.exponent_error, "chi2": one.fit.chi2, "dof": one.fit.dof}
            for one in scalings if one.against == "L"
        ],
        "pays_off_beyond": {
            flow.ensemble: {
                point.kernel: pays_off(flow, point)
                for point in baselines.points
                if point.ensemble == flow.ensemble
            }
            for flow in flows
        },
    }  # fmt: skip
    write_json(work.folder / "albergo2019.json", finite(content))


def _content(trained: Trained) -> dict[str, Any]:
    """Of one training, for JSON."""
    content = trained._asdict()
    content.pop("path")
    steps, acceptance = content.pop("curve")
    return plain(content) | {
        "reached": trained.reached,
        "curve": {"step": steps.tolist(), "acceptance": acceptance.tolist()},
    }
