"""The figure: autocorrelation of the topological charge against beta, and what it costs."""

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from latflow.reports.figures import SeriesStyle, new_figure, series_styles, styled
from latflow.reproduce._axes import WIDTH, guided, legend_outside, plain_logarithmic
from latflow.reproduce._kanwar2020._freezing import INDEPENDENT, Point
from latflow.reproduce._kanwar2020._plan import CHAINS

_NAMES = {
    "hmc": "HMC",
    "heat-bath": "heat bath",
    "instanton": "instanton update",
    "exact": "exact draws",
    "flow": "flow from uniform links",
    "prior": "spread plaquettes",
}


@styled
def freezing_figure(points: Sequence[Point]) -> Figure:
    """Left: tau_int of Q^2, lower bounds as triangles. Right: CPU seconds, open with training."""
    figure = new_figure(WIDTH, 3.2)
    left, right = figure.subplots(1, 2)
    styles = series_styles(CHAINS)
    for name in CHAINS:
        own = [point for point in points if point.chain == name]
        _taus(left, own, styles[name], _NAMES[name])
        _costs(right, own, styles[name])
    left.set(xlabel=r"$\beta$", ylabel=r"$\tau_{\mathrm{int}}(Q^2)$  [steps]")
    right.set(xlabel=r"$\beta$", ylabel="CPU seconds per independent $Q^2$",
              title=f"open: with training, over {INDEPENDENT} of them")  # fmt: skip
    left.set(title="triangles: lower bounds, frozen")
    for axes in (left, right):
        plain_logarithmic(axes.yaxis)
    legend_outside(figure, left)
    return figure


def _taus(axes: Axes, points: Sequence[Point], look: SeriesStyle, label: str) -> None:
    known = [point for point in points if not math.isnan(point.tau.value)]
    axes.errorbar(
        [p.beta for p in known], [p.tau.value for p in known], [p.tau.error for p in known],
        label=label, **guided(look),
    )  # fmt: skip
    frozen = [point for point in points if not math.isnan(point.at_least)]
    axes.plot([p.beta for p in frozen], [p.at_least for p in frozen], "^", color=look.colour)


def _costs(axes: Axes, points: Sequence[Point], look: SeriesStyle) -> None:
    axes.plot([p.beta for p in points], [p.cpu_seconds for p in points], **guided(look))
    trained = [point for point in points if point.cpu_seconds_trained > point.cpu_seconds]
    axes.plot(
        [p.beta for p in trained], [p.cpu_seconds_trained for p in trained], color=look.colour,
        marker=look.marker, linestyle="none", markerfacecolor="none", markersize=5,
    )  # fmt: skip
