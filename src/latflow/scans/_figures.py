"""The figures of a scan: critical slowing down, and what an independent sample costs."""

import math
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, NullFormatter, ScalarFormatter

from latflow.analysis import Estimate
from latflow.reports import value_with_error
from latflow.reports._labels import plain_text
from latflow.reports.figures import SeriesStyle, series_styles, style
from latflow.reports.figures._style import new_figure, styled
from latflow.runs.store._atomic import written_aside
from latflow.scans._fits import Scaling
from latflow.scans._length import SLOW_OBSERVABLES
from latflow.scans._result import PointResult

FORMATS = ("pdf", "svg", "png")
_SYMBOLS = {"m": "M", "chi2": "M^2", "ising_energy": "E"}
_KERNELS = {
    "hmc": "HMC",
    "fourier-hmc": "Fourier HMC",
    "metropolis": "Metropolis",
    "cluster": "cluster",
    "independence": "flow",
    "block-updating": "flow, by blocks",
    "flow-local": "flow and local",
    "flow-hmc": "flow HMC",
}
# The width of a page, in inches: the figures need no scaling in a paper.
_WIDTH = 7.0
_PANEL_HEIGHT, _LINE_HEIGHT = 2.6, 0.17
_RESOLUTION = 200
# Of a panel's width.
_LABEL_WIDTH = 0.09
# Characters of a legend.
_LONGEST_LINE = 20


@styled
def tau_figure(points: Sequence[PointResult], scalings: Sequence[Scaling]) -> Figure:
    """tau_int of M, M^2 and E against L by kernel, with the fitted power laws.

    Args:
        points: every ensemble with every kernel.
        scalings: their fits; those against L are drawn.
    """
    fits = {(s.kernel, s.observable): s.fit for s in scalings if s.against == "L"}
    figure, panels, styles = _panels(points)
    for name, axes in panels.items():
        keys = []
        for kernel, look in styles.items():
            own = [p for p in points if p.kernel == kernel and name in p.tau_int]
            fit = fits.get((kernel, name))
            label = _words(kernel)
            if fit is not None:
                z = value_with_error(fit.exponent, fit.exponent_error)
                label += f",\n$z$ = {z}" if "\n" in label else f",  $z$ = {z}"
                extents = [p.extent for p in own]
                x = np.geomspace(0.94 * min(extents), 1.06 * max(extents), 100)
                axes.plot(x, fit.alpha * x**fit.exponent, color=look.colour, linestyle=look.dash,
                          linewidth=1.0)  # fmt: skip
            _errorbars(axes, own, [p.tau_int[name] for p in own], look)
            keys.append(_key(look, label, line=fit is not None))
        axes.set(title=rf"$\tau_{{\mathrm{{int}}}}({_SYMBOLS[name]})$")
        axes.legend(handles=keys, loc="lower left", bbox_to_anchor=(-0.03, 1.12),
                    borderaxespad=0.0)  # fmt: skip
    _label(panels, points, r"$\tau_{\mathrm{int}}$  [kernel steps]")
    return figure


@styled
def cost_figure(points: Sequence[PointResult], training_spread: int) -> Figure:
    """Seconds per independent sample for M, M^2 and E against L by kernel.

    Where a flow was trained, full symbols include the training and open ones leave it out.

    Args:
        points: every ensemble with every kernel.
        training_spread: independent samples over which the training is spread.
    """
    figure, panels, styles = _panels(points, lines=1)
    trained = any(point.training_seconds > 0 for point in points)
    for name, axes in panels.items():
        for kernel, look in styles.items():
            own = [p for p in points if p.kernel == kernel and name in p.cost]
            total = [p.cost_with_training[name] for p in own]
            axes.plot([p.extent for p in own], [cost.value for cost in total], color=look.colour,
                      linestyle=look.dash, linewidth=0.8)  # fmt: skip
            _errorbars(axes, own, total, look)
            if any(p.training_seconds > 0 for p in own):
                _errorbars(axes, own, [p.cost[name] for p in own], look, filled=False)
        axes.set(title=f"independent in ${_SYMBOLS[name]}$")
    title = None
    if trained:
        title = f"full symbols: training spread over {training_spread:,} samples; open: without it"
    keys = [_key(look, _words(kernel), line=True) for kernel, look in styles.items()]
    figure.legend(handles=keys, loc="outside upper left", ncols=min(5, len(keys)), title=title,
                  title_fontsize=8, alignment="left")  # fmt: skip
    _label(panels, points, r"$2\,\tau_{\mathrm{int}}\times$ time per step  [s]")
    return figure


def save_figure(figure: Figure, folder: Path, name: str) -> list[Path]:
    """Write a figure as PDF, SVG and PNG; the same figure gives the same bytes.

    Returns:
        The files.
    """
    paths = []
    for extension in FORMATS:
        path = folder / f"{name}.{extension}"
        metadata = {"pdf": {"CreationDate": None}, "svg": {"Date": None}}.get(extension)
        with written_aside(path) as aside, style():
            figure.savefig(aside, format=extension, dpi=_RESOLUTION, metadata=metadata)
        paths.append(path)
    return paths


def _panels(
    points: Sequence[PointResult], lines: int | None = None
) -> tuple[Figure, dict[str, Axes], dict[str, SeriesStyle]]:
    """A panel for each observable that was measured, and the look of each kernel."""
    styles = series_styles(dict.fromkeys(point.kernel for point in points))
    names = [name for name in SLOW_OBSERVABLES if any(name in p.tau_int for p in points)]
    if lines is None:
        # Where a name takes several lines, its exponent takes one more.
        breaks = [_words(kernel).count("\n") for kernel in styles]
        lines = len(styles) + sum(n + 1 for n in breaks if n)
    height = _PANEL_HEIGHT + _LINE_HEIGHT * lines
    figure = new_figure(_WIDTH, height)
    axes = np.ravel(figure.subplots(1, max(len(names), 1), sharex=True, sharey=True))
    return figure, dict(zip(names, axes, strict=False)), styles


def _errorbars(
    axes: Axes,
    points: Sequence[PointResult],
    estimates: Iterable[Estimate],
    look: SeriesStyle,
    filled: bool = True,
) -> None:
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


def _key(look: SeriesStyle, label: str, line: bool) -> Line2D:
    """The legend's entry of a kernel."""
    key = Line2D([], [], color=look.colour, marker=look.marker, linewidth=1.0, label=label)
    key.set(linestyle=look.dash if line else "none")
    return key


def _words(kernel: str) -> str:
    """What a kernel is called in a paper; names of the user's own stay as they are, in lines that
    leave a panel its width."""
    lines = textwrap.wrap(kernel, _LONGEST_LINE) or [kernel]
    return _KERNELS.get(kernel, plain_text("\n".join(lines)))


def _label(panels: Mapping[str, Axes], points: Sequence[PointResult], quantity: str) -> None:
    extents = sorted({point.extent for point in points})
    for axes in panels.values():
        axes.set(xscale="log", yscale="log", xlabel="$L/a$")
        axes.xaxis.set_major_locator(FixedLocator(_labelled(extents)))
        axes.xaxis.set_major_formatter(ScalarFormatter())
        axes.xaxis.set_minor_locator(FixedLocator(extents))
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.yaxis.set_minor_formatter(NullFormatter())
        axes.margins(x=0.06)
    if panels:
        next(iter(panels.values())).set_ylabel(quantity)


def _labelled(extents: Sequence[int]) -> list[int]:
    """The extents whose labels do not overlap on a logarithmic axis."""
    span = math.log(extents[-1] / extents[0]) or 1.0
    kept = [extents[-1]]
    for extent in reversed(extents[:-1]):
        if math.log(kept[-1] / extent) > _LABEL_WIDTH * span:
            kept.append(extent)
    return kept[::-1]
