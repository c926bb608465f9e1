"""The recipe: which module makes which table and figure."""

from collections.abc import Callable

from latflow.reproduce._albandea2023 import _costs, _scaling, _table1, _training
from latflow.reproduce._albandea2023._plan import Plan, full_plan, quick_plan
from latflow.reproduce._albandea2023._simulations import Simulations
from latflow.reproduce._ledger import LedgerEntry
from latflow.reproduce._recipe import Recipe, Work
from latflow.runs import stop_if

Maker = Callable[[Work, Plan, Simulations], list[LedgerEntry]]

_TABLES: dict[int, Maker] = {1: _table1.make}
_FIGURES: dict[int, Maker] = {
    1: _scaling.kernel_sizes,
    3: _training.make,
    5: _scaling.starts,
}


class Albandea2023(Recipe):
    """HMC in the latent variables of minimal flows, trained from three densities.

    Every kernel is a scan of its own in ``scans``. The table and the figures share them: what one
    has simulated the others only read. The whole recipe also compares costs with the classical
    algorithms.
    """

    name = "albandea2023"
    title = "τ_int(M) of flow HMC from normal numbers, a bigger volume, and interleaved fields"
    paper = (
        "D. Albandea, L. Del Debbio, P. Hernández, R. Kenway, J. Marsh Rossney, A. Ramos, "
        "Learning trivializing flows in a φ⁴ theory from coarser lattices, Lattice 2023"
    )
    tables = tuple(_TABLES)
    figures = tuple(_FIGURES)

    def run(self, work: Work) -> list[LedgerEntry]:
        """What is wanted of the table and the figures; all of them and the costs by default."""
        plan = quick_plan() if work.quick else full_plan()
        everything = not (work.tables or work.figures)
        parts: list[tuple[str, Maker]] = [
            (f"{kind} {number}", maker)
            for kind, makers, wanted in (
                ("table", _TABLES, work.tables),
                ("figure", _FIGURES, work.figures),
            )
            for number, maker in makers.items()
            if everything or number in wanted
        ]
        if everything:
            parts.append(("costs", _costs.make))
        simulations = Simulations(work, plan)
        # Figures share simulations: by name, so that none is compared twice.
        entries: dict[str, LedgerEntry] = {}
        for title, make in parts:
            stop_if(work.should_stop)
            entries |= {entry.quantity: entry for entry in make(work, plan, simulations)}
            work.progress.message(f"{title}: done")
        return list(entries.values())
