"""The baselines: HMC and local Metropolis on E1 to E5."""

from collections.abc import Iterable
from pathlib import Path

from latflow.analysis import Estimate
from latflow.reproduce._albergo2019._published import MASS, OBSERVABLES, PAPER, SOURCE, SYMBOLS
from latflow.reproduce._ledger import LedgerEntry, PublishedRange, PublishedValue, referenced
from latflow.reproduce._recipe import ScanRecipe
from latflow.scans import Scaling, ScanResult, ScanSettings, load_scan

# The ranges over the paper's observables, which it does not list by number.
_EXPONENTS = {"hmc": (1.4, 2.7), "metropolis": (0.8, 1.4)}
_NOTES = {
    "metropolis": "the paper does not say what a step of its local Metropolis is, nor for which "
    "observables the range holds; counted in sweeps, z of M and M² is about 2, as for any local "
    "algorithm with diffusive dynamics"
}
_KERNELS = {"hmc": "HMC", "metropolis": "local Metropolis"}


class Albergo2019Baselines(ScanRecipe):
    """HMC and local Metropolis on the five ensembles."""

    name = "albergo2019-baselines"
    title = "mₚL of E1 to E5, and dynamical exponents of HMC and local Metropolis"
    paper = PAPER

    def settings(self, quick: bool, seed: int) -> ScanSettings:
        """The aks line with both kernels."""
        return load_scan("aks", kernels=list(_KERNELS), quick=quick, seed=seed)

    def entries(self, result: ScanResult, scan_folder: Path) -> list[LedgerEntry]:
        """Masses and observables by kernel, then the exponents."""
        entries = []
        for point in result.points:
            where = f"{point.ensemble}, {_KERNELS[point.kernel]}"
            mass = point.observables["mpL"]
            entries.append(
                LedgerEntry(
                    f"mₚL, {where}",
                    PublishedValue(*MASS[point.ensemble], SOURCE),
                    Estimate(mass["value"], mass["error"]),
                )
            )
            for observable, symbol in OBSERVABLES.items():
                entries += referenced(
                    f"{symbol}, {where}", point.observables, point.reference, observable
                )
        return entries + baseline_exponents(result.scalings)


def baseline_exponents(scalings: Iterable[Scaling]) -> list[LedgerEntry]:
    """The exponents in L of both kernels beside the published ranges."""
    return [
        LedgerEntry(
            f"z of τ({SYMBOLS[scaling.observable]}), {_KERNELS[scaling.kernel]}",
            PublishedRange(*_EXPONENTS[scaling.kernel], SOURCE),
            Estimate(scaling.fit.exponent, scaling.fit.exponent_error),
            _NOTES.get(scaling.kernel, ""),
        )
        for scaling in scalings
        if scaling.against == "L"
    ]
