"""Ctrl-C and SIGTERM: the first asks to stop, the second stops at once."""

import os
import signal
import sys
from types import FrameType, TracebackType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_SHOW_CURSOR = b"\x1b[?25h"


class StopSignals:
    """While it is entered, the first SIGINT or SIGTERM only sets a flag.

    Afterwards the system's default action is back in place, so that a second one ends the
    process at once. Nothing is lost then but the work since the last save.
    """

    def __init__(self) -> None:
        self.number: int | None = None
        self._before: dict[signal.Signals, object] = {}

    def requested(self) -> bool:
        """Whether somebody asked to stop."""
        return self.number is not None

    @property
    def exit_code(self) -> int:
        """What a shell expects of a process that a signal ended: 130 for Ctrl-C."""
        return 128 + (self.number or signal.SIGINT)

    def __enter__(self) -> "StopSignals":
        for number in _SIGNALS:
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
        for each in _SIGNALS:
            signal.signal(each, signal.SIG_DFL)
        # Written past every buffer: the display may hold a lock, or have hidden the cursor.
        text = b"\nstopping as soon as the work in hand is saved; once more to stop at once\n"
        cursor = _SHOW_CURSOR if sys.stderr.isatty() else b""
        os.write(2, cursor + text)
