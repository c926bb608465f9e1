"""The table of observables: every chain against what is known and against the others."""

from markupsafe import Markup

from latflow.reports.data import ChainReport, RunReport
from latflow.reports.judgement import chain_pull, compared_pairs, log_z_pull, pull_between
from latflow.reports.tables._table import (
    Cell,
    Row,
    Table,
    pull_cell,
    reference_cell,
    side_by_side,
)
from latflow.reports.text import MISSING, count_text, value_with_error

# Of chains and differences: so many fit beside names and references at 1280 pixels, and in print.
_MOST_COLUMNS = 8


def observable_table(report: RunReport) -> Table:
    """Every observable: what is known, what each chain says, and by how much chains differ."""
    pairs = compared_pairs(report)
    compared = bool(report.references) or report.log_z_reference is not None
    groups = [("", 2 if compared else 1)]
    columns: list[Markup | str] = ["observable", *(["reference"] if compared else [])]
    for chain in report.chains:
        groups.append((chain.name, 3 if compared else 2))
        columns += ["value", Markup("τ<sub>int</sub>"), *(["pull"] if compared else [])]
    if pairs:
        groups.append(("difference (pull)", len(pairs)))
        columns += [f"{one.name}\u00a0−\u00a0{other.name}" for one, other in pairs]
    footnotes: list[str] = []
    rows: list[Row] = []
    for name in report.labels.in_order(
        {name for chain in report.chains for name in chain.observables}
    ):
        cells = [reference_cell(report.references.get(name), footnotes)] if compared else []
        for chain in report.chains:
            cells += _chain_cells(chain, name, compared)
        cells += [pull_cell(chain_pull(report, name, one, other)) for one, other in pairs]
        label = report.labels.of(name)
        rows.append((label.html, label.words, cells))
    if report.log_z is not None and report.flow_chains:
        rows.append(_log_z_row(report, compared, len(pairs), footnotes))
    return Table(groups, columns, rows, footnotes)


def observable_tables(report: RunReport) -> list[Table]:
    """The same, as several tables where the chains are too many for the width of a page."""
    whole = observable_table(report)
    return side_by_side(whole, whole.groups[0][1], _MOST_COLUMNS)


def _chain_cells(chain: ChainReport, name: str, compared: bool) -> list[Cell]:
    quantity = chain.observables.get(name)
    if quantity is None:
        return _nothing(compared)
    if quantity.is_frozen:
        # Its value is that of the start: no number that anybody should read as a result.
        at_least = f"≥ {count_text(quantity.tau_int_at_least)}"
        cells = [Cell("frozen", "tension"), Cell(at_least)]
        return cells + ([Cell(MISSING)] if compared else [])
    if quantity.in_doubt:
        cells = [Cell("in doubt", "tension"), Cell(MISSING)]
        return cells + ([Cell(MISSING)] if compared else [])
    cells = [
        Cell(value_with_error(quantity.value, quantity.error)),
        Cell(value_with_error(quantity.tau_int, quantity.tau_int_error)),
    ]
    if compared:
        cells.append(pull_cell(pull_between(quantity, chain.references.get(name))))
    return cells


def _log_z_row(report: RunReport, compared: bool, n_pairs: int, footnotes: list[str]) -> Row:
    """log Z comes from the flow's weights: it stands in the first flow chain's columns."""
    cells = [reference_cell(report.log_z_reference, footnotes)] if compared else []
    owner = report.flow_chains[0].name
    for chain in report.chains:
        if chain.name == owner and report.log_z is not None:
            cells.append(Cell(value_with_error(report.log_z.value, report.log_z.error)))
            cells.append(Cell(MISSING))
            cells += [pull_cell(log_z_pull(report))] if compared else []
        else:
            cells += _nothing(compared)
    cells += [Cell(MISSING)] * n_pairs
    label = report.labels.of("log_z")
    return label.html, label.words, cells


def _nothing(compared: bool) -> list[Cell]:
    return [Cell(MISSING)] * (3 if compared else 2)
