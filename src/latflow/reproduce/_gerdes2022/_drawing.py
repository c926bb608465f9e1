"""The figures: quality against lattice size, and against training."""

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from latflow.analysis import Estimate
from latflow.reports.figures import new_figure, series_styles, styled
from latflow.reproduce._axes import WIDTH, guided, legend_outside, plain_logarithmic
from latflow.reproduce._curves import Curve
from latflow.reproduce._gerdes2022._size import Size


@styled
def size_figure(sizes: Sequence[Size], published_at: int, published: Estimate) -> Figure:
    """Left: ESS against L, with the paper's. Right: Var(log w) of a site."""
    figure = new_figure(WIDTH, 3.0)
    left, right = figure.subplots(1, 2)
    look = series_styles(["ours", "published"])
    extents = [size.extent for size in sizes]
    left.errorbar(
        extents, [s.ess.value for s in sizes], [s.ess.error for s in sizes],
        label="latflow", **guided(look["ours"]),
    )  # fmt: skip
    left.plot(
        [published_at], [published.value], linestyle="none", marker="*", markersize=9,
        color=look["published"].colour, label="Gerdes et al. (256 samples)",
    )  # fmt: skip
    left.set(xlabel="$L/a$", ylabel="effective sample size", ylim=(0, 1))
    per_site = [1e3 / size.extent**2 for size in sizes]
    right.errorbar(
        extents,
        [s.variance.value * share for s, share in zip(sizes, per_site, strict=True)],
        [s.variance.error * share for s, share in zip(sizes, per_site, strict=True)],
        **guided(look["ours"]),
    )
    right.set(xlabel="$L/a$", ylabel=r"$10^3\,\mathrm{Var}(\log w)\,a^2/L^2$")
    plain_logarithmic(right.yaxis)
    for axes in (left, right):
        plain_logarithmic(axes.xaxis)
        axes.xaxis.set_major_locator(FixedLocator(extents))
        axes.xaxis.set_minor_locator(NullLocator())
    legend_outside(figure, left)
    return figure


@styled
def training_figure(curves: Mapping[int, Curve]) -> Figure:
    """1 - ESS, as the batches of training estimate it, against the step on each lattice."""
    figure = new_figure(WIDTH / 2, 3.1)
    axes = figure.subplots()
    styles = series_styles([str(extent) for extent in curves])
    for extent, (steps, ess) in curves.items():
        look = styles[str(extent)]
        axes.plot(
            steps, 1 - ess, color=look.colour, linestyle=look.dash, linewidth=1.2,
            label=f"$L = {extent}$",
        )  # fmt: skip
    axes.set(xlabel="training step", ylabel="1 − effective sample size of a batch")
    plain_logarithmic(axes.xaxis)
    plain_logarithmic(axes.yaxis)
    legend_outside(figure, axes, columns=4)
    return figure
