"""The figures: quality and cost against the lattice size."""

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from latflow.reports.figures import new_figure, series_styles, styled
from latflow.reproduce._axes import WIDTH, guided, legend_outside, plain_logarithmic
from latflow.reproduce._singha2026._plan import CLUSTER, FLOW, HMC, ROTATION
from latflow.reproduce._singha2026._size import Size

LABELS: Mapping[str, str] = {
    CLUSTER: "cluster",
    HMC: "HMC",
    FLOW: "coarse to fine, independence",
    ROTATION: "coarse to fine, rotation HMC",
}
"""Of the chains."""


@styled
def cost_figure(sizes: Sequence[Size]) -> Figure:
    """Left: ESS against L. Right: processor time for an independent sample of M^2."""
    figure = new_figure(WIDTH, 3.1)
    left, right = figure.subplots(1, 2)
    styles = series_styles(list(LABELS))
    extents = [size.extent for size in sizes]
    left.errorbar(
        extents, [size.ess.value for size in sizes], [size.ess.error for size in sizes],
        **guided(styles[FLOW]),
    )  # fmt: skip
    left.set(xlabel="$L/a$", ylabel="effective sample size", ylim=(0, 1))
    for name, label in LABELS.items():
        seconds = [size.costs[name].seconds for size in sizes]
        right.errorbar(
            extents, [1e3 * one.value for one in seconds], [1e3 * one.error for one in seconds],
            label=label, **guided(styles[name]),
        )  # fmt: skip
    right.set(xlabel="$L/a$", ylabel="CPU time per independent $M^2$  [ms]")
    plain_logarithmic(right.yaxis)
    for axes in (left, right):
        plain_logarithmic(axes.xaxis)
        axes.xaxis.set_major_locator(FixedLocator(extents))
        axes.xaxis.set_minor_locator(NullLocator())
    legend_outside(figure, right, columns=4)
    return figure
