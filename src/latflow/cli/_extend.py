"""``latflow extend``: more samples of a run that is there already."""

from pathlib import Path
from typing import Annotated

import typer

from latflow.cli._complete import complete
from latflow.cli._options import TimeLimit
from latflow.cli._signals import StopSignals, seconds_in
from latflow.cli.process import wake_jax


def extend(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Run folder.")],
    samples: Annotated[
        int, typer.Option("--samples", metavar="N", help="Samples per chain, in all.")
    ],
    chain: Annotated[
        list[str] | None, typer.Option("--chain", metavar="NAME", help="Only this chain.")
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Refuse damaged files; do not make them again.")
    ] = False,
    time_limit: TimeLimit = None,
    json: Annotated[bool, typer.Option("--json", help="Print summary.json only.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
) -> None:
    """Ask for more samples of a run, and draw them: as if they had been asked for at once."""
    wake_jax()
    from latflow.runs import RunFolder

    with StopSignals(seconds_in(time_limit)) as signals:
        complete(RunFolder(run), signals, json, quiet, strict, more=(samples, chain or None))
