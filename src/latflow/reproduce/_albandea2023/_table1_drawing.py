"""Drawing table 1, with what the settings that it leaves open change."""

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from latflow.reports.figures import SeriesStyle, new_figure, series_styles, styled
from latflow.reproduce._albandea2023._flows import STARTS, Flow
from latflow.reproduce._albandea2023._plan import TABLE_EXTENT, Plan
from latflow.reproduce._albandea2023._published import TABLE_1, TABLE_1_HMC
from latflow.reproduce._axes import WIDTH, guided, legend_outside, plain_logarithmic
from latflow.scans import PointResult


@styled
def table_figure(hmc: PointResult, points: Mapping[Flow, PointResult], plan: Plan) -> Figure:
    """tau_int(M) against the kernel size and the training steps; bands are the published times.

    Args:
        hmc: without a flow.
        points: flow HMC with every flow.
        plan: which flows are the table's.
    """
    figure = new_figure(WIDTH, 3.3)
    left, right = figure.subplots(1, 2, sharey=True)
    styles = series_styles(STARTS)
    for axes in (left, right):
        _published(axes, styles)
        tau = hmc.tau_int["m"]
        axes.axhline(tau.value, color="black", linewidth=0.8, linestyle=":")
    for start, words in STARTS.items():
        look = styles[start]
        own = [flow for flow in points if flow.start == start]
        by_size = [f for f in own if f.training_steps == plan.training_steps]
        by_steps = sorted(
            (f for f in own if f.kernel_size == plan.kernel_size), key=lambda f: f.training_steps
        )
        for axes, flows, x in (
            (left, by_size, [flow.kernel_size for flow in by_size]),
            (right, by_steps, [flow.training_steps for flow in by_steps]),
        ):
            taus = [points[flow].tau_int["m"] for flow in flows]
            axes.errorbar(
                x,
                [tau.value for tau in taus],
                [tau.error for tau in taus],
                label=f"from {words}",
                **guided(look),
            )
    left.set(
        xlabel="kernel size", xticks=plan.kernel_sizes,
        title=f"{plan.training_steps} training steps",
        ylabel=rf"$\tau_{{\mathrm{{int}}}}(M)$ at $L = {TABLE_EXTENT}$  [trajectories]",
    )  # fmt: skip
    right.set(xlabel="training steps", title=f"kernel size {plan.kernel_size}")
    if plan.other_training_steps:
        plain_logarithmic(right.xaxis)
    else:
        right.set_xticks([plan.training_steps])
    left.set_ylim(bottom=0)
    legend_outside(figure, left, columns=3)
    return figure


def _published(axes: Axes, styles: Mapping[str, SeriesStyle]) -> None:
    for start, (value, error) in TABLE_1.items():
        axes.axhspan(
            value - error, value + error, color=styles[start].colour, alpha=0.2, linewidth=0
        )
    value, error = TABLE_1_HMC
    axes.axhspan(value - error, value + error, color="black", alpha=0.12, linewidth=0)
