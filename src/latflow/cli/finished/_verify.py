"""``latflow verify``: whether a run is what it says."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from latflow.cli._signals import StopSignals
from latflow.cli._streams import tell
from latflow.cli._text import Column, say, say_columns, say_json
from latflow.cli.process import wake_jax

_FAILED = 1
_MOST_NAMED = 5


def verify(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Run folder.")],
    json: Annotated[bool, typer.Option("--json", help="Print the checks as JSON only.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print what failed only.")] = False,
) -> None:
    """Check every file of a run, how they hang together, and the numbers; nothing is written.

    The exit code is 1 if a check failed.
    """
    wake_jax()
    from latflow import runs

    with StopSignals() as signals:
        try:
            checks = runs.verify(runs.RunFolder(run), signals.requested)
        except runs.Interrupted:
            raise typer.Exit(signals.exit_code) from None
    failed = [check for check in checks if check.status == "failed"]
    if json:
        say_json(runs.to_json({"sound": not failed, "checks": [asdict(each) for each in checks]}))
    elif shown := failed if quiet else checks:
        rows = [(each.path, each.what, each.status) for each in shown]
        titles = ("file", "checked", "result")
        columns = zip(titles, zip(*rows, strict=True), strict=True)
        say_columns([Column(title, cells, is_text=True) for title, cells in columns], [])
        for check in shown:
            if check.message and check.status != "ok":
                say(f"{check.status}: {check.message}")
    if failed:
        names = ", ".join(dict.fromkeys(each.path for each in failed[:_MOST_NAMED]))
        tell(f"latflow: error: {run}: {len(failed)} of {len(checks)} checks failed ({names})")
        raise typer.Exit(_FAILED)
    if not (json or quiet):
        say(f"{run}: sound: {len(checks)} checks, none failed")
