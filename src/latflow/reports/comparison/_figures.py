"""What chains of several runs say, and what they cost: two figures."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from latflow.reports.comparison._compare import Comparison
from latflow.reports.data import Labels
from latflow.reports.figures import BLACK, GREY, WIDTH, new_figure, series_styles, styled
from latflow.reports.judgement import TENSION
from latflow.reports.text import plain_text

_LONGEST_LEGEND = 3


class Bar(NamedTuple):
    """A number with its error; NaN for none."""

    value: float
    error: float


def pulls_of(comparison: Comparison) -> dict[str, dict[str, float]]:
    """Pulls against known numbers, by quantity and column; what has none is left out."""
    found = {
        name: {
            column: float(entry["pull"])
            for column, entry in entries.items()
            if entry.get("pull") is not None and not entry.get("in_doubt")
        }
        for name, entries in comparison.results.items()
    }
    return {name: pulls for name, pulls in found.items() if pulls}


@styled
def pulls(
    found: Mapping[str, Mapping[str, float]], columns: Sequence[str], labels: Labels
) -> Figure:
    """Pulls against known numbers: a line per quantity, a mark per chain.

    Args:
        found: by quantity and column, as of :func:`pulls_of`.
        columns: all of them, in order.
        labels: of the quantities.
    """
    names = labels.in_order(found)
    rows = -(-len(columns) // _LONGEST_LEGEND)
    figure = new_figure(WIDTH, 1.0 + 0.22 * rows + 0.28 * len(names))
    axes = figure.subplots()
    axes.axvspan(-1, 1, color="#E4E4E4", linewidth=0, zorder=0)
    for edge in (-TENSION, TENSION):
        axes.axvline(edge, color=GREY, linewidth=0.8, linestyle=":")
    axes.axvline(0, color=BLACK, linewidth=0.7)
    for number, (column, mark) in enumerate(_marks(columns).items()):
        # Beside each other where they agree.
        shift = 0.5 * ((number + 0.5) / len(columns) - 0.5)
        points = [(found[n][column], i + shift) for i, n in enumerate(names) if column in found[n]]
        x, y = np.array(points).reshape(-1, 2).T
        axes.plot(x, y, linestyle="none", label=plain_text(column), **mark)
    _rows(axes, [labels.of(name).tex for name in names])
    widest = max(abs(value) for pulls in found.values() for value in pulls.values())
    axes.set(
        xlim=(-1.1 * max(widest, 4), 1.1 * max(widest, 4)),
        xlabel=r"pull  $(\mathrm{value} - \mathrm{known})/\sigma$",
    )
    figure.legend(loc="outside upper center", ncols=min(_LONGEST_LEGEND, len(columns)))
    return figure


@styled
def costs(comparison: Comparison) -> Figure:
    """Autocorrelation time, cost of an independent sample and ESS: a line per chain.

    Args:
        comparison: of the runs; the panel of ESS is left out where no run has a model.
    """
    panels = [
        (r"slowest $\tau_{\mathrm{int}}$  [samples]", _taus(comparison), True),
        ("independent sample  [s]", _seconds(comparison), True),
        ("ESS of the model", _sizes(comparison), False),
    ]
    shown = [panel for panel in panels if any(math.isfinite(bar.value) for bar in panel[1])]
    columns = comparison.columns
    figure = new_figure(WIDTH, 0.9 + 0.3 * len(columns))
    grid = figure.subplots(1, max(1, len(shown)), sharey=True, squeeze=False)[0]
    for axes, (title, bars, logarithmic) in zip(grid, shown, strict=False):
        for row, (bar, mark) in enumerate(zip(bars, _marks(columns).values(), strict=True)):
            if math.isfinite(bar.value):
                error = bar.error if math.isfinite(bar.error) else None
                axes.errorbar(bar.value, row, xerr=error, **mark)
        axes.set_xlabel(title)
        if logarithmic:
            _logarithmic(axes)
        else:
            axes.set_xlim(0, 1)
    _rows(grid[0], [plain_text(column) for column in columns])
    return figure


def _taus(comparison: Comparison) -> list[Bar]:
    bars = []
    for column, cost in comparison.costs.items():
        entry = comparison.results.get(cost["slowest"] or "", {}).get(column, {})
        bars.append(Bar(_number(entry.get("tau_int")), _number(entry.get("tau_int_error"))))
    return bars


def _seconds(comparison: Comparison) -> list[Bar]:
    """Their errors are those of the autocorrelation times."""
    bars = []
    for tau, cost in zip(_taus(comparison), comparison.costs.values(), strict=True):
        seconds = _number(cost["seconds_per_independent_sample"])
        bars.append(Bar(seconds, seconds * tau.error / tau.value if tau.value else math.nan))
    return bars


def _sizes(comparison: Comparison) -> list[Bar]:
    costs = comparison.costs.values()
    return [Bar(_number(cost["ess"]), _number(cost["ess_error"])) for cost in costs]


def _number(value: Any) -> float:
    return math.nan if value is None else float(value)


def _marks(columns: Sequence[str]) -> dict[str, dict[str, Any]]:
    """How each chain is drawn; colours that come again are hollow."""
    marks, seen = {}, []
    for column, style in series_styles(columns).items():
        hollow = seen.count(style) % 2 == 1
        seen.append(style)
        marks[column] = {
            "marker": style.marker,
            "markersize": 5,
            "color": style.colour,
            "markerfacecolor": "white" if hollow else style.colour,
        }
    return marks


def _logarithmic(axes: Axes) -> None:
    """Plain numbers 1, 2, 5 where the axis spans two decades or less, powers of ten elsewhere."""
    axes.set_xscale("log")
    low, high = axes.get_xlim()
    if high < 100 * low:
        axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())


def _rows(axes: Axes, names: Sequence[str]) -> None:
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
