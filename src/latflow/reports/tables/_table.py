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
