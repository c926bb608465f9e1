"""Progress in terminals and notebooks."""

from collections.abc import Mapping

from rich.progress import Progress as RichProgress
from rich.progress import TaskID


class Bars:
    """A bar for every stage of a run; use it as a context, and as the ``progress`` of a step.

    Rich draws it in terminals and in notebooks.
    """

    def __init__(self) -> None:
        self._bars = RichProgress()
        self._task: TaskID | None = None

    def __enter__(self) -> "Bars":
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def stage(self, name: str, total: int, done: int) -> None:
        """A new bar."""
        self._task = self._bars.add_task(name, total=total, completed=done)

    def advance(self, done: int, live: Mapping[str, float]) -> None:
        """The last bar moves."""
        if self._task is not None:
            self._bars.update(self._task, completed=done)

    def message(self, text: str) -> None:
        """A line above the bars."""
        self._bars.console.print(text, markup=False)
