"""The baselines of Albergo, Kanwar, Shanahan (2019): HMC and local Metropolis on E1 to E5."""

from pathlib import Path

from latflow.analysis import Estimate
from latflow.reproduce._ledger import LedgerEntry, PublishedRange, PublishedValue, referenced
from latflow.reproduce._recipe import ScanRecipe
from latflow.scans import ScanResult, ScanSettings, load_scan

_PAPER = "Albergo, Kanwar, Shanahan, arXiv:1904.12072"
_MASS = {"E1": (3.96, 0.03), "E2": (3.97, 0.05), "E3": (4.00, 0.04), "E4": (3.96, 0.05),
         "E5": (4.03, 0.06)}  # fmt: skip
# The ranges over the paper's observables, which it does not list by number.
_EXPONENTS = {"hmc": (1.4, 2.7), "metropolis": (0.8, 1.4)}
_NOTES = {
    "metropolis": "the paper does not say what a step of its local Metropolis is, nor for which "
    "observables the range holds; counted in sweeps, z of M and M² is about 2, as for any local "
    "algorithm with diffusive dynamics"
}
_KERNELS = {"hmc": "HMC", "metropolis": "local Metropolis"}
_SYMBOLS = {"m": "M", "chi2": "M²", "ising_energy": "E"}
_OBSERVABLES = {"chi2": "χ₂", "ising_energy": "E", "xi_2nd": "ξ"}


class Albergo2019Baselines(ScanRecipe):
    """HMC and local Metropolis on the five ensembles."""

    name = "albergo2019-baselines"
    title = "mₚL of E1 to E5, and dynamical exponents of HMC and local Metropolis"
    paper = (
        "M. S. Albergo, G. Kanwar, P. E. Shanahan, Flow-based generative models for Markov chain "
        "Monte Carlo in lattice field theory, Phys. Rev. D 100 (2019) 034515, arXiv:1904.12072"
    )

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
                    PublishedValue(*_MASS[point.ensemble], _PAPER),
                    Estimate(mass["value"], mass["error"]),
                )
            )
            for observable, symbol in _OBSERVABLES.items():
                entries += referenced(
                    f"{symbol}, {where}", point.observables, point.reference, observable
                )
        for scaling in result.scalings:
            if scaling.against == "L":
                low, high = _EXPONENTS[scaling.kernel]
                entries.append(
                    LedgerEntry(
                        f"z of τ({_SYMBOLS[scaling.observable]}), {_KERNELS[scaling.kernel]}",
                        PublishedRange(low, high, _PAPER),
                        Estimate(scaling.fit.exponent, scaling.fit.exponent_error),
                        _NOTES.get(scaling.kernel, ""),
                    )
                )
        return entries
