"""The ledger: every published number beside ours, with the deviation in standard deviations."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from latflow.analysis import Estimate
from latflow.reports import pull_text, value_with_error
from latflow.scans import Table

LARGEST_PULL = 3.0
"""Numbers agree if they are no more standard deviations apart."""


@dataclass(frozen=True)
class PublishedValue:
    """A number with its error, and where it is printed."""

    value: float
    error: float
    source: str

    def pull(self, ours: Estimate) -> float:
        """Ours minus the published number, over both errors together."""
        error = math.hypot(self.error, ours.error)
        return (ours.value - self.value) / error if error > 0 else math.nan

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {"kind": "value", "value": self.value, "error": self.error, "source": self.source}

    def __str__(self) -> str:
        return value_with_error(self.value, self.error)


@dataclass(frozen=True)
class PublishedRange:
    """A range that a paper gives without errors, and where it is printed."""

    low: float
    high: float
    source: str

    def pull(self, ours: Estimate) -> float:
        """0 inside; outside, the distance from the nearer end over our error."""
        outside = max(self.low - ours.value, ours.value - self.high, 0.0)
        if outside == 0:
            return 0.0
        sign = 1.0 if ours.value > self.high else -1.0
        return sign * outside / ours.error if ours.error > 0 else math.nan

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {"kind": "range", "low": self.low, "high": self.high, "source": self.source}

    def __str__(self) -> str:
        return f"{self.low:g} … {self.high:g}"


@dataclass(frozen=True)
class LedgerEntry:
    """One quantity.

    Attributes:
        quantity: what it is, in words and symbols.
        published: what it is compared with.
        ours: what this run found.
        note: what has to be known to compare them.
    """

    quantity: str
    published: PublishedValue | PublishedRange
    ours: Estimate
    note: str = ""

    @property
    def pull(self) -> float:
        """Ours against the published number, in standard deviations."""
        return self.published.pull(self.ours)

    @property
    def agrees(self) -> bool:
        """Whether the pull is at most 3; false where it is not known."""
        return abs(self.pull) <= LARGEST_PULL

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "quantity": self.quantity,
            "published": self.published.as_dict(),
            "ours": {"value": self.ours.value, "error": self.ours.error},
            "pull": self.pull,
            "agrees": self.agrees,
            "note": self.note,
        }


def referenced(
    quantity: str, observables: Mapping[str, Any], reference: Mapping[str, Any], name: str
) -> list[LedgerEntry]:
    """The entry of an observable that has an error, and a reference number; none if it has not."""
    if name not in reference or (observables.get(name) or {}).get("error") is None:
        return []
    known, ours = reference[name], observables[name]
    return [
        LedgerEntry(
            quantity,
            PublishedValue(known["value"], known["error"], known["source"]),
            Estimate(ours["value"], ours["error"]),
        )
    ]


def ledger_table(entries: Sequence[LedgerEntry]) -> Table:
    """*published | ours | pull*, with the sources, as text."""
    rows = (
        (
            entry.quantity,
            _short(entry.published.source),
            str(entry.published),
            value_with_error(entry.ours.value, entry.ours.error),
            _pull(entry),
        )
        for entry in entries
    )
    return Table(("quantity", "source", "published", "ours", "pull"), tuple(rows))


def _short(source: str) -> str:
    """The source without its details: ``ledger.json`` has all of it."""
    return source.removeprefix("published: ").partition(": ")[0]


def _pull(entry: LedgerEntry) -> str:
    if isinstance(entry.published, PublishedRange) and entry.pull == 0:
        return "inside"
    return pull_text(entry.pull) + ("" if entry.agrees else " !")
