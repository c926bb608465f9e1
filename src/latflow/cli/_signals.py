"""What asks a command to stop: Ctrl-C, signals of batch systems and terminals, a time limit."""

import os
import re
import signal
import sys
import time
from contextlib import suppress
from contextvars import ContextVar
from types import FrameType, TracebackType

from latflow.errors import ConfigError, shown

STOPPING = "stopping as soon as the work in hand is saved; Ctrl-C again to stop at once"
"""What is said when a signal has come; it fits into 80 columns."""

# A closed terminal, and the warning of a batch system. They may come several times.
_MESSAGES = tuple(getattr(signal, name) for name in ("SIGHUP", "SIGUSR1") if hasattr(signal, name))
_REQUESTS = (signal.SIGINT, signal.SIGTERM)
_SHOW_CURSOR = b"\x1b[?25h"
# A limit that has come counts as SIGTERM, which is what a batch system would send.
_LIMIT = signal.SIGTERM
_start: ContextVar[float | None] = ContextVar("monotonic time of the start", default=None)
_LARGEST_MARGIN, _SMALLEST_SHARE = 30.0, 0.05
_LONGEST_LIMIT = 366 * 86400.0
_UNITS = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0}


def command_begins() -> None:
    """A time limit counts from now on."""
    _start.set(time.monotonic())


def command_ends() -> None:
    """Ctrl-C while the process is tidied up ends it at once, without a traceback."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)


class StopSignals:
    """While it is entered, the first signal only sets a flag.

    After SIGINT or SIGTERM the system's default action is back in place, so that a second one
    ends the process at once. Nothing is lost then but the work since the last save. SIGHUP and
    SIGUSR1 ask to stop, however often they come.

    Args:
        limit: seconds since the command began after which it must have ended; asked to stop
            early enough, by how long it took from one question to the next.
    """

    def __init__(self, limit: float | None = None) -> None:
        self.number: int | None = None
        # Whether something shows by itself that there was a signal.
        self.on_display = False
        self._before: dict[int, object] = {}
        self._asked, self._longest = time.monotonic(), 0.0
        self._limit, self._start = limit, _start.get() or self._asked

    def requested(self) -> bool:
        """Whether it is time to stop."""
        now = time.monotonic()
        self._longest, self._asked = max(self._longest, now - self._asked), now
        if self.number is None and self._limit is not None:
            margin = min(_LARGEST_MARGIN, _SMALLEST_SHARE * self._limit)
            if now + self._longest + margin >= self._start + self._limit:
                self.number = _LIMIT
        return self.number is not None

    @property
    def exit_code(self) -> int:
        """What a shell expects of a process that a signal ended: 130 for Ctrl-C."""
        return 128 + (self.number or signal.SIGINT)

    def __enter__(self) -> "StopSignals":
        for number in (*_REQUESTS, *_MESSAGES):
            # Who started us with nohup does not want to be asked.
            if number in _REQUESTS or signal.getsignal(number) != signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # pyright: ignore[reportArgumentType]

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.number = number
        for each in _MESSAGES:
            signal.signal(each, signal.SIG_IGN)
        if number in _REQUESTS:
            for each in _REQUESTS:
                signal.signal(each, signal.SIG_DFL)
        if self.on_display:
            return
        # Written past every buffer: whoever writes may hold a lock, or have hidden the cursor.
        text = f"\n{STOPPING}\n".encode()
        with suppress(OSError, ValueError):  # the terminal may be what has gone
            cursor = _SHOW_CURSOR if sys.stderr.isatty() else b""
            os.write(2, cursor + text)


def seconds_in(text: str | None) -> float | None:
    """Seconds of a time limit: ``11h30m``, ``90s``, ``2d``, ``01:30:00``; ``None`` for none.

    Raises:
        ConfigError: it is no span of time.
    """
    if text is None:
        return None
    seconds = _of_clock(text) if ":" in text else _of_units(text)
    if seconds is None or not 0 < seconds <= _LONGEST_LIMIT:
        raise ConfigError(
            "--time-limit", f"{shown(text)} is no span of time; write 11h30m, 90s, 2d or 01:30:00"
        )
    return seconds


def _of_clock(text: str) -> float | None:
    """Hours, minutes and seconds; also as batch systems write days, ``1-02:00:00``."""
    match = re.fullmatch(r"(?:(\d{1,3})-)?(\d{1,4}):(\d\d)(?::(\d\d))?", text.strip(), re.ASCII)
    if match is None:
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60.0 + seconds


def _of_units(text: str) -> float | None:
    parts = re.findall(r"(\d{1,9}(?:\.\d{1,9})?)([dhms])", text, re.ASCII)
    if not parts or "".join(number + unit for number, unit in parts) != text.strip():
        return None
    return sum(float(number) * _UNITS[unit] for number, unit in parts)
