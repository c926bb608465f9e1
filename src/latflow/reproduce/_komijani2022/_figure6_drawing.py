"""Drawing figure 6: acceptance and cost of block updating."""

from collections.abc import Callable, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from latflow.analysis import Estimate
from latflow.reports.figures import SeriesStyle, new_figure, series_styles, styled
from latflow.reproduce._axes import (
    WIDTH,
    guided,
    legend_above,
    plain_logarithmic,
)
from latflow.reproduce._komijani2022._block_point import OBSERVABLES, BlockPoint

_SYMBOLS = {"m": "M", "chi2": "M^2", "ising_energy": "E"}


@styled
def acceptance_figure(points: Sequence[BlockPoint]) -> Figure:
    """Acceptance of a block's update against kappa, by number of blocks."""
    figure = new_figure(WIDTH / 2, 3.1)
    axes = figure.subplots()
    numbers = sorted({point.blocks for point in points})
    styles = series_styles(str(number) for number in numbers)
    for number in numbers:
        own = [point for point in points if point.blocks == number]
        words = "block" if number == 1 else "blocks"
        axes.errorbar(
            [point.kappa for point in own],
            [point.acceptance.value for point in own],
            [point.acceptance.error for point in own],
            label=f"{number} {words}",
            **guided(styles[str(number)]),
        )
    extent = points[0].extent
    axes.set(xlabel=r"$\kappa$", ylabel="acceptance of an update", ylim=(0, 1),
             title=rf"block updating, $L^2 = {extent}^2$")  # fmt: skip
    axes.set_xticks(sorted({point.kappa for point in points}))
    legend_above(axes, columns=2)
    return figure


@styled
def cost_figure(points: Sequence[BlockPoint]) -> Figure:
    """tau_int in sweeps and in flow evaluations, and seconds, of M, M^2 and E by coupling."""
    figure = new_figure(WIDTH, 6.2)
    grid = figure.subplots(3, len(OBSERVABLES), sharex=True, sharey="row")
    kappas = sorted({point.kappa for point in points})
    styles = series_styles(f"{kappa:.2f}" for kappa in kappas)
    rows: tuple[tuple[str, Callable[[BlockPoint, str], Estimate]], ...] = (
        (r"$\tau_{\mathrm{int}}$  [sweeps]", lambda point, name: point.tau_int[name]),
        (r"$\tau_{\mathrm{int}}$  [flow evaluations]", BlockPoint.evaluations),
        ("time per\nindependent sample  [s]", BlockPoint.cost),
    )
    for line, (title, number) in zip(grid, rows, strict=True):
        line[0].set_ylabel(title)
        for axes, name in zip(line, OBSERVABLES, strict=True):
            for kappa in kappas:
                own = [point for point in points if point.kappa == kappa]
                _series(axes, own, [number(point, name) for point in own], kappa, styles)
            axes.set_xscale("log")
        plain_logarithmic(line[0].yaxis)
    blocks = sorted({point.blocks for point in points})
    for axes, name in zip(grid[0], OBSERVABLES, strict=True):
        axes.set_title(f"${_SYMBOLS[name]}$")
    for axes in grid[-1]:
        axes.set_xlabel("number of blocks")
        axes.set_xticks(blocks, [str(number) for number in blocks])
        axes.minorticks_off()
    grid[0, 0].legend(loc="best", fontsize=7)
    return figure


def _series(
    axes: Axes,
    points: Sequence[BlockPoint],
    values: Sequence[Estimate],
    kappa: float,
    styles: dict[str, SeriesStyle],
) -> None:
    axes.errorbar(
        [point.blocks for point in points],
        [value.value for value in values],
        [value.error for value in values],
        label=rf"$\kappa = {kappa:.2f}$",
        **guided(styles[f"{kappa:.2f}"]),
    )
