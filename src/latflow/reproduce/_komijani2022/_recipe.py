"""The recipe: which module makes which figure."""

from collections.abc import Callable

from latflow.reproduce._komijani2022 import _figure2, _figure3, _figure4, _figure5, _figure6
from latflow.reproduce._komijani2022._plan import Plan, full_plan, quick_plan
from latflow.reproduce._ledger import LedgerEntry
from latflow.reproduce._recipe import Recipe, Work
from latflow.runs import stop_if

# In this order: what is cheap comes first, and figure 2 draws the models of figure 3.
_MAKERS: dict[int, Callable[[Work, Plan], list[LedgerEntry]]] = {
    5: _figure5.make,
    3: _figure3.make,
    4: _figure4.make,
    6: _figure6.make,
    2: _figure2.make,
}


class Komijani2022(Recipe):
    """PSD flow and four couplings from 8 x 8 to 64 x 64, the toy model, and block updating.

    Runs lie in ``runs/kappa-K/LN``, each started from the next smaller lattice, and in
    ``spectra``. The paper prints no tables: the ledger has numbers that are read off its figures,
    the toy model's exact ones, and observables known from independent simulations.
    """

    name = "komijani2022"
    title = "acceptance of a PSD flow from 8² to 64², and block updating (figures 2 to 6)"
    paper = (
        "J. Komijani, M. K. Marinkovic, Generative models for scalar field theories: how to deal "
        "with poor scaling?, Lattice 2022, arXiv:2301.01504"
    )
    figures = (2, 3, 4, 5, 6)

    def run(self, work: Work) -> list[LedgerEntry]:
        """Every figure that is wanted, and its entries."""
        plan = quick_plan() if work.quick else full_plan()
        wanted = work.figures or self.figures
        entries: dict[int, list[LedgerEntry]] = {}
        for number, make in _MAKERS.items():
            if number in wanted:
                stop_if(work.should_stop)
                entries[number] = make(work, plan)
                work.progress.message(f"figure {number}: done")
        return [entry for number in sorted(entries) for entry in entries[number]]
