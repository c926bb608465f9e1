"""Figure 3: acceptance against kappa, L and L^2; and what the weights' variance says of it."""

import math
from dataclasses import asdict
from typing import Any

from latflow.analysis import Estimate
from latflow.reproduce._komijani2022 import _figure3_drawing as drawing
from latflow.reproduce._komijani2022._model_point import ModelPoint
from latflow.reproduce._komijani2022._plan import LIKE_THE_PAPER, Plan
from latflow.reproduce._komijani2022._runs import finished_model
from latflow.reproduce._ledger import LedgerEntry, PublishedRange, referenced
from latflow.reproduce._recipe import Work
from latflow.reproduce._runs import measured
from latflow.runs import RunFolder, write_json
from latflow.scans import save_figure

# Read off the left panel of figure 3 at kappa = 0.60, the plan's careful_kappa.
_TARGETS = {8: 0.75, 16: 0.60, 32: 0.40, 64: 0.12}
_READ_OFF = f"{LIKE_THE_PAPER}: at least this, read off Fig. 3"
# "about 3.4 K": what rounds to it.
_PARAMETERS = PublishedRange(3350.0, 3449.0, f"{LIKE_THE_PAPER}: about 3.4 K, section 3.2")
_OBSERVABLES = {
    "chi2": "χ₂",
    "chi_absM": "χ_|M|",
    "abs_m": "⟨|M|⟩",
    "phi2": "⟨φ²⟩",
    "ising_energy": "E",
    "xi_2nd": "ξ",
    "binder_U4": "U₄",
}


def make(work: Work, plan: Plan) -> list[LedgerEntry]:
    """Train the ladder at every coupling, draw, and compare."""
    points: list[ModelPoint] = []
    entries: list[LedgerEntry] = []
    for kappa in plan.kappas:
        for extent in plan.extents:
            chains = [plan.chain_at(kappa)] if extent in plan.chain_samples else []
            folder = finished_model(work, plan, kappa, extent, chains)
            points.append(model_point(folder, kappa, extent))
            for chain in chains:
                entries += _observables(folder, chain, kappa, extent)
    save_figure(drawing.acceptance_figure(points), work.folder, "figure-3")
    save_figure(drawing.weights_figure(points), work.folder, "figure-3-weights")
    write_json(work.folder / "figure-3.json", {"points": [_plain(point) for point in points]})
    return [*targets(points, plan), *entries]


def model_point(folder: RunFolder, kappa: float, extent: int) -> ModelPoint:
    """What a finished run says of its model."""
    training = folder.summary()["training"]
    return ModelPoint(
        kappa,
        extent,
        measured(folder, "acceptance"),
        measured(folder, "log_weight_variance"),
        measured(folder, "ess"),
        training["steps"],
        training["seconds"],
        training["parameters"],
    )


def targets(points: list[ModelPoint], plan: Plan) -> list[LedgerEntry]:
    """Size of the model, and its acceptance at kappa = 0.60 against what the paper shows."""
    parameters = Estimate(float(points[0].parameters), 0.0)
    entries = [LedgerEntry("parameters of the model", _PARAMETERS, parameters)]
    for point in points:
        if math.isclose(point.kappa, plan.careful_kappa) and point.extent in _TARGETS:
            published = PublishedRange(_TARGETS[point.extent], 1.0, _READ_OFF)
            quantity = f"acceptance, κ = {point.kappa:.2f}, L = {point.extent}"
            entries.append(LedgerEntry(quantity, published, point.acceptance, plan.note))
    return entries


def _observables(folder: RunFolder, chain: str, kappa: float, extent: int) -> list[LedgerEntry]:
    """Observables of an exact chain of the flow, where independent simulations know them."""
    results = folder.summary()["chains"][chain]
    entries = []
    for name, symbol in _OBSERVABLES.items():
        quantity = f"{symbol}, κ = {kappa:.2f}, L = {extent}"
        entries += referenced(quantity, results["observables"], results["reference"], name)
    return entries


def _plain(point: ModelPoint) -> dict[str, Any]:
    content = asdict(point)
    for name in ("acceptance", "variance", "ess"):
        estimate = getattr(point, name)
        content |= {name: estimate.value, f"{name}_error": estimate.error}
    return content
