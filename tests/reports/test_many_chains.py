"""Many chains fit a page: tables one below the other, none with a column lost."""

from latflow.reports.tables import Cell, Table
from latflow.reports.tables._table import side_by_side


def test_columns_are_shared_out():
    groups = [("", 2), *((f"chain {n}", 3) for n in range(4)), ("difference", 3)]
    width = sum(span for _, span in groups)
    rows = [("m", "mean", [Cell(str(n)) for n in range(1, width)])]
    whole = Table(groups, [str(n) for n in range(width)], rows, ["a source"])
    parts = side_by_side(whole, 2, 8)
    assert [[text for text, _ in part.groups[1:]] for part in parts] == [
        ["chain 0", "chain 1"],
        ["chain 2", "chain 3"],
        ["difference"],
    ]
    for part in parts:
        assert part.columns[:2] == ["0", "1"]
        assert [cell.text for cell in part.rows[0][2]] == part.columns[1:]
    shown = [column for part in parts for column in part.columns[2:]]
    assert shown == whole.columns[2:]
    assert [part.footnotes for part in parts] == [[], [], ["a source"]]


def test_few_chains_are_one_table():
    whole = Table([("", 1), ("a", 3), ("b", 3)], list("0123456"), [], ["x"])
    assert side_by_side(whole, 1, 8) == [whole]
