"""Figure 5: the toy model of accept/reject, simulated and exactly."""

import math
from collections.abc import Sequence
from typing import Any

from latflow.reproduce._komijani2022 import _figure5_drawing as drawing
from latflow.reproduce._komijani2022._plan import LIKE_THE_PAPER, Plan
from latflow.reproduce._komijani2022._toy_model import toy_acceptance, toy_tau_int
from latflow.reproduce._komijani2022._toy_point import ToyPoint, toy_point
from latflow.reproduce._ledger import LedgerEntry, PublishedValue
from latflow.reproduce._recipe import Work
from latflow.runs import stop_if, write_json
from latflow.scans import save_figure

SIGMAS = (0.5, 1.0, 1.5, 2.0, 3.0)
BLOCK_SIGMA = 2.0
BLOCKS = (1, 4, 16, 64)
_ERFC = f"{LIKE_THE_PAPER}: exact, erfc(σ/2), eq. (8)"
_TAU = "exact integral over the kernel of the toy model"
# Of larger blocks the memory is so far from exponential that its tail is longer than any series.
_LARGEST_DEVIATION = 1.0


def make(work: Work, plan: Plan) -> list[LedgerEntry]:
    """Simulate, draw, and compare with what is known exactly."""
    wanted = [(sigma, 1) for sigma in SIGMAS]
    wanted += [(BLOCK_SIGMA, blocks) for blocks in BLOCKS if blocks > 1]
    points: list[ToyPoint] = []
    work.progress.stage("toy model", len(wanted), 0)
    for sigma, blocks in wanted:
        stop_if(work.should_stop)
        points.append(toy_point(sigma, blocks, plan.toy_updates, plan.toy_replicas, work.seed))
        work.progress.advance(len(points), {})
    save_figure(drawing.toy_figure(points), work.folder, "figure-5")
    save_figure(drawing.tau_figure(points), work.folder, "figure-5-tau")
    write_json(work.folder / "figure-5.json", {"points": [_plain(point) for point in points]})
    return toy_entries(points)


def toy_entries(points: Sequence[ToyPoint]) -> list[LedgerEntry]:
    """Acceptance against erfc(s/2), and tau_int against its integral."""
    entries = []
    for point in points:
        words = "1 block" if point.blocks == 1 else f"{point.blocks} blocks"
        where = f"toy, σ = {point.sigma:g}, {words}"
        exact = PublishedValue(toy_acceptance(point.sigma, point.blocks), 0.0, _ERFC)
        entries.append(LedgerEntry(f"acceptance, {where}", exact, point.acceptance))
        deviation = point.sigma / math.sqrt(point.blocks)
        if deviation <= _LARGEST_DEVIATION and math.isfinite(point.tau_int.value):
            exact = PublishedValue(toy_tau_int(point.sigma, point.blocks), 0.0, _TAU)
            entries.append(LedgerEntry(f"τ(y), {where}", exact, point.tau_int))
    return entries


def _plain(point: ToyPoint) -> dict[str, Any]:
    return {
        "sigma": point.sigma,
        "blocks": point.blocks,
        "acceptance": point.acceptance.value,
        "acceptance_error": point.acceptance.error,
        "acceptance_exact": toy_acceptance(point.sigma, point.blocks),
        "tau_int": point.tau_int.value,
        "tau_int_error": point.tau_int.error,
        "tau_int_exact": toy_tau_int(point.sigma, point.blocks),
    }
