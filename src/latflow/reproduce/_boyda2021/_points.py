"""What is read off the runs: how good the flow is, and observables beside the exact ones."""

from typing import Any, NamedTuple

from latflow.analysis import Estimate
from latflow.reproduce._ledger import LedgerEntry, referenced
from latflow.reproduce._plain import plain

GROUPS = {"su2": "SU(2)", "su3": "SU(3)"}
_COMPARED = {
    "plaquette": "⟨Re tr P⟩/N",
    "wilson_loop_1x2": "W(1,2)",
    "wilson_loop_2x2": "W(2,2)",
    "wilson_loop_3x3": "W(3,3)",
    "wilson_loop_4x4": "W(4,4)",
}


class Point(NamedTuple):
    """One group at one coupling.

    Attributes:
        group: kind of the theory.
        beta: the coupling.
        ess: of the trained flow.
        seconds: of its training.
        taus: tau_int of the plaquette in steps, by the name of the chain.
    """

    group: str
    beta: float
    ess: Estimate
    seconds: float
    taus: dict[str, Estimate]

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        content = self._asdict()
        taus = {name: [tau.value, tau.error] for name, tau in content.pop("taus").items()}
        return plain(content | {"tau_int": taus})


def point_of(summary: dict[str, Any], group: str, beta: float) -> Point:
    """A finished run, from its summary. Numbers that are not known are nan."""
    training = summary["training"]
    taus = {}
    for name, chain in summary["chains"].items():
        measured = chain["observables"]["plaquette"]
        taus[name] = _estimate(measured.get("tau_int"), measured.get("tau_int_error"))
    ess = _estimate(training["ess"], training["ess_error"])
    return Point(group, beta, ess, training["seconds"], taus)


def exact_entries(summary: dict[str, Any], group: str, beta: float) -> list[LedgerEntry]:
    """Observables of every chain, and log Z of the model, against the exact solution.

    What has no error cannot be compared, and is left out.
    """
    title, entries = f"{GROUPS[group]} β = {beta:g}", []
    entries += referenced(f"log Z, {title}", summary, summary["reference"], "log_z")
    for name, chain in summary["chains"].items():
        for key, symbol in _COMPARED.items():
            quantity = f"{symbol}, {title}, {name}"
            entries += referenced(quantity, chain["observables"], chain["reference"], key)
    return entries


def _estimate(value: float | None, error: float | None) -> Estimate:
    return Estimate(*(float("nan") if one is None else float(one) for one in (value, error)))
