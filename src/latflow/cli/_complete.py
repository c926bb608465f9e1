"""Doing all of a run, its report included, and printing its results."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from latflow.cli._signals import StopSignals
from latflow.cli._text import say, say_json
from latflow.cli._work import work

if TYPE_CHECKING:
    from latflow.runs import RunFolder


def complete(
    folder: "RunFolder",
    signals: StopSignals,
    json: bool,
    quiet: bool,
    strict: bool = False,
    more: tuple[int, Sequence[str] | None] | None = None,
) -> None:
    """All steps, the report, and what is to be printed about them.

    Args:
        folder: the run.
        signals: that ask to stop.
        json: print the summary only.
        quiet: print nothing.
        strict: refuse damaged files.
        more: ask for so many samples of these chains first (of all, if none is named).
    """
    from latflow import runs
    from latflow.reports import write_report

    def everything(folder, progress, should_stop) -> None:
        if more is not None:
            runs.extend(folder, *more, progress, should_stop, strict)
        else:
            runs.run(folder, progress, should_stop, strict)
        runs.stop_if(should_stop)
        if runs.report_is_stale(folder):
            write_report(folder)

    work(folder, everything, signals, quiet or json)
    print_results(folder.summary(), json, quiet)
    if not (quiet or json):
        say(f"report: {folder.path / 'report.html'}")


def in_place_or_elsewhere(
    folder: "RunFolder", out: Path | None, signals: StopSignals, report: bool
) -> None:
    """Measure a run, and write its report if wanted.

    Where the results are written elsewhere, nothing is written into the run, and no lock is held.
    """
    from latflow import runs
    from latflow.reports import write_report

    def results(folder, progress=None, should_stop=runs.never) -> None:
        runs.measure(folder, should_stop)
        if report:
            write_report(folder)

    if out is None:
        work(folder, results, signals, quiet=True)
    else:
        results(folder)


def print_results(summary: dict[str, Any], json: bool, quiet: bool) -> None:
    """Print the summary: as JSON, as tables, or not at all."""
    if json:
        from latflow.runs import to_json

        say_json(to_json(summary))
    elif not quiet:
        from latflow.cli._table import print_summary

        print_summary(summary)


def say_missing(folder: "RunFolder") -> None:
    """Print what an unfinished run still lacks, such as "chain hmc, samples: 30 of 40"."""
    from latflow.library import still_missing

    for text in still_missing(folder):
        say(f"missing  {text}")
