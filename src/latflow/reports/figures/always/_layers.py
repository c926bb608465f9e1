"""The field after every block of layers: a sample, the histogram of its numbers, and C(t)."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from latflow.reports.figures.always._configurations import (
    colour_bar,
    show_plane,
    symmetric_limits,
)
from latflow.reports.figures.look import BLACK, BLUE, VERMILION, WIDTH, new_figure, styled
from latflow.reports.figures.maps import SCALAR_LOOK, MapLook
from latflow.reports.text import plain_text
from latflow.runs import LayerView

_MOST_COLUMNS = 6
# Of more columns than these, a panel has no room for long labels.
_MOST_WIDE = 4
_TALLEST_MAP = 1.75
_PANEL_HEIGHT = 1.45
# C(t) below so many of its errors is shown as an upper limit.
_SEEN = 2.0

Pictures = Float[np.ndarray, "stages *lattice"]


class LayerTarget(NamedTuple):
    """What the last stage should look like.

    Attributes:
        name: of the chain.
        edges, density: histogram of all real numbers of the field.
        two_point: C(t), t = 0 ... T-1, if it was recorded.
    """

    name: str
    edges: Float[np.ndarray, " bins_and_one"]
    density: Float[np.ndarray, " bins"]
    two_point: Float[np.ndarray, " time"] | None


@styled
def layers(
    view: LayerView,
    target: LayerTarget | None = None,
    pictures: Float[np.ndarray, "stages *lattice"] | None = None,
    look: MapLook = SCALAR_LOOK,
) -> Figure:
    """One column per stage: prior, then the field after each block of layers.

    Of more than six stages, six are shown: the first, the last, and others in between. The
    correlator has a row if the view has one.

    Args:
        view: the stages.
        target: a sampler of the target to compare with.
        pictures: of the sample at every stage; by default the field itself, of a scalar theory.
        look: what the pictures show.
    """
    stages = shown_stages(len(view.names))
    pictures = view.fields["field"] if pictures is None else pictures
    # A panel of few columns is not wider than it has to be.
    width = min(WIDTH, 1.6 + 2.4 * len(stages))
    panel = (width - 1.5) / len(stages)
    extents = (1, 2) if pictures.ndim == 2 else pictures.shape[-2:]
    height = min(_TALLEST_MAP, panel * extents[0] / extents[1])
    rows = 2 if view.two_point is None else 3
    heights = (height, _PANEL_HEIGHT, _PANEL_HEIGHT)[:rows]
    figure = new_figure(width, sum(heights) + 0.45 + 0.4 * (rows - 1))
    grid = figure.subplots(rows, len(stages), squeeze=False, gridspec_kw={"height_ratios": heights})
    for row in grid[1:]:
        for axes in row[1:]:
            axes.sharex(row[0])
            axes.sharey(row[0])
            axes.tick_params(labelleft=False)
    _samples(figure, grid[0], view, pictures, look, stages)
    units = "  [lattice units]" if look is SCALAR_LOOK and len(stages) <= _MOST_WIDE else ""
    for axes, stage in zip(grid[1], stages, strict=True):
        _histogram(axes, view, stage, target)
        axes.set_xlabel(f"${look.number}${units}")
    grid[1, 0].set(ylabel="probability density", ylim=(0, None), xlim=_limits(view, stages))
    if view.two_point is not None:
        _correlators(grid[2], view, stages, target)
    if target is not None:
        grid[-1, -1].legend(loc="best")
    return figure


def shown_stages(number: int) -> list[int]:
    """The stages that a figure has room for; first and last are among them."""
    return (
        np.unique(np.linspace(0, number - 1, min(number, _MOST_COLUMNS)).round())
        .astype(int)
        .tolist()
    )


def _samples(
    figure: Figure,
    row: np.ndarray,
    view: LayerView,
    pictures: Pictures,
    look: MapLook,
    stages: list[int],
) -> None:
    limits = look.limits or symmetric_limits([pictures[stages]])
    image = None
    for axes, stage in zip(row, stages, strict=True):
        picture = pictures[stage]
        kind = plain_text(view.names[stage])
        between = " " if len(stages) <= _MOST_WIDE else "\n"
        number = f"{stage}." if stage else "prior:"
        axes.set_title(f"{number}{between}{kind}", loc="center")
        if picture.ndim == 1:
            axes.plot(np.arange(picture.size), picture, color=BLUE, linewidth=1)
            margin = 0.15 * (limits[1] - limits[0])
            axes.set(xlabel="$x$  [lattice units]", ylim=(limits[0] - margin, limits[1] + margin))
            continue
        image = show_plane(axes, picture, look, limits)
    if image is None:
        row[0].set_ylabel(look.label)
    else:
        colour_bar(figure, image, row, look, 0.05, 14)


def _histogram(axes: Axes, view: LayerView, stage: int, target: LayerTarget | None) -> None:
    edges, counts = view.edges[stage], view.counts[stage]
    density = counts / max(1, counts.sum()) / np.diff(edges)
    axes.stairs(density, edges, fill=True, color=BLUE, alpha=0.35)
    axes.stairs(density, edges, color=BLUE)
    if target is not None:
        label = plain_text(target.name)
        axes.stairs(
            target.density, target.edges, color=BLACK, linestyle="--", linewidth=1, label=label
        )


def _correlators(
    row: np.ndarray, view: LayerView, stages: list[int], target: LayerTarget | None
) -> None:
    assert view.two_point is not None and view.two_point_error is not None  # the caller made sure
    values, errors = view.two_point[stages], view.two_point_error[stages]
    expected = None if target is None else target.two_point
    for axes, value, error in zip(row, values, errors, strict=True):
        _correlator(axes, value, error)
        if target is not None and expected is not None:
            t = np.arange(value.size // 2 + 1)
            label = plain_text(target.name)
            axes.plot(t, expected[t], color=BLACK, linestyle="--", linewidth=1, label=label)
    row[0].set(
        ylabel="$C(t)$  [lattice units]", yscale="log", ylim=_range(values, errors, expected)
    )


def _correlator(axes: Axes, value: np.ndarray, error: np.ndarray) -> None:
    # C(T - t) = C(t) on every single configuration: the other half repeats the first.
    t = np.arange(value.size // 2 + 1)
    value, error = value[t], error[t]
    seen = value > _SEEN * error
    # NaN breaks the line where nothing is seen.
    shown = np.where(seen, value, np.nan)
    axes.errorbar(t, shown, error, color=BLUE, marker="o", markersize=3)
    hidden = ~seen & (error > 0)
    limit = np.maximum(value, 0)[hidden] + _SEEN * error[hidden]
    axes.plot(t[hidden], limit, color=VERMILION, marker="v", linestyle="none", markersize=3)
    axes.set_xlabel("$t$  [lattice units]")


def _limits(view: LayerView, stages: list[int]) -> tuple[float, float]:
    """Values that hold all but a thousandth of each histogram, symmetric."""
    reach = 0.0
    for stage in stages:
        share = np.cumsum(view.counts[stage]) / max(1, view.counts[stage].sum())
        inside = (share > 5e-4) & (share < 1 - 5e-4)
        centres = (view.edges[stage][1:] + view.edges[stage][:-1]) / 2
        reach = max(reach, *np.abs(centres[inside]), centres[-1] / 100)
    return -1.1 * reach, 1.1 * reach


def _range(
    values: np.ndarray, errors: np.ndarray, expected: np.ndarray | None
) -> tuple[float, float]:
    """Limits of C(t): all that is seen, the upper limits where nothing is, and the target."""
    points = np.where(values > _SEEN * errors, values, np.maximum(values, 0) + _SEEN * errors)
    points = points[np.isfinite(points) & (points > 0)]
    if points.size == 0:
        return 0.1, 1.0
    highest = points.max() if expected is None else max(points.max(), expected.max())
    return 0.5 * float(points.min()), 2.0 * float(highest)
