"""Small tables for notebooks."""

from collections.abc import Iterable, Sequence
from html import escape


def html_table(title: str, titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in HTML; all text is escaped."""
    head = "".join(f"<th>{escape(each)}</th>" for each in titles)
    body = "".join(
        f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows
    )
    return f"<table><caption>{escape(title)}</caption><tr>{head}</tr>{body}</table>"
