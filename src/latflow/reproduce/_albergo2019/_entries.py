"""The ledger: what the flows' chains say, beside what is published and what is known."""

from collections.abc import Mapping, Sequence
from typing import Any

from latflow.analysis import Estimate
from latflow.reproduce._albergo2019._plan import CHAIN, LEVEL, SPACE_LEVEL
from latflow.reproduce._albergo2019._points import FLOW
from latflow.reproduce._albergo2019._published import MASS, OBSERVABLES, SOURCE, SYMBOLS
from latflow.reproduce._albergo2019._rounds import Trained
from latflow.reproduce._ledger import LedgerEntry, PublishedRange, PublishedValue, referenced
from latflow.scans import PointResult, Scaling

_SLIDES = "Kanwar, slides on Albergo, Kanwar, Shanahan, arXiv:1904.12072"
_LEVEL_NOTE = (
    "the slides say that training aims at a fixed acceptance, but not at which one: this is the "
    "recipe's own aim"
)
_FLAT_NOTE = "the smallest lattice of this recipe is the measure: τ is to be the same on all"
_HMC_NOTE = "HMC of this recipe, where no independent simulation is known"


def ensemble_entries(
    name: str, trained: Trained, flow: PointResult, hmc: PointResult
) -> list[LedgerEntry]:
    """Acceptance, mass and observables of one ensemble.

    Args:
        name: of the ensemble.
        trained: its flow.
        flow: the flow's chain.
        hmc: the baseline that stands in for independent simulations.
    """
    made = [acceptance_entry(name, trained, LEVEL, "the aim of this recipe", _LEVEL_NOTE)]
    value, error = MASS[name]
    mass = {"mpL": {"value": value, "error": error, "source": SOURCE}}
    made += referenced(f"mₚL, {name}, flow", flow.observables, mass, "mpL")
    own = {
        key: {**known, "source": "HMC of this recipe"}
        for key, known in hmc.observables.items()
        if known["error"] is not None
    }
    for key, symbol in OBSERVABLES.items():
        is_known = key in flow.reference
        found = referenced(
            f"{symbol}, {name}, flow", flow.observables, flow.reference if is_known else own, key
        )
        made += found if is_known else [_noted(entry, _HMC_NOTE) for entry in found]
    return made


def flat_entries(points: Sequence[PointResult]) -> list[LedgerEntry]:
    """tau_int of the larger lattices beside that of the smallest, where the flows got there."""
    reached = [point for point in points if point.kernel == FLOW]
    if not reached:
        return []
    first, *others = reached
    source = f"τ on {first.ensemble}"
    return [
        LedgerEntry(
            f"τ({SYMBOLS[name]}), {point.ensemble}, flow",
            PublishedValue(known.value, known.error, source),
            point.tau_int[name],
            _FLAT_NOTE,
        )
        for point in others
        for name, known in first.tau_int.items()
        if name in point.tau_int and name in SYMBOLS
    ]


def exponent_entries(
    scalings: Sequence[Scaling], points: Sequence[PointResult]
) -> list[LedgerEntry]:
    """z of the flows' chains beside zero; the note says which ensembles went in."""
    used = [point for point in points if point.kernel == FLOW]
    left = [point.ensemble for point in points if point.kernel != FLOW]
    note = "acceptances " + ", ".join(f"{p.ensemble} {p.acceptance:.3f}" for p in used)
    if left:
        note += f"; not in the fit, as the target was not reached: {', '.join(left)}"
    published = PublishedValue(0.0, 0.0, f"{SOURCE}: compatible with zero")
    return [
        LedgerEntry(
            f"z of τ({SYMBOLS[scaling.observable]}), flow",
            published,
            Estimate(scaling.fit.exponent, scaling.fit.exponent_error),
            note,
        )
        for scaling in scalings
        if scaling.observable in SYMBOLS
    ]


def space_entries(name: str, trained: Trained, summary: Mapping[str, Any]) -> list[LedgerEntry]:
    """Acceptance, susceptibility and mass on 8^3.

    Args:
        name: what kind of flow.
        trained: the flow.
        summary: of the run with its chain.
    """
    where, chain = f"8³, {name}", summary["chains"][CHAIN]
    made = [acceptance_entry(where, trained, SPACE_LEVEL, _SLIDES, "reaching it is agreement")]
    for key, symbol in {"chi2": "χ₂", "mpL": "mₚL"}.items():
        made += referenced(f"{symbol}, {where}", chain["observables"], chain["reference"], key)
    return made


def acceptance_entry(
    where: str, trained: Trained, level: float, source: str, note: str
) -> LedgerEntry:
    """The acceptance of fresh configurations beside the one that was aimed at."""
    return LedgerEntry(
        f"acceptance, {where}",
        PublishedRange(level, 1.0, source),
        trained.acceptance,
        f"{note}; after {trained.steps} steps",
    )


def _noted(entry: LedgerEntry, note: str) -> LedgerEntry:
    return LedgerEntry(entry.quantity, entry.published, entry.ours, note)
