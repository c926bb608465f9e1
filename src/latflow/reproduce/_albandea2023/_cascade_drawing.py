"""Drawing the cascade: autocorrelation times and costs against L."""

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

from latflow.analysis import Estimate
from latflow.reports import value_with_error
from latflow.reports.figures import new_figure, series_styles, styled
from latflow.reproduce._albandea2023._cascade_point import CascadePoint
from latflow.reproduce._axes import WIDTH, guided, legend_outside, plain_logarithmic


@styled
def cascade_figure(points: Sequence[CascadePoint], fits: Mapping[str, Estimate]) -> Figure:
    """tau_int(M) with its exponents; time per independent sample, open symbols with training
    spread over ``TRAINING_SPREAD`` samples.

    Args:
        points: every chain on every level.
        fits: z by label.
    """
    figure = new_figure(WIDTH, 4.2)
    left, right = figure.subplots(1, 2)
    styles = series_styles(dict.fromkeys(point.label for point in points))
    for label, look in styles.items():
        own = [point for point in points if point.label == label]
        z = fits.get(label)
        words = label if z is None else rf"{label},  $z$ = {value_with_error(z.value, z.error)}"
        extents = [point.extent for point in own]
        taus = [point.tau_int for point in own]
        left.errorbar(
            extents, [tau.value for tau in taus], [tau.error for tau in taus],
            label=words, **guided(look),
        )  # fmt: skip
        costs = [point.cost for point in own]
        right.errorbar(
            extents, [cost.value for cost in costs], [cost.error for cost in costs],
            **guided(look),
        )  # fmt: skip
        if any(point.training_seconds for point in own):
            totals = [point.cost_with_training.value for point in own]
            right.plot(
                extents, totals, color=look.colour, marker=look.marker, linestyle=":",
                linewidth=0.8, markersize=3.5, markerfacecolor="none",
            )  # fmt: skip
    left.set(ylabel=r"$\tau_{\mathrm{int}}(M)$  [trajectories]")
    right.set(
        ylabel="time per independent sample  [s]",
        title="open: training included",
    )
    for axes in (left, right):
        axes.set_xlabel(r"$L = 4\,\xi$")
        axes.set_xscale("log")
        axes.set_xticks(sorted({p.extent for p in points}), sorted({str(p.extent) for p in points},
                                                                   key=int))  # fmt: skip
        axes.minorticks_off()
        plain_logarithmic(axes.yaxis)
    legend_outside(figure, left, columns=2)
    return figure
