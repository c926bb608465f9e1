"""Figure 2: the inverse power spectral density in one and two dimensions."""

import numpy as np

from latflow.reproduce._komijani2022 import _configurations as configurations
from latflow.reproduce._komijani2022 import _figure2_drawing as drawing
from latflow.reproduce._komijani2022._plan import Plan
from latflow.reproduce._komijani2022._runs import model_folder
from latflow.reproduce._komijani2022._spectra import (
    InverseSpectrum,
    chain_spectrum,
    exact_chain,
    inverse_of,
    layer_spectrum,
)
from latflow.reproduce._ledger import LedgerEntry, referenced
from latflow.reproduce._recipe import Work
from latflow.reproduce._runs import finished
from latflow.runs import RunFolder, write_json
from latflow.scans import save_figure

KAPPA, EXTENT = 0.70, 32
_OBSERVABLES = {"phi2": "⟨φ²⟩", "chi2": "χ₂", "ising_energy": "E", "xi_2nd": "ξ"}
_TITLES = {"one-d": "1D, L = 1024", "two-d": f"κ = {KAPPA:.2f}, L = {EXTENT}, cluster"}
_FINE = 400


def make(work: Work, plan: Plan) -> list[LedgerEntry]:
    """Simulate both theories, draw them beside the flows that there are, and compare."""
    theories = {
        "one-d": configurations.double_well(),
        "two-d": configurations.theory(EXTENT, KAPPA),
    }
    spectra: dict[str, InverseSpectrum] = {}
    entries: list[LedgerEntry] = []
    for name, theory in theories.items():
        config = configurations.spectrum_run(plan, name, theory, work.seed)
        path = work.folder / "spectra" / name
        folder = finished(work, path, config, ["cluster"], f"spectrum, {_TITLES[name]}")
        spectra[name] = chain_spectrum(folder, "cluster")
        results = folder.summary()["chains"]["cluster"]
        for observable, symbol in _OBSERVABLES.items():
            quantity = f"{symbol}, {_TITLES[name]}"
            entries += referenced(
                quantity, results["observables"], results["reference"], observable
            )
    well = theories["one-d"]
    exact = exact_chain(well["zeta"], well["m2"], well["g4"], *well["shape"])
    one_d = drawing.OneDimension(spectra["one-d"], *exact)
    figure = drawing.spectra_figure(one_d, _two_dimensions(work, plan, spectra["two-d"]))
    save_figure(figure, work.folder, "figure-2")
    content = {name: spectrum._asdict() for name, spectrum in spectra.items()}
    write_json(
        work.folder / "figure-2.json",
        {name: {k: v.tolist() for k, v in one.items()} for name, one in content.items()},
    )
    return entries


def _two_dimensions(work: Work, plan: Plan, simulated: InverseSpectrum) -> drawing.TwoDimensions:
    """The simulation, and the trained flow where a run of figure 3 has one."""
    fine = np.linspace(0, 8, _FINE)
    for extent in sorted(plan.extents, key=lambda extent: abs(extent - EXTENT)):
        path = model_folder(work, KAPPA, extent)
        if not (path / "config.toml").is_file():
            continue
        folder = RunFolder(path)
        layer = layer_spectrum(folder, fine)
        if layer is None:
            continue
        samples = folder.evaluation()
        flow = None if samples is None else inverse_of(samples["fields/field"])
        return drawing.TwoDimensions(simulated, fine, layer, flow, extent)
    return drawing.TwoDimensions(simulated, fine, None, None, None)
