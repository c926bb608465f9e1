"""Pulls against values and ranges."""

import math

import pytest

from latflow.analysis import Estimate
from latflow.reproduce import LedgerEntry, PublishedRange, PublishedValue, ledger_table


@pytest.mark.parametrize(
    ("ours", "pull"),
    [(Estimate(10.0, 0.0), 0.0), (Estimate(15.0, 4.0), 1.0), (Estimate(0.0, 0.0), -10.0 / 3.0)],
)
def test_the_pull_of_a_value_is_over_both_errors(ours, pull):
    assert PublishedValue(10.0, 3.0, "a paper").pull(ours) == pytest.approx(pull)


@pytest.mark.parametrize(
    ("ours", "pull"),
    [
        (Estimate(1.4, 0.1), 0.0),
        (Estimate(2.0, 0.1), 0.0),
        (Estimate(1.2, 0.1), -2.0),
        (Estimate(3.0, 0.1), 3.0),
    ],
)
def test_the_pull_of_a_range_counts_from_its_nearer_end(ours, pull):
    assert PublishedRange(1.4, 2.7, "a paper").pull(ours) == pytest.approx(pull)


def test_agreement_is_within_three_standard_deviations():
    published = PublishedValue(1.0, 0.0, "a paper")
    assert LedgerEntry("x", published, Estimate(1.29, 0.1)).agrees
    assert not LedgerEntry("x", published, Estimate(1.31, 0.1)).agrees
    assert not LedgerEntry("x", published, Estimate(math.nan, 0.1)).agrees
    assert not LedgerEntry("x", published, Estimate(1.1, 0.0)).agrees


def test_the_table_shows_published_ours_and_pull():
    table = ledger_table(
        [
            LedgerEntry(
                "τ", PublishedValue(77.9, 1.5, "published: paper A: table 1"), Estimate(76.0, 2.0)
            ),
            LedgerEntry("z", PublishedRange(0.8, 1.4, "paper B"), Estimate(1.2, 0.1)),
            LedgerEntry("y", PublishedValue(0.0, 0.1, "paper C"), Estimate(1.0, 0.1)),
        ]
    )
    assert table.titles == ("quantity", "source", "published", "ours", "pull")
    assert table.rows[0] == ("τ", "paper A", "77.9(1.5)", "76.0(2.0)", "−0.8")
    assert table.rows[1] == ("z", "paper B", "0.8 … 1.4", "1.20(10)", "inside")
    assert table.rows[2][4] == "+7.1 !"
