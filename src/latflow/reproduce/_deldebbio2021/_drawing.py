"""The figures: acceptance against training, and what 70 % cost against the lattice."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from latflow.analysis import PowerLawFit
from latflow.reports import value_with_error
from latflow.reports.figures import GREY, SeriesStyle, new_figure, series_styles, styled
from latflow.reproduce._axes import WIDTH, guided, legend_outside, plain_logarithmic
from latflow.reproduce._deldebbio2021._cost import Cost, Trained

QUANTITIES: Mapping[str, str] = {
    "configurations": "configurations to reach it",
    "cpu_seconds": "CPU time to reach it  [s]",
}
"""What is called a cost, as an axis says it."""


@styled
def acceptance_figure(trained: Sequence[Trained], level: float) -> Figure:
    """Acceptance that batches estimate against the step: one line for every training."""
    figure = new_figure(WIDTH / 2, 3.1)
    axes = figure.subplots()
    styles = series_styles(dict.fromkeys(str(one.extent) for one in trained))
    for extent, look in styles.items():
        own = [one for one in trained if str(one.extent) == extent]
        for number, one in enumerate(own):
            steps, acceptance = one.curve
            axes.plot(
                steps, acceptance, color=look.colour, linestyle=look.dash, linewidth=1.0,
                label=f"$L = {extent}$" if number == 0 else None,
            )  # fmt: skip
    axes.axhline(level, color=GREY, linewidth=0.8, linestyle=":")
    axes.set(xlabel="training step", ylabel="acceptance", ylim=(0, 1))
    plain_logarithmic(axes.xaxis)
    legend_outside(figure, axes, columns=3)
    return figure


@styled
def cost_figure(
    costs: Sequence[Cost], fits: Mapping[str, PowerLawFit | None], level: float, published: float
) -> Figure:
    """Configurations and CPU time against L, with fits; triangles are lower bounds.

    Args:
        costs: of all lattices.
        fits: by name of the cost.
        level: the acceptance.
        published: exponent of the dotted lines, which begin at the smallest lattice.
    """
    figure = new_figure(WIDTH, 3.1)
    panels = figure.subplots(1, 2)
    look = series_styles(["ours"])["ours"]
    for place, (axes, (name, words)) in enumerate(zip(panels, QUANTITIES.items(), strict=True)):
        _panel(axes, costs, fits.get(name), place, look, published)
        axes.set(xlabel=r"$L = 4\,\xi$", ylabel=words)
        axes.set(title=f"acceptance {level:.0%}".replace("%", " %"))
        plain_logarithmic(axes.yaxis)
        plain_logarithmic(axes.xaxis)
        axes.xaxis.set_major_locator(FixedLocator([cost.extent for cost in costs]))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.legend(fontsize=7, loc="upper left")
    return figure


def _panel(
    axes: Axes,
    costs: Sequence[Cost],
    fit: PowerLawFit | None,
    place: int,
    look: SeriesStyle,
    published: float,
) -> None:
    """One kind of cost: the points, the bounds, the fit and the published power."""
    known = [(cost.extent, (cost.configurations, cost.cpu_seconds)[place]) for cost in costs]
    points = [(extent, one) for extent, one in known if one is not None]
    bounds = [(cost.extent, cost.at_least[place]) for cost in costs if cost.at_least is not None]
    if bounds:
        axes.plot(
            [extent for extent, _ in bounds], [most for _, most in bounds],
            color=look.colour, marker="^", linestyle="none", markerfacecolor="none", markersize=4.5,
            label="not reached: at least",
        )  # fmt: skip
    if not points:
        return
    extents = np.array([extent for extent, _ in points], float)
    marks = guided(look)
    marks["linestyle"] = "none"
    axes.errorbar(
        extents, [one.value for _, one in points], [one.error for _, one in points],
        label="latflow", **marks,
    )  # fmt: skip
    line = np.geomspace(costs[0].extent, costs[-1].extent, 50)
    if fit is not None:
        words = value_with_error(fit.exponent, fit.exponent_error)
        axes.plot(
            line, fit.alpha * line**fit.exponent, color=look.colour, linewidth=1.0,
            linestyle="--", label=rf"$\propto\xi^z$,  $z$ = {words}",
        )  # fmt: skip
    begin = points[0][1].value * (line / extents[0]) ** published
    axes.plot(
        line, begin, color=GREY, linewidth=1.0, linestyle=":",
        label=rf"published: $\sim\xi^{{{published:g}}}$",
    )  # fmt: skip
