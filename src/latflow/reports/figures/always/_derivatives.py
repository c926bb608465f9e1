"""Derivatives with respect to a coupling: plain and with reduced variance, side by side."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from latflow.analysis import Estimate
from latflow.reports.data import RunReport, number
from latflow.reports.figures._part import Drawing, FigurePart, styles_of
from latflow.reports.figures.look import (
    GREY,
    WIDTH,
    SeriesStyle,
    Styles,
    new_figure,
    series_styles,
    styled,
)
from latflow.reports.text import plain_text, value_with_error

_MOST = 14
_LINE, _FRAME = 0.3, 0.75


@dataclass(frozen=True)
class DerivativePoint:
    """One derivative.

    Attributes:
        source: ``model``, or a chain.
        symbol: of what is differentiated, in matplotlib's mathematics with its dollar signs.
        plain: by connected correlators.
        improved: with reduced variance.
        ratio: of the variances, with its error.
    """

    source: str
    symbol: str
    plain: Estimate
    improved: Estimate
    ratio: Estimate


@styled
def derivatives(
    points: Mapping[str, Sequence[DerivativePoint]], *, styles: Styles | None = None
) -> Figure:
    """Both estimates in units of the plain error, and the ratio of variances.

    Args:
        points: by coupling, whose symbol is plain text.
        styles: colours by source, where they are to be as in other figures.
    """
    sources = dict.fromkeys(point.source for each in points.values() for point in each)
    styles = series_styles(sources, styles)
    heights = [_LINE * len(each) + _FRAME for each in points.values()]
    figure = new_figure(WIDTH, sum(heights) + 0.3)
    grid = figure.subplots(
        len(points), 2, squeeze=False, height_ratios=heights, width_ratios=(1.25, 1), sharey="row"
    )
    for (coupling, each), (left, right) in zip(points.items(), grid, strict=True):
        for place, point in enumerate(each):
            _draw(left, right, place, point, styles[point.source])
        left.set_yticks(range(len(each)), [_text(point, coupling) for point in each])
        left.set_ylim(len(each) - 0.5, -0.5)
        left.axvline(0, color=GREY, linewidth=0.8)
        left.set_xlabel("distance, in plain errors")
        right.axvline(1, color=GREY, linewidth=0.8)
        right.set_xscale("log")
        right.set_xlabel("ratio of variances")
    handles = [
        Line2D([], [], color=GREY, marker="|", label="plain"),
        *(
            Line2D([], [], color=styles[one].colour, marker=styles[one].marker,
                   label=f"improved, {plain_text(one)}")
            for one in sources
        ),
    ]  # fmt: skip
    figure.legend(handles=handles, loc="outside lower center", ncols=min(4, len(handles)))
    return figure


def _draw(left: Axes, right: Axes, place: int, point: DerivativePoint, style: SeriesStyle) -> None:
    unit = point.plain.error
    distance = (point.plain.value - point.improved.value) / unit
    left.errorbar(distance, place - 0.14, xerr=1.0, marker="|", color=GREY)
    left.errorbar(
        0, place + 0.14, xerr=point.improved.error / unit, marker=style.marker, color=style.colour
    )
    right.errorbar(
        point.ratio.value,
        place,
        xerr=[[min(point.ratio.error, 0.9 * point.ratio.value)], [point.ratio.error]],
        marker=style.marker,
        color=style.colour,
    )


def _text(point: DerivativePoint, coupling: str) -> str:
    value = value_with_error(point.improved.value, point.improved.error)
    return f"$\\partial${point.symbol}$/\\partial${plain_text(coupling)} = {value}"


class DerivativesFigure(FigurePart):
    """What ``latflow derivative --keep`` has left with the run."""

    name = "derivatives"
    title = "Derivatives with respect to couplings"
    always = True

    def draw(self, report: RunReport) -> Drawing | None:
        """Of all couplings that were asked for; chains without results are left out."""
        points, left_out = {}, 0
        for one in report.derivatives:
            key = str(one["coupling"])
            found = list(_points(report, one))
            left_out += max(0, len(found) - _MOST)
            if found:
                points[report.theory.symbols.get(key, key)] = found[:_MOST]
        if not points:
            return None
        caption = Markup(
            "Derivatives of expectation values, and of log <i>Z</i>, from the stored "
            "configurations. Plain (grey): by connected correlators. Improved: with an "
            "infinitesimal map of the field as a control, where the theory knows some; of a "
            "model: along the way of its draws. Both are without bias. <b>Left:</b> they must "
            "agree within their errors, which are correlated. <b>Right:</b> how many times as "
            "many configurations the plain one would need; 1 where nothing reduces the variance."
            "{}"
        ).format(f" The last {left_out} are left out." if left_out else "")
        return Drawing(derivatives(points, styles=styles_of(report)), caption)


def _points(report: RunReport, one: Mapping[str, Any]) -> Iterator[DerivativePoint]:
    labels = report.labels
    if one["model"] is not None and not report.doubts:
        yield from _point("model", labels.of("log_z").tex, one["model"]["log_z"])
    for chain in report.chains:
        entry = one["chains"].get(chain.name)
        if entry is None or chain.has_no_result:
            continue
        yield from _point(chain.name, labels.of("log_z").tex, entry["log_z"])
        for name in labels.in_order(entry["recorded"]):
            yield from _point(chain.name, labels.of(name).tex, entry["recorded"][name])


def _point(source: str, symbol: str, entry: Mapping[str, Any]) -> Iterator[DerivativePoint]:
    """A point, where there are errors to compare."""
    plain, improved = (
        Estimate(number(one["value"]), number(one["error"])) for one in (entry["plain"], entry)
    )
    ratio = Estimate(number(entry["variance_ratio"]), number(entry["variance_ratio_error"]))
    numbers = (plain.value, plain.error, improved.value, improved.error, ratio.value, ratio.error)
    if np.isfinite(numbers).all() and min(plain.error, improved.error) > 0:
        yield DerivativePoint(source, symbol, plain, improved, ratio)
