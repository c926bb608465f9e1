"""The field after every block of layers: a sample, the histogram of phi(x), and C(t)."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from latflow.reports.figures.always._configurations import plane_of
from latflow.reports.figures.look import BLACK, BLUE, VERMILION, WIDTH, new_figure, styled
from latflow.reports.text import plain_text
from latflow.runs import LayerView

_MOST_COLUMNS = 6
# Of more columns than these, a panel has no room for long labels.
_MOST_WIDE = 4
_TALLEST_MAP = 1.75
_PANEL_HEIGHT = 1.45
_COLOURS = "RdBu_r"
# C(t) below so many of its errors is shown as an upper limit.
_SEEN = 2.0


class LayerTarget(NamedTuple):
    """What the last stage should look like: a histogram of phi(x), and C(t), t = 0 ... T-1."""

    name: str
    edges: Float[np.ndarray, " bins_and_one"]
    density: Float[np.ndarray, " bins"]
    two_point: Float[np.ndarray, " time"]


@styled
def layers(view: LayerView, target: LayerTarget | None = None) -> Figure:
    """One column per stage: prior, then the field after each block of layers.

    Of more than six stages, six are shown: the first, the last, and others in between.

    Args:
        view: the stages.
        target: a sampler of the target to compare with.
    """
    stages = shown_stages(len(view.names))
    # A panel of few columns is not wider than it has to be.
    width = min(WIDTH, 1.6 + 2.4 * len(stages))
    panel = (width - 1.5) / len(stages)
    extents = (1, 2) if view.fields.ndim == 2 else view.fields.shape[-2:]
    height = min(_TALLEST_MAP, panel * extents[0] / extents[1])
    heights = (height, _PANEL_HEIGHT, _PANEL_HEIGHT)
    figure = new_figure(width, sum(heights) + 1.25)
    grid = figure.subplots(3, len(stages), squeeze=False, gridspec_kw={"height_ratios": heights})
    for row in (1, 2):
        for axes in grid[row, 1:]:
            axes.sharex(grid[row, 0])
            axes.sharey(grid[row, 0])
            axes.tick_params(labelleft=False)
    _samples(figure, grid[0], view, stages)
    for column, stage in zip(grid.T, stages, strict=True):
        _histogram(column[1], view, stage, target)
        units = "  [lattice units]" if len(stages) <= _MOST_WIDE else ""
        column[1].set_xlabel(rf"$\phi(x)${units}")
        _correlator(column[2], view, stage, target)
    grid[1, 0].set(ylabel="probability density", ylim=(0, None), xlim=_limits(view, stages))
    grid[2, 0].set(
        ylabel="$C(t)$  [lattice units]", yscale="log", ylim=_range(view, stages, target)
    )
    if target is not None:
        grid[2, -1].legend(loc="best")
    return figure


def shown_stages(number: int) -> list[int]:
    """The stages that a figure has room for; first and last are among them."""
    return (
        np.unique(np.linspace(0, number - 1, min(number, _MOST_COLUMNS)).round())
        .astype(int)
        .tolist()
    )


def _samples(figure: Figure, row: np.ndarray, view: LayerView, stages: list[int]) -> None:
    fields = view.fields[stages]
    reach = float(np.quantile(np.abs(fields), 0.995))
    image = None
    for axes, stage, field in zip(row, stages, fields, strict=True):
        kind = plain_text(view.names[stage])
        between = " " if len(stages) <= _MOST_WIDE else "\n"
        number = f"{stage}." if stage else "prior:"
        axes.set_title(f"{number}{between}{kind}", loc="center")
        if field.ndim == 1:
            axes.plot(np.arange(field.size), field, color=BLUE, linewidth=1)
            axes.set(xlabel="$x$  [lattice units]", ylim=(-1.3 * reach, 1.3 * reach))
            continue
        image = axes.imshow(
            plane_of(field), cmap=_COLOURS, vmin=-reach, vmax=reach,
            interpolation="nearest", origin="lower",
        )  # fmt: skip
        axes.set(xticks=[], yticks=[])
        axes.grid(False)
        axes.spines[:].set_visible(True)
    label = r"$\phi(x)$  [lattice units]"
    if image is None:
        row[0].set_ylabel(label)
        return
    bar = figure.colorbar(image, ax=row, fraction=0.05, pad=0.015, aspect=14)
    bar.set_label(label)
    bar.outline.set_linewidth(0.5)  # pyright: ignore[reportCallIssue]


def _histogram(axes: Axes, view: LayerView, stage: int, target: LayerTarget | None) -> None:
    edges, counts = view.edges[stage], view.counts[stage]
    density = counts / max(1, counts.sum()) / np.diff(edges)
    axes.stairs(density, edges, fill=True, color=BLUE, alpha=0.35)
    axes.stairs(density, edges, color=BLUE)
    if target is not None:
        axes.stairs(target.density, target.edges, color=BLACK, linestyle="--", linewidth=1)


def _correlator(axes: Axes, view: LayerView, stage: int, target: LayerTarget | None) -> None:
    value, error = view.two_point[stage], view.two_point_error[stage]
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
    if target is not None:
        label = plain_text(target.name)
        axes.plot(t, target.two_point[t], color=BLACK, linestyle="--", linewidth=1, label=label)
    axes.set_xlabel("$t$  [lattice units]")


def _limits(view: LayerView, stages: list[int]) -> tuple[float, float]:
    """Values of phi(x) that hold all but a thousandth of each histogram, symmetric."""
    reach = 0.0
    for stage in stages:
        share = np.cumsum(view.counts[stage]) / max(1, view.counts[stage].sum())
        inside = (share > 5e-4) & (share < 1 - 5e-4)
        centres = (view.edges[stage][1:] + view.edges[stage][:-1]) / 2
        reach = max(reach, *np.abs(centres[inside]), centres[-1] / 100)
    return -1.1 * reach, 1.1 * reach


def _range(view: LayerView, stages: list[int], target: LayerTarget | None) -> tuple[float, float]:
    """Limits of C(t): all that is seen, the upper limits where nothing is, and the target."""
    value, error = view.two_point[stages], view.two_point_error[stages]
    points = np.where(value > _SEEN * error, value, np.maximum(value, 0) + _SEEN * error)
    points = points[np.isfinite(points) & (points > 0)]
    if points.size == 0:
        return 0.1, 1.0
    highest = points.max() if target is None else max(points.max(), target.two_point.max())
    return 0.5 * float(points.min()), 2.0 * float(highest)
