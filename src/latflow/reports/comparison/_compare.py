"""Results and costs of several runs, as numbers."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

from latflow.errors import ConfigError
from latflow.reports.text import html_table, value_with_error
from latflow.runs import RunFolder


@dataclass(frozen=True)
class Comparison:
    """Results and costs of the chains of several runs.

    Attributes:
        columns: ``RUN/CHAIN``, in the order given.
        results: by quantity, then by column: ``value``, ``error``, ``tau_int``, ``pull``, ... where
            the chain has them.
        differences: by quantity: the largest difference between two columns, in standard
            deviations of independent results; ``None`` for fewer than two with errors.
        costs: by column: ``kernel``, ``acceptance``, ``slowest``, its ``tau_int`` in samples,
            ``seconds_per_sample``, ``seconds_per_independent_sample``, and of the run's model, for
            chains that draw on it, ``ess``, ``ess_error``, ``training_seconds``; where slow vectors
            are measured, ``entries``: what their named entries and the slowest cost, by name.
        theory_differs: parameters of the theory that are not the same in all runs: differences
            are then expected.
    """

    columns: tuple[str, ...]
    results: dict[str, dict[str, Mapping[str, Any]]]
    differences: dict[str, float | None]
    costs: dict[str, dict[str, Any]]
    theory_differs: tuple[str, ...]

    def result_table(self) -> list[list[str]]:
        """Rows of text, the first one being titles."""
        rows = [["observable", *self.columns, "largest difference"]]
        for name, entries in self.results.items():
            cells = [result_text(entries.get(column)) for column in self.columns]
            difference = self.differences[name]
            rows.append([name, *cells, "" if difference is None else f"{difference:.1f} σ"])
        return rows

    def cost_table(self) -> list[list[str]]:
        """Rows of text, the first one being titles."""
        keys = ("acceptance", "slowest", "tau_int", "seconds_per_independent_sample", "ess")
        titles = ["chain", "kernel", "acceptance", "slowest", "τ_int", "s / independent", "ESS"]
        rows = [titles + [f"{name}, s / independent" for name in self.entry_names]]
        for column, cost in self.costs.items():
            entries = [_entry_text(cost.get("entries", {}).get(n)) for n in self.entry_names]
            rows.append([column, cost["kernel"], *(_number(cost[key]) for key in keys), *entries])
        return rows

    @property
    def entry_names(self) -> tuple[str, ...]:
        """Names of the entries of slow vectors whose cost any chain knows of, in order."""
        found = (name for cost in self.costs.values() for name in cost.get("entries", {}))
        return tuple(dict.fromkeys(found))

    def _repr_html_(self) -> str:
        tables = (("results", self.result_table()), ("costs", self.cost_table()))
        return "".join(html_table(title, rows[0], rows[1:]) for title, rows in tables)


def compare(runs: Sequence[Path | str | RunFolder]) -> Comparison:
    """Results, differences and costs of measured runs.

    Raises:
        ConfigError: fewer than two chains in all, or a run is given twice.
        RunFolderError: a run is none, or has not been measured.
    """
    summaries = {name: folder.summary() for name, folder in named(runs).items()}
    entries: dict[str, Mapping[str, Any]] = {}
    costs: dict[str, dict[str, Any]] = {}
    for run, summary in summaries.items():
        for chain, content in summary["chains"].items():
            column = f"{run}/{chain}"
            entries[column] = content["observables"]
            costs[column] = _cost(content, summary)
    if len(entries) < 2:
        raise ConfigError("", "nothing to compare: give runs with two chains or more in all")
    names = list(dict.fromkeys(name for content in entries.values() for name in content))
    results = {
        name: {column: content[name] for column, content in entries.items() if name in content}
        for name in names
    }
    return Comparison(
        columns=tuple(entries),
        results=results,
        differences={name: _largest(list(found.values())) for name, found in results.items()},
        costs=costs,
        theory_differs=_differing([summary["theory"] for summary in summaries.values()]),
    )


def named(runs: Sequence[Path | str | RunFolder]) -> dict[str, RunFolder]:
    """Runs by the names of their folders; by whole paths where these are not different.

    Raises:
        ConfigError: a run is given twice.
        RunFolderError: a folder is none of a run.
    """
    folders = [each if isinstance(each, RunFolder) else RunFolder(each) for each in runs]
    if len({each.path.resolve() for each in folders}) < len(folders):
        raise ConfigError("", "the same run is given twice")
    short = [each.path.resolve().name for each in folders]
    names = short if len(set(short)) == len(short) else [str(each.path) for each in folders]
    return dict(zip(names, folders, strict=True))


def result_text(entry: Mapping[str, Any] | None) -> str:
    """A result as a table shows it."""
    if entry is None:
        return ""
    if entry.get("in_doubt"):
        return "in doubt"
    if entry["value"] is None:
        return "undefined"
    return (
        "no error" if entry["error"] is None else value_with_error(entry["value"], entry["error"])
    )


def _cost(content: Mapping[str, Any], summary: Mapping[str, Any]) -> dict[str, Any]:
    slowest = content["slowest_observable"]
    training = (summary.get("training") or {}) if content["needs_model"] else {}
    return {
        "kernel": content["kernel"],
        "acceptance": content["acceptance"],
        "slowest": slowest,
        "tau_int": None if slowest is None else content["observables"][slowest]["tau_int"],
        "seconds_per_sample": content["seconds_per_sample"],
        "seconds_per_independent_sample": content["seconds_per_independent_sample"],
        "ess": training.get("ess"),
        "ess_error": training.get("ess_error"),
        "training_seconds": training.get("seconds"),
        **_entries(content),
    }


def _entries(content: Mapping[str, Any]) -> dict[str, Any]:
    """What entries of slow vectors cost, where some are measured."""
    vectors = content.get("slow_vectors", {}).values()
    found = {name: cost for vector in vectors for name, cost in vector["costs"].items()}
    return {"entries": found} if found else {}


def _entry_text(cost: Mapping[str, Any] | None) -> str:
    seconds = None if cost is None else cost["seconds_per_independent_sample"]
    if cost is None or seconds is None:
        return ""
    return f"{seconds:.3g} ({', '.join(map(str, cost['at']))})"


def _largest(entries: Sequence[Mapping[str, Any]]) -> float | None:
    known = [(e["value"], e["error"]) for e in entries if e["value"] is not None and e["error"]]
    pairs = [abs(a - b) / math.hypot(da, db) for (a, da), (b, db) in combinations(known, 2)]
    return max(pairs, default=None)


def _differing(theories: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    keys = dict.fromkeys(key for theory in theories for key in theory)
    return tuple(key for key in keys if any(t.get(key) != theories[0].get(key) for t in theories))


def _number(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else f"{value:.3g}"
