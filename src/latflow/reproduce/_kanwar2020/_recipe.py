"""The recipe: one run with the flow and one without for every coupling, one figure, a ledger."""

from pathlib import Path
from typing import Any

from latflow.reproduce._kanwar2020._drawing import freezing_figure
from latflow.reproduce._kanwar2020._freezing import Point, points_of
from latflow.reproduce._kanwar2020._plan import FULL, QUICK, Plan, flow_run, prior_run
from latflow.reproduce._ledger import LedgerEntry, referenced
from latflow.reproduce._recipe import Recipe, Work
from latflow.reproduce._runs import finished
from latflow.runs import RunFolder, config_from, write_json
from latflow.scans import save_figure

_COMPARED = {
    "plaquette": "⟨cos θ_P⟩",
    "wilson_loop_2x2": "W(2,2)",
    "wilson_loop_4x4": "W(4,4)",
    "q2": "⟨Q²⟩",
}


class Kanwar2020(Recipe):
    """U(1) on 16 x 16 at beta = 1 ... 7: who still changes the topological sector, at which cost.

    The paper's numbers stand in figures that are not readable here; in two dimensions everything
    but autocorrelation times is known exactly, and the ledger compares with that.
    """

    name = "kanwar2020"
    title = "U(1) 16² at β = 1 … 7: τ(Q²) of HMC, heat bath, instanton updates, exact draws, flow"
    paper = (
        "G. Kanwar, M. S. Albergo, D. Boyda, K. Cranmer, D. C. Hackett, S. Racanière, "
        "D. J. Rezende, P. E. Shanahan, Equivariant flow-based sampling for lattice gauge theory, "
        "Phys. Rev. Lett. 125 (2020) 121601, arXiv:2003.06413"
    )

    def run(self, work: Work) -> list[LedgerEntry]:
        """All couplings, the figure ``freezing`` and ``freezing.json``, then the ledger."""
        plan, points, entries = QUICK if work.quick else FULL, [], []
        for beta in plan.couplings:
            for folder in _runs(work, plan, beta):
                summary = folder.summary()
                points += points_of(summary, beta)
                entries += exact_entries(summary, beta)
        write_json(work.folder / "freezing.json", freezing(points))
        save_figure(freezing_figure(points), work.folder, "freezing")
        return entries


def freezing(points: list[Point]) -> dict[str, Any]:
    """The content of ``freezing.json``."""
    return {"format": 1, "points": [point.as_dict() for point in points]}


def exact_entries(summary: dict[str, Any], beta: float) -> list[LedgerEntry]:
    """Observables of every chain, and log Z of the model, against the exact solution.

    A chain that is frozen has no error: it cannot be compared, and is left out.
    """
    entries = []
    for name, chain in summary["chains"].items():
        for key, symbol in _COMPARED.items():
            quantity = f"{symbol}, β = {beta:g}, {name}"
            entries += referenced(quantity, chain["observables"], chain["reference"], key)
    return entries


def _runs(work: Work, plan: Plan, beta: float) -> list[RunFolder]:
    """The finished runs of a coupling."""
    found = []
    for part, make in (("flow", flow_run), ("prior", prior_run)):
        config = config_from(make(plan, beta, work.seed))
        path: Path = work.folder / "runs" / f"beta-{beta:g}" / part
        names = [chain.name for chain in config.chains]
        found.append(finished(work, path, config, names, f"β = {beta:g}, {part}"))
    return found
