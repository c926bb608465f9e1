"""The figure of a ledger: how far ours is from every published number."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from latflow.reports import value_with_error
from latflow.reports.figures import BLUE, GREY, VERMILION, new_figure, styled
from latflow.reproduce._ledger import LARGEST_PULL, LedgerEntry, PublishedRange

_WIDTH = 7.0
_HEIGHT, _LINE_HEIGHT = 0.9, 0.19
_EDGE = 5.0


@styled
def ledger_figure(entries: Sequence[LedgerEntry]) -> Figure:
    """The pull of every entry, with its numbers; squares compare with a range.

    Args:
        entries: the ledger; pulls beyond the figure's edge are triangles at it.
    """
    figure = new_figure(_WIDTH, _HEIGHT + _LINE_HEIGHT * len(entries))
    axes = figure.subplots()
    rows = np.arange(len(entries))[::-1]
    axes.axvspan(-1, 1, color=GREY, alpha=0.18, linewidth=0)
    axes.axvspan(-2, 2, color=GREY, alpha=0.10, linewidth=0)
    for edge in (-LARGEST_PULL, LARGEST_PULL):
        axes.axvline(edge, color=GREY, linewidth=0.8, linestyle=":")
    for row, entry in zip(rows, entries, strict=True):
        axes.plot(
            np.clip(entry.pull, -_EDGE, _EDGE),
            row,
            marker=_marker(entry),
            markersize=4,
            color=BLUE if entry.agrees else VERMILION,
            linestyle="none",
        )
    axes.set(
        xlim=(-_EDGE - 0.3, _EDGE + 0.3),
        ylim=(-0.8, len(entries) - 0.2),
        xlabel="(ours − published) / standard deviation",
        title="on the right: published, ours",
    )
    axes.set_yticks(rows, [entry.quantity for entry in entries], fontsize=7.5)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="y", visible=False)
    numbers = axes.twinx()
    numbers.set(ylim=axes.get_ylim(), frame_on=False)
    numbers.set_yticks(rows, [_numbers(entry) for entry in entries], fontsize=7.5)
    numbers.tick_params(axis="y", length=0)
    numbers.grid(visible=False)
    return figure


def _marker(entry: LedgerEntry) -> str:
    if abs(entry.pull) > _EDGE:
        return ">" if entry.pull > 0 else "<"
    return "s" if isinstance(entry.published, PublishedRange) else "o"


def _numbers(entry: LedgerEntry) -> str:
    return f"{entry.published},  {value_with_error(entry.ours.value, entry.ours.error)}"
