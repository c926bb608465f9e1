"""What all tables of a report share: rows of formatted cells, pulls, references, footnotes."""

import math
from typing import NamedTuple

from markupsafe import Markup

from latflow.reports.data import Reference
from latflow.reports.judgement import DISAGREEMENT, TENSION
from latflow.reports.text import MISSING, plain_number, pull_text, value_with_error


class Cell(NamedTuple):
    """Text of a table cell, and a CSS class (``""``, ``tension``, ``disagreement``)."""

    text: Markup | str
    kind: str = ""


Row = tuple[Markup | str, str, list[Cell]]


class Table(NamedTuple):
    """A table: heads over groups of columns, column heads, and rows with a head each.

    Attributes:
        groups: (text, number of columns) of the upper line of heads; empty for none.
        columns: heads of the columns, the first over the row heads.
        rows: (row head, what it is in words, cells).
        footnotes: remarks below, numbered from one.
    """

    groups: list[tuple[str, int]]
    columns: list[Markup | str]
    rows: list[Row]
    footnotes: list[str]


def side_by_side(table: Table, n_first: int, most: int) -> list[Table]:
    """A table with groups of columns as several, none wider than a page.

    Args:
        table: its first group are the heads of rows, and columns that all of the tables have.
        n_first: columns of the first group.
        most: columns of all further groups together that a page has room for.

    Returns:
        the tables; footnotes are below the last one.
    """
    pages: list[list[tuple[str, int, int]]] = [[]]
    first = n_first
    for text, span in table.groups[1:]:
        if pages[-1] and sum(width for _, width, _ in pages[-1]) + span > most:
            pages.append([])
        pages[-1].append((text, span, first))
        first += span
    return [
        _some_columns(table, n_first, page, table.footnotes if page is pages[-1] else [])
        for page in pages
    ]


def _some_columns(
    table: Table, n_first: int, groups: list[tuple[str, int, int]], footnotes: list[str]
) -> Table:
    wanted = [
        *range(n_first),
        *(n for _, span, first in groups for n in range(first, first + span)),
    ]
    rows = [
        (head, words, [cells[column - 1] for column in wanted[1:]])
        for head, words, cells in table.rows
    ]
    heads = [table.groups[0], *((text, span) for text, span, _ in groups)]
    return Table(heads, [table.columns[column] for column in wanted], rows, footnotes)


def pull_cell(pull: float) -> Cell:
    """A pull, marked where it is large."""
    if math.isnan(pull):
        return Cell(MISSING)
    size = abs(pull)
    kind = "disagreement" if size > DISAGREEMENT else "tension" if size > TENSION else ""
    return Cell(pull_text(pull), kind)


def reference_cell(reference: Reference | None, footnotes: list[str]) -> Cell:
    """A number to compare with; its source becomes a footnote, and the cell has its number."""
    if reference is None:
        return Cell(MISSING)
    exact = reference.error == 0
    text = (
        plain_number(reference.value, 8)
        if exact
        else value_with_error(reference.value, reference.error)
    )
    if not reference.source:
        return Cell(text)
    if reference.source not in footnotes:
        footnotes.append(reference.source)
    number = footnotes.index(reference.source) + 1
    return Cell(Markup('{}<span class="mark">[{}]</span>').format(text, number))
