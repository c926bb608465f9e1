"""Progress in terminals and notebooks."""

import sys
import time
from collections.abc import Mapping
from html import escape
from typing import Any, Protocol

from rich.progress import Progress as RichProgress
from rich.progress import TaskID

_SECONDS_BETWEEN_UPDATES = 0.2


class Display(Protocol):
    """Whatever shows stages of work, one below the other."""

    def start(self) -> None:
        """Begin."""

    def stop(self) -> None:
        """End; what was shown stays."""

    def stage(self, name: str, total: int, done: int) -> None:
        """A new bar."""

    def advance(self, done: int) -> None:
        """The last bar moves."""

    def message(self, text: str) -> None:
        """A line."""


class Bars:
    """A bar for every stage of a run; use it as a context, and as the ``progress`` of a step.

    In a notebook bars are HTML, which needs nothing but the notebook; elsewhere Rich draws them.
    """

    def __init__(self) -> None:
        display = notebook_display()
        self._display: Display = TerminalDisplay() if display is None else NotebookDisplay(display)

    def __enter__(self) -> "Bars":
        self._display.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._display.stop()

    def stage(self, name: str, total: int, done: int) -> None:
        """A new bar."""
        self._display.stage(name, total, done)

    def advance(self, done: int, live: Mapping[str, float]) -> None:
        """The last bar moves."""
        self._display.advance(done)

    def message(self, text: str) -> None:
        """A line beside the bars."""
        self._display.message(text)


class TerminalDisplay:
    """Rich's bars."""

    def __init__(self) -> None:
        self._bars = RichProgress()
        self._task: TaskID | None = None
        self.start, self.stop = self._bars.start, self._bars.stop

    def stage(self, name: str, total: int, done: int) -> None:
        """A new bar."""
        self._task = self._bars.add_task(name, total=total, completed=done)

    def advance(self, done: int) -> None:
        """The last bar moves."""
        if self._task is not None:
            self._bars.update(self._task, completed=done)

    def message(self, text: str) -> None:
        """A line above the bars."""
        self._bars.console.print(text, markup=False)


class NotebookDisplay:
    """Bars as HTML: a cell's output that is replaced while it grows.

    Args:
        display: the module ``IPython.display``.
    """

    def __init__(self, display: Any) -> None:
        self._display = display
        self._handle: Any = None
        self._name, self._total, self._done, self._shown = "", 0, 0, 0.0

    def start(self) -> None:
        """Nothing is shown before there is a stage."""

    def stop(self) -> None:
        """The last bar as it is."""
        self._update()

    def stage(self, name: str, total: int, done: int) -> None:
        """A new bar; the one before stays."""
        self._update()
        self._name, self._total, self._done = name, total, done
        self._handle = self._display.display(self._html(), display_id=True)
        self._shown = time.monotonic()

    def advance(self, done: int) -> None:
        """The last bar moves, a few times a second."""
        self._done = done
        if time.monotonic() - self._shown > _SECONDS_BETWEEN_UPDATES:
            self._update()

    def message(self, text: str) -> None:
        """A line below the bars."""
        print(text)

    def _update(self) -> None:
        if self._handle is not None:
            self._handle.update(self._html())
            self._shown = time.monotonic()

    def _html(self) -> Any:
        return self._display.HTML(
            f'<label><progress value="{self._done}" max="{self._total}"></progress> '
            f"{escape(self._name)}: {self._done} of {self._total}</label>"
        )


def notebook_display() -> Any:
    """The module ``IPython.display`` where a notebook shows what is displayed, else ``None``.

    IPython is asked for only if it is running: latflow does not need it.
    """
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    # A shell in a terminal has no kernel, and shows no HTML.
    return getattr(ipython, "display", None) if hasattr(shell, "kernel") else None
