"""Showing how far a run has come: bars on a terminal, plain lines with a time stamp elsewhere."""

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from latflow.cli._signals import StopSignals
from latflow.cli._streams import tell

if TYPE_CHECKING:
    from rich.progress import TaskID

    from latflow.cli._bars import Bars
    from latflow.runs import Progress

_SECONDS_BETWEEN_LINES = 5.0


@contextmanager
def shown(quiet: bool, signals: StopSignals) -> "Iterator[Progress | None]":
    """The progress display that suits standard error; ``None`` if nothing is to be shown."""
    if quiet:
        yield None
    elif sys.stderr.isatty():
        with terminal_bars(signals) as bars:
            yield TerminalProgress(bars)
    else:
        yield PlainProgress()


class Pace:
    """Rate and time left of a stage, from its own progress only."""

    def __init__(self, total: int, done: int):
        self.total, self.done = total, done
        self._first: tuple[float, int] | None = None
        self._rate: float | None = None

    def update(self, done: int) -> None:
        """Note progress. The first update only starts the clock: it includes compilation."""
        now = time.monotonic()
        self.done = done
        if self._first is None:
            self._first = now, done
        elif now > self._first[0]:
            self._rate = (done - self._first[1]) / (now - self._first[0])

    @property
    def text(self) -> str:
        """``12.3/s, 0:45 left``; empty before anything is known."""
        if not self._rate:
            return ""
        rate = f"{self._rate:,.0f}/s" if self._rate >= 1e3 else f"{self._rate:.3g}/s"
        left = (self.total - self.done) / self._rate
        return f"{rate}, {_clock(left)} left" if self.done < self.total else rate


class PlainProgress:
    """A line at the beginning and end of a stage, and every few seconds between."""

    def __init__(self) -> None:
        self._name, self._pace, self._last = "", Pace(0, 0), 0.0

    def stage(self, name: str, total: int, done: int) -> None:
        """Say that a stage begins."""
        self._name, self._pace = name, Pace(total, done)
        self._last = time.monotonic()
        self.message(f"{name}: {done} of {total}")

    def advance(self, done: int, live: Mapping[str, float]) -> None:
        """Say how far it is, not too often."""
        self._pace.update(done)
        now = time.monotonic()
        if now - self._last < _SECONDS_BETWEEN_LINES and done < self._pace.total:
            return
        self._last = now
        parts = [f"{self._name}: {done} of {self._pace.total}", self._pace.text, *_numbers(live)]
        self.message(", ".join(part for part in parts if part))

    def message(self, text: str) -> None:
        """One line with the time."""
        stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        tell(f"{stamp} {text}")


class TerminalProgress:
    """A bar per stage, with rate, time left and the live numbers."""

    def __init__(self, bars: "Bars"):
        self._bars = bars
        self._task: TaskID | None = None
        self._pace = Pace(0, 0)

    def stage(self, name: str, total: int, done: int) -> None:
        """A new bar below the others."""
        self._pace = Pace(total, done)
        with suppress(OSError):
            self._task = self._bars.add_task(
                name, total=total, completed=done, numbers=["compiling"]
            )

    def advance(self, done: int, live: Mapping[str, float]) -> None:
        """Move the bar."""
        self._pace.update(done)
        if self._task is not None:
            numbers = [part for part in (self._pace.text, *_numbers(live)) if part]
            with suppress(OSError):
                self._bars.update(self._task, completed=done, numbers=numbers)

    def message(self, text: str) -> None:
        """A line above the bars."""
        with suppress(OSError):
            self._bars.console.print(text, markup=False, highlight=False)


@contextmanager
def terminal_bars(signals: StopSignals) -> "Iterator[Bars]":
    """Rich's progress display on standard error, whose terminal may go away.

    While it is there, it says by itself that the process was asked to stop: what is written in
    between would move the bars.
    """
    from latflow.cli._bars import Bars

    bars = Bars(lambda: signals.number is not None)
    bars.start()
    signals.on_display = True
    try:
        yield bars
    finally:
        signals.on_display = False
        with suppress(OSError):
            bars.stop()


def _numbers(live: Mapping[str, float]) -> list[str]:
    return [f"{name} {value:.4g}" for name, value in live.items()]


def _clock(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"
