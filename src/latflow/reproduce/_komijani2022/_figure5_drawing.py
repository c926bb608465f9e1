"""Drawing figure 5, and tau_int of the toy model against the number of blocks."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from latflow.reports.figures import SeriesStyle, new_figure, series_styles, styled
from latflow.reproduce._axes import WIDTH, plain_logarithmic
from latflow.reproduce._komijani2022._toy_model import (
    toy_acceptance,
    toy_autocorrelation,
    toy_tau_int,
)
from latflow.reproduce._komijani2022._toy_point import ToyPoint

_LEAST = 1e-3
# Substeps in the middle panel: it ends where slow chains have not decayed yet.
_LONGEST_LAG = 100.0


@styled
def toy_figure(points: Sequence[ToyPoint]) -> Figure:
    """Acceptance; autocorrelation by sigma; autocorrelation by blocks. Lines are exact."""
    figure = new_figure(WIDTH, 2.9)
    left, middle, right = figure.subplots(1, 3)
    single = [point for point in points if point.blocks == 1]
    sigma = np.linspace(0.01, 1.1 * max(p.sigma for p in single), 200)
    left.plot(sigma, [toy_acceptance(float(s)) for s in sigma], color="0.3", linewidth=1,
              label=r"$\mathrm{erfc}(\sigma/2)$")  # fmt: skip
    left.errorbar(
        [p.sigma for p in single], [p.acceptance.value for p in single],
        [p.acceptance.error for p in single], linestyle="none", marker="o", label="simulation",
    )  # fmt: skip
    left.set(xlabel=r"$\sigma$", ylabel="acceptance", ylim=(0, 1.02), title="acceptance")
    left.legend()
    styles = series_styles(f"{point.sigma:g}" for point in single)
    for point in single:
        label = rf"$\sigma = {point.sigma:g}$"
        _autocorrelation(middle, point, styles[f"{point.sigma:g}"], label, _LONGEST_LAG)
    blocked = _blocked(points)
    styles = series_styles(str(point.blocks) for point in blocked)
    longest = 2 * max(toy_tau_int(p.sigma, p.blocks) for p in blocked)
    for point in blocked:
        words = "block" if point.blocks == 1 else "blocks"
        _autocorrelation(
            right, point, styles[str(point.blocks)], f"{point.blocks} {words}", longest
        )
    middle.set(title="one block", ylabel="$R(n)/R(0)$")
    right.set(title=rf"$\sigma = {blocked[0].sigma:g}$, in blocks")
    for axes in (middle, right):
        axes.set(yscale="log", ylim=(5 * _LEAST, 12), xlabel="$n$  [substeps]")
        axes.yaxis.set_major_formatter("{x:g}")
        axes.legend(fontsize=7, loc="upper right", ncols=2)
    return figure


@styled
def tau_figure(points: Sequence[ToyPoint]) -> Figure:
    """tau_int against the number of blocks: exact for any, simulated for some."""
    figure = new_figure(WIDTH / 2, 2.8)
    axes = figure.subplots()
    blocked = _blocked(points)
    (sigma,) = {point.sigma for point in blocked}
    numbers = np.unique(np.geomspace(1, 2 * max(p.blocks for p in blocked), 60).round())
    exact = [toy_tau_int(sigma, int(n)) for n in numbers]
    axes.plot(numbers, exact, color="0.3", linewidth=1, label="exact")
    axes.errorbar(
        [p.blocks for p in blocked], [p.tau_int.value for p in blocked],
        [p.tau_int.error for p in blocked], linestyle="none", marker="o", label="simulation",
    )  # fmt: skip
    axes.set(xscale="log", xlabel="number of blocks", title=rf"$\sigma = {sigma:g}$",
             ylabel=r"$\tau_{\mathrm{int}}(y)$  [substeps]")  # fmt: skip
    axes.set_xticks([p.blocks for p in blocked], [str(p.blocks) for p in blocked])
    axes.minorticks_off()
    plain_logarithmic(axes.yaxis)
    axes.legend()
    return figure


def _blocked(points: Sequence[ToyPoint]) -> list[ToyPoint]:
    """The points with the sigma that was cut into blocks, by number of blocks."""
    (sigma,) = {point.sigma for point in points if point.blocks > 1}
    return sorted((p for p in points if p.sigma == sigma), key=lambda point: point.blocks)


def _autocorrelation(
    axes: Axes, point: ToyPoint, look: SeriesStyle, label: str, longest: float
) -> None:
    fine = np.arange(0, longest + 1, max(1, longest // 200)).round()
    exact = toy_autocorrelation(point.sigma, fine, point.blocks)
    axes.plot(fine, exact, color=look.colour, linewidth=1, linestyle="--")
    shown = (point.lags <= longest) & (point.autocorrelation > _LEAST)
    axes.errorbar(
        point.lags[shown], point.autocorrelation[shown], point.error[shown], color=look.colour,
        marker=look.marker, markersize=3, linestyle="none", label=label,
    )  # fmt: skip
