"""HMC of Albandea et al. (Lattice 2023): tau_int of M on the line L/xi = 4 at lambda = 1/2."""

from pathlib import Path

from latflow.analysis import Estimate, gamma_method
from latflow.reproduce._albandea2023._plan import TABLE_EXTENT
from latflow.reproduce._albandea2023._published import TABLE_1_HMC, TABLE_1_SOURCE
from latflow.reproduce._ledger import LedgerEntry, PublishedValue, referenced
from latflow.reproduce._recipe import ScanRecipe
from latflow.runs import RunFolder
from latflow.scans import PointResult, ScanResult, ScanSettings, load_scan

_INDEPENDENT = "independent HMC simulation"
# Trajectory length 1, 10 leapfrog steps, unit mass: tau_int of M in trajectories.
_TAU = {"L6": (10.95, 0.25), "L8": (17.7, 0.5), "L12": (39.8, 1.3), "L16": (76.7, 2.5),
        "L20": (122.5, 5.0)}  # fmt: skip
_TAU_PUBLISHED = {f"L{TABLE_EXTENT}": TABLE_1_HMC}
# Printed to three digits and without an error: taken as known to one unit of the last.
_ACCEPTANCE = {"L6": 0.979, "L8": 0.969, "L12": 0.950, "L16": 0.931, "L20": 0.912}
_ACCEPTANCE_ERROR = 0.001
_OBSERVABLES = {"chi2": "χ₂", "ising_energy": "E", "xi_2nd": "ξ"}


class Albandea2023HMC(ScanRecipe):
    """HMC with trajectory length 1 and 10 leapfrog steps at L = 6 to 20."""

    name = "albandea2023-hmc"
    title = "τ_int(M) of HMC at L = 6 … 20, β = 0.537 … 0.645, λ = 1/2"
    paper = (
        "D. Albandea, L. Del Debbio, P. Hernández, R. Kenway, J. Marsh Rossney, A. Ramos, "
        "Learning trivializing flows in a φ⁴ theory from coarser lattices, Lattice 2023"
    )

    def settings(self, quick: bool, seed: int) -> ScanSettings:
        """The hopping line with HMC alone."""
        return load_scan("hopping", kernels=["hmc"], quick=quick, seed=seed)

    def entries(self, result: ScanResult, scan_folder: Path) -> list[LedgerEntry]:
        """tau_int(M), acceptance, and the observables of the ensembles."""
        entries = []
        for point in result.points:
            name = point.ensemble
            entries += [
                LedgerEntry(quantity, PublishedValue(*known[name], source), point.tau_int["m"])
                for quantity, known, source in (
                    (f"τ(M), {name}", _TAU, _INDEPENDENT),
                    (f"τ(M), {name}, paper", _TAU_PUBLISHED, TABLE_1_SOURCE),
                )
                if name in known
            ]
            known = PublishedValue(_ACCEPTANCE[name], _ACCEPTANCE_ERROR, _INDEPENDENT)
            entries.append(
                LedgerEntry(f"acceptance, {name}", known, acceptance(point, scan_folder))
            )
            for observable, symbol in _OBSERVABLES.items():
                entries += referenced(
                    f"{symbol}, {name}", point.observables, point.reference, observable
                )
        return entries


def acceptance(point: PointResult, scan_folder: Path) -> Estimate:
    """Mean acceptance probability of a point, with its error."""
    folder = RunFolder(scan_folder / point.run)
    (name,) = folder.chain_names()
    result = gamma_method(folder.chain(name).infos["acceptance"])
    return Estimate(float(result.value), float(result.error))
