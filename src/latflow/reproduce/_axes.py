"""What the figures' axes have in common."""

from typing import Any

from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from latflow.reports.figures import SeriesStyle

WIDTH = 7.0
"""The width of a page, in inches: the figures need no scaling in a paper."""

_MANY_DECADES = 2.5


def plain_logarithmic(axis: Axis) -> None:
    """A logarithmic axis with plain numbers: 1, 2, 5, 10, or powers of ten where it is long."""
    axis.axes.set(**{f"{axis.axis_name}scale": "log"})  # pyright: ignore[reportAttributeAccessIssue]
    low, high = axis.get_view_interval()
    is_long = low > 0 and high > 10**_MANY_DECADES * low
    axis.set_major_locator(LogLocator(subs=(1.0,) if is_long else (1.0, 2.0, 5.0)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_locator(LogLocator(subs="all"))
    axis.set_minor_formatter(NullFormatter())


def legend_above(axes: Axes, columns: int = 3) -> None:
    """A legend over the panel's title, where it covers no points."""
    axes.legend(
        loc="lower left", bbox_to_anchor=(-0.03, 1.12), borderaxespad=0.0, ncols=columns,
        fontsize=7, columnspacing=1.0, handlelength=1.4,
    )  # fmt: skip


def legend_outside(figure: Figure, axes: Axes, columns: int = 3) -> None:
    """The legend of a panel over the whole figure, where it takes no width from the panels."""
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(
        handles, labels, loc="outside upper left", ncols=columns, fontsize=7, columnspacing=1.0,
        handlelength=1.4,
    )  # fmt: skip


def guided(look: SeriesStyle) -> dict[str, Any]:
    """Points of a series, with a thin dashed line that guides the eye."""
    return {
        "color": look.colour,
        "marker": look.marker,
        "linestyle": "--",
        "linewidth": 0.8,
        "markersize": 3.5,
    }
