"""Text on standard output: tables that never cut a number or a name, on any stream."""

import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from latflow.cli._letters import writable

_WIDTH_OF_A_FILE = 160
_GAP = "  "


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        title: above it.
        cells: one for each row.
        is_text: written to the left; numbers are written to the right.
    """

    title: str
    cells: tuple[str, ...]
    is_text: bool = False

    @property
    def width(self) -> int:
        """Cells of a terminal that it takes."""
        return max(cell_len(text) for text in (self.title, *self.cells))

    def lines(self) -> list[str]:
        """Title and cells, all of the same width."""
        return [
            text + " " * (self.width - cell_len(text))
            if self.is_text
            else " " * (self.width - cell_len(text)) + text
            for text in (self.title, *self.cells)
        ]


def say(text: str) -> None:
    """A line of text, however long, on standard output."""
    _print(_writable(text))


def say_json(text: str) -> None:
    """JSON on standard output; what the stream cannot write is escaped as JSON allows."""
    encoding = _encoding()
    print(text.encode(encoding, "backslashreplace").decode(encoding))


def say_columns(
    names: Sequence[Column],
    groups: Sequence[Sequence[Column]],
    last: Sequence[Column] = (),
    width: int | None = None,
) -> None:
    """A table, or several one below the other where the width does not suffice for one.

    Args:
        names: the first columns of every table: what the rows are.
        groups: columns that belong together, such as those of one chain. Where even one group is
            too wide, its columns are taken apart, each with the title of the first before its own.
        last: the last columns of every table.
        width: in characters; by default that of the terminal.
    """
    width = _width() if width is None else width
    first, closing, *shown = (
        [_writable_column(column) for column in group] for group in (names, last, *groups)
    )
    for number, columns in enumerate(_tables(first, shown, closing, width)):
        if number:
            _print("")
        rows = zip(*(column.lines() for column in columns), strict=True)
        for row, cells in enumerate(rows):
            _print(_GAP.join(cells).rstrip(), is_title=row == 0)


def _tables(
    first: list[Column], groups: list[list[Column]], closing: list[Column], width: int
) -> Iterator[list[Column]]:
    """The columns of each table: as many groups as fit."""
    pending: list[Column] = []
    for group in _that_fit(first, groups, closing, width):
        if pending and _total([*first, *pending, *group, *closing]) > width:
            yield [*first, *pending, *closing]
            pending = []
        pending += group
    yield [*first, *pending, *closing]


def _that_fit(
    first: list[Column], groups: list[list[Column]], closing: list[Column], width: int
) -> Iterator[list[Column]]:
    """The groups, with those taken apart that are too wide by themselves."""
    for group in groups:
        if _total([*first, *group, *closing]) <= width:
            yield group
        else:
            yield group[:1]
            for column in group[1:]:
                yield [replace(column, title=f"{group[0].title}: {column.title}")]


def _total(columns: Sequence[Column]) -> int:
    return sum(column.width for column in columns) + len(_GAP) * (len(columns) - 1)


def _writable_column(column: Column) -> Column:
    title, *cells = (_writable(text) for text in (column.title, *column.cells))
    return Column(title, tuple(cells), column.is_text)


def _print(text: str, is_title: bool = False) -> None:
    """One line, whole: a terminal may break it, but nothing is left out."""
    console = _Console(highlight=False, markup=False)
    console.print(Text(text, style="bold" if is_title else ""), soft_wrap=True)


class _Console(Console):
    """Leaves it to us what happens when whoever read the output has gone."""

    def on_broken_pipe(self) -> None:
        """Raise it again."""
        raise BrokenPipeError


def _writable(text: str) -> str:
    return writable(text, _encoding())


def _encoding() -> str:
    return sys.stdout.encoding or "utf-8"


def _width() -> int:
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else _WIDTH_OF_A_FILE
