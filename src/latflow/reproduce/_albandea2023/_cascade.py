"""The step that the paper leaves for the future: coarser and coarser lattices, one in another."""

from pathlib import Path

from latflow.reproduce._albandea2023 import _cascade_drawing as drawing
from latflow.reproduce._albandea2023._cascade_levels import (
    Level,
    Way,
    chain_names,
    full_levels,
    quick_levels,
)
from latflow.reproduce._albandea2023._cascade_point import CascadePoint, cascade_point, exponents
from latflow.reproduce._ledger import LedgerEntry, referenced
from latflow.reproduce._recipe import Recipe, Work
from latflow.reproduce._runs import Precision, finished
from latflow.runs import RunFolder, write_json
from latflow.scans import save_figure

_TRAINING_STEPS = 300
_LONGEST = 100_000
_OBSERVABLES = {"chi2": "χ₂", "ising_energy": "E", "xi_2nd": "ξ"}
_WORDS = {"hmc": "HMC", "direct": "from normal numbers", "cascade": "cascade"}


class Albandea2023Cascade(Recipe):
    """L = 4 to 64 at L/xi = 4, every level the interleaved prior of the next level's flow.

    The configurations that a level is trained from come from flow HMC on the level below, whose
    flow was trained in the same way. Compared with HMC, and with flows from normal numbers. Runs
    are ``hmc/LN``, ``direct/LN`` and ``cascade/LN``; the latter have a chain ``prior`` that moves
    the variables of its own flow, and ``coarsest`` that moves those of all flows together.
    """

    name = "albandea2023-cascade"
    title = "τ_int(M) and cost of iterated flows from L = 4 to 64, beside HMC"
    paper = (
        "D. Albandea, L. Del Debbio, P. Hernández, R. Kenway, J. Marsh Rossney, A. Ramos, "
        "Learning trivializing flows in a φ⁴ theory from coarser lattices, Lattice 2023 "
        "(left for the future in its conclusions)"
    )

    def run(self, work: Work) -> list[LedgerEntry]:
        """All levels, from the coarsest on; what is done is drawn after each."""
        points: list[CascadePoint] = []
        entries: list[LedgerEntry] = []
        coarser: Path | None = None
        for level in quick_levels() if work.quick else full_levels():
            for way in ("hmc", "direct", "cascade"):
                if way == "direct" and coarser is None:
                    continue  # at the bottom that is the cascade itself
                folder = self._finished(work, level, way, coarser if way == "cascade" else None)
                for name in chain_names(way, coarser if way == "cascade" else None):
                    points.append(cascade_point(folder, level.extent, way, name))
                    entries += _observables(folder, level.extent, way, name)
            coarser = _place(work, level, "cascade").resolve()
            _write(work, points)
        return entries

    def _finished(self, work: Work, level: Level, way: Way, coarser: Path | None) -> RunFolder:
        return finished(
            work,
            _place(work, level, way),
            level.config(way, _TRAINING_STEPS, coarser, work.seed),
            chain_names(way, coarser),
            f"L = {level.extent}, {_WORDS[way]}",
            Precision(level.target_error, _LONGEST),
        )


def _place(work: Work, level: Level, way: Way) -> Path:
    return work.folder / way / f"L{level.extent}"


def _write(work: Work, points: list[CascadePoint]) -> None:
    fits = exponents(points)
    save_figure(drawing.cascade_figure(points, fits), work.folder, "cascade")
    content = {
        "points": [point.as_dict() for point in points],
        "z": {label: vars(z) for label, z in fits.items()},
    }
    write_json(work.folder / "cascade.json", content)


def _observables(folder: RunFolder, extent: int, way: Way, name: str) -> list[LedgerEntry]:
    """Every chain is exact: its observables are those of independent simulations."""
    results = folder.summary()["chains"][name]
    words = _WORDS[way] + (f", {name} variables" if way == "cascade" else "")
    return [
        entry
        for observable, symbol in _OBSERVABLES.items()
        for entry in referenced(
            f"{symbol}, L = {extent}, {words}",
            results["observables"],
            results["reference"],
            observable,
        )
    ]
