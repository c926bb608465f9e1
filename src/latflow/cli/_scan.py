"""``latflow scan``: critical slowing down along a line of theories, and the files that say so."""

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from latflow.cli._crash import working_in
from latflow.cli._options import TimeLimit
from latflow.cli._progress import Pace, PlainProgress, TerminalProgress, terminal_bars
from latflow.cli._signals import StopSignals, seconds_in
from latflow.cli._streams import tell
from latflow.cli._text import Column, say, say_columns, say_json
from latflow.cli._work import command_line
from latflow.cli.process import wake_jax
from latflow.errors import ConfigError

if TYPE_CHECKING:
    from latflow.runs import Progress
    from latflow.scans import ScanResult, Table

# The first columns of a table say what a row is about.
_NAMES = 2


class _RunsByDefault(TyperGroup):
    """``latflow scan hopping`` is ``latflow scan run hopping``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the command that is meant in front, where none is named."""
        if not args or (args[0] not in self.commands and args[0] not in ctx.help_option_names):
            args = ["run", *args]
        return super().parse_args(ctx, args)


scan_app = typer.Typer(
    cls=_RunsByDefault,
    help="Autocorrelation times of many kernels along a line of theories, with fits and figures.",
    epilog="Example: **latflow scan hopping --quick --out runs/slowing-down**, which is "
    "**latflow scan run hopping ...**; **latflow scan run --help** lists its options.",
    context_settings={"help_option_names": ["-h", "--help"]},
)

Quick = Annotated[bool, typer.Option("--quick", help="Autocorrelation times to 8 %, in minutes.")]
Kernels = Annotated[
    str | None,
    typer.Option("--kernels", metavar="NAMES", help="Only these, as in hmc,cluster."),
]
Changes = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change a key, as in target_error=0.05."),
]
Out = Annotated[
    Path | None,
    typer.Option("--out", metavar="DIR", help="Folder; one that is there is gone on with."),
]
Seed = Annotated[int | None, typer.Option("--seed", help="Seed of all random numbers.")]
Json = Annotated[bool, typer.Option("--json", help="Print the JSON result, and nothing else.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")]


@scan_app.command("run", epilog="Example: **latflow scan hopping --kernels hmc,cluster**")
def scan(
    source: Annotated[
        str | None,
        typer.Argument(metavar="SCAN.toml|LINE", help="TOML file or line; --list shows lines."),
    ] = None,
    show: Annotated[bool, typer.Option("--list", help="List the built-in lines.")] = False,
    kernels: Kernels = None,
    out: Out = None,
    quick: Quick = False,
    changes: Changes = None,
    seed: Seed = None,
    time_limit: TimeLimit = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Autocorrelation times of many kernels along a line of theories, with fits and figures.

    The same command goes on where it was stopped, and does only what is missing.
    """
    wake_jax()
    from latflow.scans import line_description, line_names, load_scan, run_scan

    if show:
        width = max(map(len, line_names()))
        for name in line_names():
            say(f"{name:<{width}}  {line_description(name)}")
        return
    if source is None:
        raise ConfigError("scan", f"give a TOML file or a line: {', '.join(line_names())}")
    settings = load_scan(source, changes or [], named_kernels(kernels), quick, seed)
    folder = out or default_folder("scan", Path(source).stem, quick)
    working_in(folder)
    limit = seconds_in(time_limit)
    with (
        StopSignals(limit) as signals,
        stopped_cleanly(signals),
        one_bar(quiet or json, signals) as progress,
    ):
        result = run_scan(settings, folder, progress, signals.requested, command_line())
    print_scan(result, folder, json, quiet)


@scan_app.command("init", epilog="Example: **latflow scan init hopping > my.toml**")
def init_scan(
    line: Annotated[str, typer.Argument(metavar="LINE", help="Where to start.")] = "hopping",
) -> None:
    """Print a commented file of a scan, its ensembles and kernels written out."""
    wake_jax()
    from latflow.scans import commented_scan

    typer.echo(commented_scan(line), nl=False)


@scan_app.command("validate", epilog="Example: **latflow scan validate my.toml**")
def validate_scan(
    source: Annotated[str, typer.Argument(metavar="SCAN.toml|LINE", help="TOML file or line.")],
    kernels: Kernels = None,
    changes: Changes = None,
) -> None:
    """Check a scan without running it: every ensemble with every kernel is built."""
    wake_jax()
    from latflow.scans import check_scan, load_scan

    settings = load_scan(source, changes or [], named_kernels(kernels))
    points = check_scan(settings)
    ensembles = ", ".join(ensemble.name for ensemble in settings.ensembles)
    names = ", ".join(kernel["name"] for kernel in settings.kernels)
    say(f"{source}: valid; {len(points)} runs; ensembles: {ensembles}; kernels: {names}")


def named_kernels(text: str | None) -> list[str] | None:
    """The names in ``hmc,cluster``; all where nothing is given."""
    return None if text is None else [name.strip() for name in text.split(",")]


def print_scan(result: "ScanResult", folder: Path, json: bool, quiet: bool) -> None:
    """The tables and warnings of a scan, or its JSON, on standard output."""
    if json:
        from latflow.runs import to_json

        say_json(to_json(result.as_dict()))
    elif not quiet:
        from latflow.scans import point_table, scaling_table

        print_table(point_table(result.points))
        if result.scalings:
            print_table(scaling_table(result.points, result.scalings))
        else:
            say("no fits: these take two lattices of different size, or more")
        for point in result.points:
            for warning in point.warnings:
                say(f"warning: {point.ensemble}, {point.kernel}: {warning}")
        say(f"figures: {folder / 'tau.pdf'}, {folder / 'cost.pdf'}; table: scan.csv")


def print_table(table: "Table") -> None:
    """A table on standard output: text to the left, numbers to the right."""
    columns = [
        Column(title, tuple(row[index] for row in table.rows), is_text=index < _NAMES)
        for index, title in enumerate(table.titles)
    ]
    say_columns(columns[:_NAMES], [[column] for column in columns[_NAMES:]])
    say("")


def default_folder(what: str, name: str, quick: bool) -> Path:
    """Where a command puts its results if not told: always the same, to be found again."""
    return Path("runs") / f"{what}-{name}{'-quick' if quick else ''}"


@contextmanager
def stopped_cleanly(signals: StopSignals) -> Iterator[None]:
    """On a stop that was asked for, say how to go on, and end with the signal's exit code."""
    from latflow.runs import Interrupted

    try:
        yield
    except Interrupted:
        tell(f"latflow: stopped; everything done so far is saved; go on with: {command_line()}")
        raise typer.Exit(signals.exit_code) from None


@contextmanager
def one_bar(quiet: bool, signals: StopSignals) -> "Iterator[Progress | None]":
    """Like the display of a run, but with one bar at a time: a scan has very many stages."""
    if quiet:
        yield None
    elif sys.stderr.isatty():
        with terminal_bars(signals) as bars:
            yield _OneBar(bars)
    else:
        yield _Milestones()


class _OneBar(TerminalProgress):
    """A bar that every stage takes over from the one before."""

    def stage(self, name: str, total: int, done: int) -> None:
        """Put a new bar in the place of the last."""
        if self._task is not None:
            self._bars.remove_task(self._task)
        super().stage(name, total, done)


class _Milestones(PlainProgress):
    """Lines for what takes long and for what is done."""

    def stage(self, name: str, total: int, done: int) -> None:
        """Begin quietly: most stages are over at once."""
        self._name, self._pace, self._last = name, Pace(total, done), time.monotonic()

    def advance(self, done: int, live: Mapping[str, float]) -> None:
        """Say how far it is now and then, but not at the end of a stage."""
        if done < self._pace.total:
            super().advance(done, live)
