"""The tables of a comparison."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from latflow.reports.comparison._compare import Comparison, result_text
from latflow.reports.data import Labels
from latflow.reports.judgement import DISAGREEMENT, TENSION
from latflow.reports.page import lattice_text, parameters_text, theory_name
from latflow.reports.tables import Cell, Row, Table, pull_cell
from latflow.reports.text import (
    MISSING,
    duration_text,
    plain_number,
    value_with_error,
)
from latflow.runs import RunFolder

# Chains in one table.
_WIDEST = 3


def run_table(runs: Mapping[str, RunFolder]) -> Table:
    """What the runs are: theory, lattice, parameters, seed, machine."""
    rows: list[Row] = []
    for name, folder in runs.items():
        config, session = folder.config(), (folder.provenance().get("sessions") or [{}])[-1]
        machine = " · ".join(str(session[key]) for key in ("host", "device_kind") if key in session)
        cells = [
            Cell(theory_name(config.theory)),
            Cell(lattice_text(config.theory.shape)),
            Cell(parameters_text(config.theory)),
            Cell(str(config.seed)),
            Cell(machine or MISSING),
        ]
        rows.append((name, "", cells))
    return Table([], ["run", "theory", "lattice", "parameters", "seed", "machine"], rows, [])


def result_tables(comparison: Comparison, labels: Labels) -> list[Table]:
    """Every quantity in every chain, its pull, and by how much chains differ at most.

    Several tables of a few chains each: one of all would be too wide to be seen, and to be printed.
    """
    shown = [
        comparison.columns[start : start + _WIDEST]
        for start in range(0, len(comparison.columns), _WIDEST)
    ]
    return [_result_table(comparison, labels, columns, columns is shown[-1]) for columns in shown]


def _result_table(
    comparison: Comparison, labels: Labels, shown: Sequence[str], is_last: bool
) -> Table:
    known = any(
        entry.get("pull") is not None
        for entries in comparison.results.values()
        for entry in entries.values()
    )
    groups = [("", 1), *((column, 3 if known else 2) for column in shown)]
    columns: list[Markup | str] = ["observable"]
    for _ in shown:
        columns += ["value", Markup("τ<sub>int</sub>"), *(["pull"] if known else [])]
    if is_last:
        groups.append(("", 1))
        columns.append("largest difference" if len(comparison.columns) > 2 else "difference")
    rows: list[Row] = []
    for name in labels.in_order(comparison.results):
        entries = comparison.results[name]
        cells = [cell for column in shown for cell in _cells(entries.get(column), known)]
        if is_last:
            cells.append(_difference(comparison, name))
        label = labels.of(name)
        rows.append((label.html, label.words, cells))
    return Table(groups, columns, rows, [])


def _cells(entry: Mapping[str, Any] | None, known: bool) -> list[Cell]:
    found = entry or {}
    tau = value_with_error(found.get("tau_int"), found.get("tau_int_error"))
    cells = [Cell(result_text(entry) or MISSING), Cell(tau)]
    if known:
        pull = found.get("pull")
        cells.append(pull_cell(math.nan if pull is None else float(pull)))
    return cells


def cost_table(comparison: Comparison, labels: Labels) -> Table:
    """What an independent sample of each chain costs, and how good its model is."""
    rows: list[Row] = []
    for column, cost in comparison.costs.items():
        slowest = cost["slowest"]
        entry = comparison.results.get(slowest or "", {}).get(column, {})
        cells = [
            Cell(str(cost["kernel"])),
            Cell(plain_number(cost["acceptance"], 3)),
            Cell(MISSING if slowest is None else labels.of_series(slowest).html),
            Cell(value_with_error(entry.get("tau_int"), entry.get("tau_int_error"))),
            Cell(duration_text(cost["seconds_per_sample"])),
            Cell(duration_text(cost["seconds_per_independent_sample"])),
            Cell(value_with_error(cost["ess"], cost["ess_error"])),
            Cell(duration_text(cost["training_seconds"])),
            *(_entry_cell(cost.get("entries", {}).get(name)) for name in comparison.entry_names),
        ]
        rows.append((column, "", cells))
    columns: list[Markup | str] = [
        "chain",
        "kernel",
        "acceptance",
        "slowest",
        Markup("its τ<sub>int</sub>"),
        "time per sample",
        "independent sample in",
        "ESS of the model",
        "its training",
        *(f"{name} in" for name in comparison.entry_names),
    ]
    return Table([], columns, rows, [])


def _entry_cell(cost: Mapping[str, Any] | None) -> Cell:
    seconds = None if cost is None else cost["seconds_per_independent_sample"]
    if cost is None or seconds is None:
        return Cell(MISSING)
    return Cell(f"{duration_text(seconds)} ({', '.join(map(str, cost['at']))})")


def _difference(comparison: Comparison, name: str) -> Cell:
    size = comparison.differences[name]
    if size is None:
        return Cell(MISSING)
    kind = "disagreement" if size > DISAGREEMENT else "tension" if size > TENSION else ""
    # Of different theories nothing else is to be expected.
    return Cell(f"{size:.1f} σ", "" if comparison.theory_differs else kind)
