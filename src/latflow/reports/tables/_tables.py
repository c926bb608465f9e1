"""The smaller tables: how chains were run, what they cost, and published numbers."""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from latflow.reports.data import RunReport
from latflow.reports.judgement import BreakEven, break_even, break_even_of_entry
from latflow.reports.tables._table import Cell, Row, Table, pull_cell, reference_cell
from latflow.reports.text import (
    MISSING,
    count_text,
    duration_text,
    plain_number,
    value_with_error,
)


def chain_table(report: RunReport) -> Table:
    """How each chain was run."""
    columns: list[Markup | str] = [
        "chain",
        "kernel",
        "chains × samples",
        "transitions per sample",
        "acceptance",
        "sampling",
        "CPU time",
        "time per sample",
    ]
    rows: list[Row] = []
    for chain in report.chains:
        kernel = chain.kernel_label + "".join(
            f", {name.replace('_', ' ')} {plain_number(value)} (tuned)"
            for name, value in chain.tuned.items()
        )
        rows.append(
            (
                chain.name,
                "",
                [
                    Cell(kernel),
                    Cell(f"{chain.n_chains:,} × {chain.n_samples:,}"),
                    Cell(str(chain.thin)),
                    Cell(plain_number(chain.acceptance, 3)),
                    Cell(duration_text(chain.seconds)),
                    Cell(duration_text(chain.cpu_seconds)),
                    Cell(duration_text(chain.seconds_per_sample)),
                ],
            )
        )
    return Table([], columns, rows, [])


def stage_table(report: RunReport) -> Table | None:
    """The stages of training, the last one included; ``None`` for training at a single place."""
    stages = report.training.get("stages")
    if not stages:
        return None
    last = {**report.training, "shape": report.shape, "couplings": {}}
    last["seconds"] = report.training["seconds"] - sum(stage["seconds"] for stage in stages)
    columns: list[Markup | str] = [
        "lattice",
        "other couplings",
        "steps",
        "time",
        "ESS",
        "acceptance",
        Markup("Var(log <i>w</i>)"),
    ]
    rows = [_stage_row(stage) for stage in (*stages, last)]
    return Table([], columns, rows, [])


def _stage_row(stage: Mapping[str, Any]) -> Row:
    couplings = ", ".join(f"{name} = {value:g}" for name, value in stage["couplings"].items())
    measured = [
        Cell(value_with_error(stage.get(name), stage.get(f"{name}_error")))
        for name in ("ess", "acceptance", "log_weight_variance")
    ]
    return (
        " × ".join(map(str, stage["shape"])),
        "",
        [
            Cell(couplings or MISSING),
            Cell(f"{stage['steps']:,}"),
            Cell(duration_text(stage["seconds"])),
            *measured,
        ],
    )


def cost_table(report: RunReport) -> Table | None:
    """Break-even for each slow observable and for the slowest; ``None`` without a flow.

    Below them the named entries of slow vectors, and each chain's slowest.
    """
    results = {name: break_even(report, name) for name in report.slow_names}
    overall = break_even(report)
    if overall is None:
        return None
    columns: list[Markup | str] = [
        "independent in",
        f"time with {overall.flow.chain}",
        f"time with {overall.classical.chain}",
        f"{overall.classical.chain} / {overall.flow.chain}",
        "break-even at",
    ]
    rows: list[Row] = [
        (report.labels.of(name).html, report.labels.of(name).words, _cost_cells(result))
        for name, result in results.items()
        if result is not None
    ]
    rows.append(("all of these", "the slowest of each chain counts", _cost_cells(overall)))
    for vector in report.slow_vectors:
        for name in (*(name for name, _ in vector.named), vector.slowest):
            result = break_even_of_entry(report, vector.name, name)
            if result is not None:
                rows.append((name, _entries(name, result, vector.words), _cost_cells(result)))
    return Table([], columns, rows, [])


def _entries(name: str, result: BreakEven, words: str) -> str:
    """Which entries these are, where they are not the same in both chains."""
    both = {cost.observable.removeprefix(name).strip() for cost in (result.flow, result.classical)}
    return f"{words}, {' and '.join(sorted(both))}"


def _cost_cells(result: BreakEven) -> list[Cell]:
    samples = count_text(result.samples)
    if result.outcome == "pays off":
        samples += f" ± {count_text(result.error)}"
    return [
        Cell(duration_text(result.flow.seconds)),
        Cell(duration_text(result.classical.seconds)),
        Cell(value_with_error(*result.ratio)),
        Cell(samples if result.outcome == "pays off" else result.outcome),
    ]


def comparison_table(report: RunReport) -> Table:
    """Numbers that are known beside those of the table of observables."""
    footnotes: list[str] = []
    rows: list[Row] = []
    for one in report.comparisons:
        label = report.labels.of(one.compares_with)
        head = Markup("τ<sub>int</sub> of {}").format(label.html) if one.is_tau else label.html
        words = one.words or label.words
        own = one.number
        cells = [
            Cell(one.chain or MISSING),
            Cell(MISSING if own is None else value_with_error(own.value, own.error)),
            reference_cell(one.reference, footnotes),
            pull_cell(one.pull),
        ]
        rows.append((head, words, cells))
    return Table([], ["number", "chain", "here", "known", "pull"], rows, footnotes)
