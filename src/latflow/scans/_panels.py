"""What the figures of a scan have in common: a panel for everything that is slow."""

import math
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, NullFormatter, ScalarFormatter

from latflow.analysis import Estimate
from latflow.reports import plain_text
from latflow.reports.figures import SeriesStyle, new_figure, series_styles
from latflow.scans._kernels import kernels_by_kind
from latflow.scans._result import PointResult, slow_of
from latflow.scans._symbols import Symbol

# The width of a page, in inches: the figures need no scaling in a paper.
_WIDTH = 7.0
_MOST_IN_A_ROW = 3
_PANEL_HEIGHT, _LINE_HEIGHT = 2.6, 0.17
# Of a panel's width.
_LABEL_WIDTH = 0.09
# Characters of a legend.
_LONGEST_LINE = 20


class Panels(NamedTuple):
    """A figure with its panels, and the look of each kernel.

    Attributes:
        figure: the figure.
        axes: by name of what is slow.
        symbols: how that is written.
        styles: by name of the kernel.
        words: of the kernels, for legends.
    """

    figure: Figure
    axes: dict[str, Axes]
    symbols: Mapping[str, Symbol]
    styles: dict[str, SeriesStyle]
    words: dict[str, str]


def panels(points: Sequence[PointResult], lines: int | None = None) -> Panels:
    """A panel for everything slow that was measured.

    Args:
        points: every ensemble with every kernel.
        lines: of text above the panels; by default those of a legend with all kernels.
    """
    styles = series_styles(dict.fromkeys(point.kernel for point in points))
    words = _words(styles)
    known = slow_of(points)
    names = [
        name
        for name in known
        if any(name in point.tau_int or name in point.tau_int_at_least for point in points)
    ]
    columns = min(max(len(names), 1), _MOST_IN_A_ROW)
    rows = math.ceil(max(len(names), 1) / columns)
    if lines is None:
        # Where a name takes several lines, its exponent takes one more.
        breaks = [text.count("\n") for text in words.values()]
        of_a_row = len(styles) + sum(n + 1 for n in breaks if n)
        height = rows * (_PANEL_HEIGHT + _LINE_HEIGHT * of_a_row)
    else:
        height = rows * _PANEL_HEIGHT + _LINE_HEIGHT * lines
    figure = new_figure(_WIDTH, height)
    grid = np.ravel(figure.subplots(rows, columns, sharex=True, sharey=True))
    for unused in grid[len(names) :]:
        unused.set_visible(False)
    axes = dict(zip(names, grid, strict=False))
    return Panels(figure, axes, known, styles, words)


def errorbars(
    axes: Axes,
    points: Sequence[PointResult],
    estimates: Iterable[Estimate],
    look: SeriesStyle,
    filled: bool = True,
) -> None:
    """Estimates against L, with their errors."""
    estimates = list(estimates)
    axes.errorbar(
        [point.extent for point in points],
        [estimate.value for estimate in estimates],
        [estimate.error for estimate in estimates],
        color=look.colour,
        marker=look.marker,
        markerfacecolor=look.colour if filled else "white",
        linestyle="none",
    )


def lower_bounds(
    axes: Axes, points: Sequence[PointResult], bounds: Sequence[float], look: SeriesStyle
) -> None:
    """Bounds against L: a bar to lie above, with an arrow upwards."""
    if points:
        axes.errorbar(
            [point.extent for point in points],
            bounds,
            [0.5 * bound for bound in bounds],
            lolims=True,
            color=look.colour,
            marker="_",
            linestyle="none",
        )


def key_of(look: SeriesStyle, label: str, line: bool) -> Line2D:
    """The legend's entry of a kernel."""
    key = Line2D([], [], color=look.colour, marker=look.marker, linewidth=1.0, label=label)
    key.set(linestyle=look.dash if line else "none")
    return key


def label(panels: Panels, points: Sequence[PointResult], quantity: str) -> None:
    """Logarithmic axes with the extents that there are, and what is drawn."""
    extents = sorted({point.extent for point in points})
    for axes in panels.axes.values():
        axes.set(xscale="log", yscale="log")
        axes.xaxis.set_major_locator(FixedLocator(_labelled(extents)))
        axes.xaxis.set_major_formatter(ScalarFormatter())
        axes.xaxis.set_minor_locator(FixedLocator(extents))
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.yaxis.set_minor_formatter(NullFormatter())
        axes.margins(x=0.06)
    for number, axes in enumerate(panels.axes.values()):
        if number % _MOST_IN_A_ROW == 0:
            axes.set_ylabel(quantity)
        if number + _MOST_IN_A_ROW >= len(panels.axes):
            # The lowest of its column.
            axes.set_xlabel("$L/a$")
            axes.tick_params(labelbottom=True)


def _words(kernels: Iterable[str]) -> dict[str, str]:
    """What kernels are called in a paper; names of the user's own stay as they are. In lines that
    leave a panel its width."""
    known = kernels_by_kind()
    names = {name: known[name].label if name in known else name for name in kernels}
    return {
        name: plain_text("\n".join(textwrap.wrap(text, _LONGEST_LINE) or [text]))
        for name, text in names.items()
    }


def _labelled(extents: Sequence[int]) -> list[int]:
    """The extents whose labels do not overlap on a logarithmic axis."""
    span = math.log(extents[-1] / extents[0]) or 1.0
    kept = [extents[-1]]
    for extent in reversed(extents[:-1]):
        if math.log(kept[-1] / extent) > _LABEL_WIDTH * span:
            kept.append(extent)
    return kept[::-1]
