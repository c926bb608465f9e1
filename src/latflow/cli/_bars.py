"""Bars on a terminal, which never cut a number and say when they are about to stop."""

from collections.abc import Callable, Iterable, Sequence

from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.constrain import Constrain
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn
from rich.table import Column
from rich.text import Text

from latflow.cli._signals import STOPPING

# Terminals echo ^C behind the last line. Where there is no room for it there, the line breaks, and
# what is erased is one line short.
_ECHO = 3
_GAPS = 3
_BAR, _SHORTEST_BAR = 24, 8


class Bars(Progress):
    """A bar per stage on standard error: name, bar, counts, and numbers as far as there is room.

    Args:
        stopping: whether the process was asked to stop; said below the bars from then on.
    """

    def __init__(self, stopping: Callable[[], bool]) -> None:
        # The bars are drawn while they are made.
        self._stopping, self._console = stopping, Console(stderr=True)
        super().__init__(
            TextColumn("{task.description}"),
            BarColumn(bar_width=_BAR),
            MofNCompleteColumn(table_column=Column(no_wrap=True)),
            _Numbers(self),
            console=self._console,
        )

    def get_renderables(self) -> Iterable[RenderableType]:
        """The bars, and whether they are about to stop."""
        yield Constrain(self.make_tasks_table(self.tasks), self._width)
        if self._stopping():
            yield Text(STOPPING)

    @property
    def room(self) -> int:
        """Cells of the terminal that are left for numbers."""
        names = max((cell_len(task.description) for task in self.tasks), default=0)
        counts = max(
            (2 * len(f"{task.total:.0f}") + 1 for task in self.tasks if task.total), default=0
        )
        return self._width - names - counts - _SHORTEST_BAR - _GAPS

    @property
    def _width(self) -> int:
        return max(1, self._console.width - _ECHO)


class _Numbers(ProgressColumn):
    """The field ``numbers`` of a task: as many of them, whole, as there is room for."""

    def __init__(self, bars: Bars) -> None:
        self._bars = bars
        super().__init__(table_column=Column(no_wrap=True))

    def render(self, task: Task) -> Text:
        """The numbers, separated by commas."""
        return Text(_that_fit(task.fields.get("numbers", ()), self._bars.room))


def _that_fit(parts: Sequence[str], room: int) -> str:
    """The first parts, joined, as long as all of them fit."""
    text = ""
    for part in parts:
        longer = f"{text}, {part}" if text else part
        if cell_len(longer) > room:
            break
        text = longer
    return text
