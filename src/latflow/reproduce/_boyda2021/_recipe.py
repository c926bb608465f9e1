"""The recipe: one run for each group and coupling, one figure, a ledger of exact values."""

from pathlib import Path
from typing import Any

from latflow.reproduce._boyda2021._drawing import spectral_figure
from latflow.reproduce._boyda2021._plan import FULL, QUICK, run_of
from latflow.reproduce._boyda2021._points import GROUPS, Point, exact_entries, point_of
from latflow.reproduce._ledger import LedgerEntry
from latflow.reproduce._recipe import Recipe, Work
from latflow.reproduce._runs import finished
from latflow.runs import config_from, write_json
from latflow.scans import save_figure


class Boyda2021(Recipe):
    """SU(2) and SU(3) in two dimensions by spectral flows from uniform links.

    The paper's ESS were not at hand in readable form, so that none stands in the ledger: it
    compares observables and log Z with the exact solution, which says whether the flow is right;
    how good it is stands in ``spectral.json`` and its figure.
    """

    name = "boyda2021"
    title = "SU(2) β = 1.8, 2.2, 2.7 and SU(3) β = 4, 5, 6 at 16²: ESS and loops of spectral flows"
    paper = (
        "D. Boyda, G. Kanwar, S. Racanière, D. J. Rezende, M. S. Albergo, K. Cranmer, "
        "D. C. Hackett, P. E. Shanahan, Sampling using SU(N) gauge equivariant flows, "
        "Phys. Rev. D 103 (2021) 074504, arXiv:2008.05456"
    )

    def run(self, work: Work) -> list[LedgerEntry]:
        """All couplings, the figure ``spectral`` and ``spectral.json``, then the ledger."""
        plan, points, entries = QUICK if work.quick else FULL, [], []
        for group, couplings in plan.couplings.items():
            for beta in couplings:
                config = config_from(run_of(plan, group, beta, work.seed))
                path: Path = work.folder / "runs" / f"{group}-beta-{beta:g}"
                names = [chain.name for chain in config.chains]
                title = f"{GROUPS[group]} β = {beta:g}"
                summary = finished(work, path, config, names, title).summary()
                points.append(point_of(summary, group, beta))
                entries += exact_entries(summary, group, beta)
        write_json(work.folder / "spectral.json", spectral(points))
        save_figure(spectral_figure(points), work.folder, "spectral")
        return entries


def spectral(points: list[Point]) -> dict[str, Any]:
    """The content of ``spectral.json``."""
    return {"format": 1, "points": [point.as_dict() for point in points]}
