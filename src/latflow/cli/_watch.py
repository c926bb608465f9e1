"""``latflow report --watch``: a report that follows a run while another process works on it."""

import time
from pathlib import Path
from typing import TYPE_CHECKING

from latflow.cli._signals import StopSignals
from latflow.cli._streams import tell
from latflow.errors import RunFolderError

if TYPE_CHECKING:
    from latflow.runs import RunFolder

_NAP = 0.5


def watch(
    run: Path, out: Path | None, every: float, signals: StopSignals, quiet: bool
) -> "RunFolder":
    """Write the report of a run again and again beside it, until it is finished.

    Nothing is written into the run, whose lock another process holds.

    Args:
        run: the run.
        out: where to write; ``RUN-watch`` if not given.
        every: seconds between two reports; a browser loads them anew as often.
        signals: that ask to stop.
        quiet: say nothing of the reports before the last.

    Returns:
        The run, with its results in the other place.
    """
    from latflow.library import still_missing
    from latflow.reports import write_report
    from latflow.runs import RunFolder, measure

    place = out or run.resolve().with_name(f"{run.resolve().name}-watch")
    folder = RunFolder(run, place)
    said: tuple[str, ...] | None = None
    while not signals.requested():
        missing = still_missing(folder)
        if missing != said:
            try:
                measure(folder)
                write_report(folder, every if missing else None)
                said = missing
            except RunFolderError as error:
                # A file that was replaced while it was read: the next report has it.
                tell(f"latflow: {error}")
            if not quiet and said == missing:
                tell(f"{place / 'report.html'}: {'; '.join(missing) or 'finished'}")
        if not missing:
            break
        _sleep(every, signals)
    return folder


def _sleep(seconds: float, signals: StopSignals) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end and not signals.requested():
        time.sleep(min(_NAP, max(0.0, end - time.monotonic())))
