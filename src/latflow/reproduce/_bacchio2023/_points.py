"""What is read off the runs: effective sample sizes before and after, and the plaquette."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from latflow.analysis import Estimate
from latflow.reproduce._bacchio2023._plan import CHAINS, HEAT_BATH
from latflow.reproduce._ledger import LedgerEntry, PublishedValue, referenced
from latflow.reproduce._plain import plain

TITLES = {"2d": "SU(3) in two dimensions", "4d": "SU(3) in four dimensions"}
_SYMBOL = "⟨Re tr P⟩/3"


class Point(NamedTuple):
    """One coupling on one lattice.

    Attributes:
        ladder: name of the lattice and its couplings.
        shape: of the lattice.
        beta: the coupling.
        untrained: ESS of the perturbative map.
        trained: ESS of the trained flow.
        variance: of its log w.
        parameters: its trainable numbers.
        cpu_seconds: of its training at this coupling.
    """

    ladder: str
    shape: tuple[int, ...]
    beta: float
    untrained: Estimate
    trained: Estimate
    variance: Estimate
    parameters: int
    cpu_seconds: float

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return plain(self._asdict())


def title_of(shape: Sequence[int], beta: float) -> str:
    """The lattice and the coupling in words."""
    return f"{'×'.join(map(str, shape))}, β = {beta:g}"


def entries(summary: dict[str, Any], title: str) -> list[LedgerEntry]:
    """log Z and the plaquettes against exact numbers where there are some; elsewhere the flow's
    plaquette against that of the heat bath.

    What has no error cannot be compared, and is left out.
    """
    made = referenced(f"log Z, {title}", summary, summary["reference"], "log_z")
    chains = {name: summary["chains"][name] for name in CHAINS}
    for name, chain in chains.items():
        quantity = f"{_SYMBOL}, {title}, {name}"
        made += referenced(quantity, chain["observables"], chain["reference"], "plaquette")
    if any("plaquette" in chain["reference"] for chain in chains.values()):
        return made
    flow, bath = (chains[name]["observables"]["plaquette"] for name in CHAINS)
    if None in (flow["error"], bath["error"]):
        return made
    other = PublishedValue(bath["value"], bath["error"], f"{HEAT_BATH} of this run")
    return [
        *made,
        LedgerEntry(f"{_SYMBOL}, {title}, flow", other, Estimate(flow["value"], flow["error"])),
    ]
