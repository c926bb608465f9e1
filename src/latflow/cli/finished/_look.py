"""``latflow info``, ``latflow list``, ``latflow compare``: runs, looked at from outside."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from latflow.cli._text import Column, say, say_columns, say_json
from latflow.cli.process import wake_jax

_NAMES = 1
Json = Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else.")]


def info(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Run folder.")], json: Json = False
) -> None:
    """State of a run: what it has, what is missing, how long that takes, and its size."""
    wake_jax()
    from latflow.library import state_of
    from latflow.reports import duration_text
    from latflow.runs import RunFolder, to_json

    state = state_of(RunFolder(run))
    if json:
        say_json(to_json(asdict(state) | {"path": str(state.path)}))
        return
    say(f"{state.path}: {state.theory}")
    say(f"last session: {state.outcome}{f' ({state.last})' if state.last else ''}")
    say(f"size: {_size(state.size)}")
    for text in state.has:
        say(f"has      {text}")
    for text in state.missing:
        say(f"missing  {text}")
    if state.missing:
        left = state.seconds_left
        pace = f", about {duration_text(left)} at the pace so far" if left else ""
        say(f"go on with: latflow resume {state.path}{pace}")


def list_runs(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where runs are.")] = Path("runs"),
    json: Json = False,
) -> None:
    """List the runs below a folder."""
    wake_jax()
    from latflow.library import list_runs as listed
    from latflow.runs import to_json

    states = listed(folder)
    if json:
        say_json(to_json([asdict(state) | {"path": str(state.path)} for state in states]))
        return
    if not states:
        say(f"{folder}: no runs")
        return
    rows = [
        (
            str(state.path),
            state.theory,
            state.outcome + (", not measured" if state.missing else ""),
            state.last,
            _size(state.size),
        )
        for state in states
    ]
    titles = ("run", "fields", "state", "last session", "size")
    columns = [
        Column(title, cells, is_text=title != "size")
        for title, cells in zip(titles, zip(*rows, strict=True), strict=True)
    ]
    say_columns(columns[:_NAMES], [[column] for column in columns[_NAMES:]])


def compare(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Measured runs.")],
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="FILE", help="The page to write.")
    ] = Path("comparison.html"),
    no_page: Annotated[bool, typer.Option("--no-page", help="Print the tables only.")] = False,
    json: Annotated[
        bool, typer.Option("--json", help="Print JSON, and nothing else; no page.")
    ] = False,
) -> None:
    """One table of the results of several runs, their differences, and what samples cost.

    And a page of them with figures: pulls, autocorrelation times, costs and ESS side by side.
    """
    wake_jax()
    from latflow.reports import compare as compared
    from latflow.reports import write_comparison
    from latflow.runs import to_json

    if json:
        say_json(to_json(asdict(compared(runs))))
        return
    comparison = compared(runs) if no_page else write_comparison(runs, out)
    for table in (comparison.result_table(), comparison.cost_table()):
        columns = [
            Column(title, tuple(row[index] for row in table[1:]), is_text=index < _NAMES)
            for index, title in enumerate(table[0])
        ]
        say_columns(columns[:_NAMES], [[column] for column in columns[_NAMES:]])
        say("")
    if comparison.theory_differs:
        say(f"the theories differ in {', '.join(comparison.theory_differs)}")
    if not no_page:
        say(f"page: {out}")


def _size(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 1e5 else f"{size / 1e3:.1f} kB"
