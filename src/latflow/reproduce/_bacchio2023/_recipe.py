"""The recipe: flows at several couplings on two lattices, one figure, a ledger."""

from typing import Any

from latflow.reproduce._bacchio2023._drawing import gradient_figure
from latflow.reproduce._bacchio2023._plan import (
    CHAINS,
    FULL,
    QUICK,
    Ladder,
    trained_run,
    untrained_run,
)
from latflow.reproduce._bacchio2023._points import Point, entries, title_of
from latflow.reproduce._ledger import LedgerEntry
from latflow.reproduce._recipe import Recipe, Work
from latflow.reproduce._runs import finished, measured
from latflow.runs import RunFolder, config_from, write_json
from latflow.scans import save_figure


class Bacchio2023(Recipe):
    """Trivializing gradient flows of SU(3) with few parameters, from uniform links.

    Of the paper only the abstract was at hand, which says that 14 parameters compete with deep
    networks and gives no ESS: none is compared. The ledger holds plaquette and log Z against exact
    numbers or a heat bath, which says whether the flow is right; how good it is, beside the
    perturbative map that it starts from, stands in ``gradient.json`` and its figure.
    """

    name = "bacchio2023"
    title = "SU(3) on 16² (β = 3 … 6) and 4⁴ (β = 1 … 2.5): ESS of few-parameter gradient flows"
    paper = (
        "S. Bacchio, P. Kessel, S. Schaefer, L. Vaitl, Learning trivializing gradient flows for "
        "lattice gauge theories, Phys. Rev. D 107 (2023) L051504, arXiv:2212.08469"
    )

    def run(self, work: Work) -> list[LedgerEntry]:
        """All lattices and couplings; ``gradient`` is drawn after each, as far as one has come."""
        plan, points, made = QUICK if work.quick else FULL, [], []
        for name, ladder in plan.items():
            for beta in ladder.couplings:
                before, after = _runs(work, name, ladder, beta)
                points.append(point_of(name, ladder, beta, before, after))
                made += entries(after.summary(), title_of(ladder.shape, beta))
                write_json(work.folder / "gradient.json", gradient(points))
                save_figure(gradient_figure(points), work.folder, "gradient")
        return made


def _runs(work: Work, name: str, ladder: Ladder, beta: float) -> tuple[RunFolder, RunFolder]:
    """The perturbative map and the trained flow at one coupling."""
    title = title_of(ladder.shape, beta)
    place = work.folder / "runs"
    before = finished(
        work,
        place / f"{name}-beta-{beta:g}-untrained",
        config_from(untrained_run(ladder, beta, work.seed)),
        [],
        f"{title}, untrained",
    )
    after = finished(
        work,
        place / f"{name}-beta-{beta:g}",
        config_from(trained_run(ladder, beta, work.seed)),
        CHAINS,
        title,
    )
    return before, after


def point_of(name: str, ladder: Ladder, beta: float, before: RunFolder, after: RunFolder) -> Point:
    """What the two finished runs at one coupling say."""
    training = after.summary()["training"]
    return Point(
        name,
        ladder.shape,
        beta,
        measured(before, "ess"),
        measured(after, "ess"),
        measured(after, "log_weight_variance"),
        training["parameters"],
        training["cpu_seconds"],
    )


def gradient(points: list[Point]) -> dict[str, Any]:
    """The content of ``gradient.json``."""
    return {"format": 1, "points": [point.as_dict() for point in points]}
