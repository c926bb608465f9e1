"""Figure 6: block updating on the largest lattice, and what it costs."""

from typing import Any

from latflow.analysis import Estimate
from latflow.reproduce._komijani2022 import _figure6_drawing as drawing
from latflow.reproduce._komijani2022._block_point import OBSERVABLES, BlockPoint, block_point
from latflow.reproduce._komijani2022._configurations import block_name
from latflow.reproduce._komijani2022._plan import Plan
from latflow.reproduce._komijani2022._runs import finished_model
from latflow.reproduce._ledger import LedgerEntry, PublishedValue
from latflow.reproduce._recipe import Work
from latflow.reproduce._runs import measured
from latflow.runs import RunFolder, write_json
from latflow.scans import save_figure

_FEWEST_EFFECTIVE_WEIGHTS = 100
_SAME = "independence Metropolis from the same model's weights"


def make(work: Work, plan: Plan) -> list[LedgerEntry]:
    """Sample with every number of blocks, draw, and check the single block.

    With one block the algorithm is independence Metropolis, whose acceptance is known from
    independent draws of the model: two ways to the same number.
    """
    names = [block_name(blocks) for blocks in plan.block_samples]
    points: list[BlockPoint] = []
    entries: list[LedgerEntry] = []
    for kappa in plan.block_kappas:
        folder = finished_model(work, plan, kappa, plan.block_extent, names)
        own = [block_point(folder, kappa, plan.block_extent, b) for b in plan.block_samples]
        points += own
        expected = measured(folder, "acceptance")
        note = _note(folder)
        entries += [_entry(point, expected, note) for point in own if point.blocks == 1]
    save_figure(drawing.acceptance_figure(points), work.folder, "figure-6")
    save_figure(drawing.cost_figure(points), work.folder, "figure-6-cost")
    write_json(work.folder / "figure-6.json", {"points": [_plain(point) for point in points]})
    return entries


def _note(folder: RunFolder) -> str:
    """That the weights' own answer cannot be trusted, where it rests on few of them."""
    training = folder.summary()["training"]
    if training["ess"] is None:
        return "the model has failed a check: its weights say nothing"
    effective = training["ess"] * training["evaluation_samples"]
    if effective >= _FEWEST_EFFECTIVE_WEIGHTS:
        return ""
    return f"the weights' acceptance rests on {effective:.3g} effective draws"


def _entry(point: BlockPoint, expected: Estimate, note: str) -> LedgerEntry:
    quantity = f"acceptance, κ = {point.kappa:.2f}, L = {point.extent}, 1 block"
    published = PublishedValue(expected.value, expected.error, _SAME)
    return LedgerEntry(quantity, published, point.acceptance, note)


def _plain(point: BlockPoint) -> dict[str, Any]:
    content: dict[str, Any] = {
        "kappa": point.kappa,
        "extent": point.extent,
        "blocks": point.blocks,
        "acceptance": point.acceptance.value,
        "acceptance_error": point.acceptance.error,
        "seconds_per_sweep": point.seconds_per_sweep,
        "warnings": list(point.warnings),
    }
    for name in OBSERVABLES:
        for what, estimate in (
            ("tau_int", point.tau_int[name]),
            ("evaluations", point.evaluations(name)),
            ("seconds_per_independent_sample", point.cost(name)),
        ):
            content[f"{what}_{name}"] = estimate.value
            content[f"{what}_{name}_error"] = estimate.error
    return content
