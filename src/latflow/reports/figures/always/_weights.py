"""How close a flow is to its target, from the weights of its samples."""

import numpy as np
from jaxtyping import Float
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from latflow.analysis import pareto_shape
from latflow.reports.data import RunReport
from latflow.reports.figures._part import Drawing, FigurePart
from latflow.reports.figures.look import (
    BLACK,
    BLUE,
    GREY,
    VERMILION,
    new_figure,
    note,
    styled,
)

_MOST_POINTS = 5000
_BINS = 60

Samples = Float[np.ndarray, " samples"]


@styled
def weights(
    log_prob: Float[np.ndarray, " samples"],
    action: Float[np.ndarray, " samples"],
    log_z: float | None = None,
) -> Figure:
    """Scatter of log q against −S, and the histogram of log w = −S − log q.

    Args:
        log_prob: log q of independent samples of the flow.
        action: S of the same samples.
        log_z: logarithm of the partition function; from the samples themselves if not given.
    """
    log_weight = -action - log_prob
    usable = np.isfinite(log_weight) & np.isfinite(action)
    log_prob, action, log_weight = log_prob[usable], action[usable], log_weight[usable]
    if log_z is None:
        largest = log_weight.max()
        log_z = float(largest + np.log(np.mean(np.exp(log_weight - largest))))
    figure = new_figure()
    left, right = figure.subplots(1, 2)
    _scatter(left, log_prob, action, log_z)
    _histogram(right, log_weight - log_z)
    return figure


def _scatter(axes: Axes, log_prob: Samples, action: Samples, log_z: float) -> None:
    every = max(1, action.size // _MOST_POINTS)
    axes.plot(
        -action[::every],
        log_prob[::every],
        linestyle="none",
        marker=".",
        markersize=2.5,
        markeredgewidth=0,
        alpha=0.45,
        color=BLUE,
        rasterized=True,
    )
    ends = np.quantile(-action, (0.0005, 0.9995))
    axes.plot(
        ends,
        ends - log_z,
        color=BLACK,
        linewidth=0.8,
        zorder=1.5,
        label=r"perfect flow: $\log q = -S - \log Z$",
    )
    axes.set(xlabel="$-S$", ylabel=r"$\log q$", title="Density of the flow against the target")
    axes.legend(loc="upper left")


def _histogram(axes: Axes, centred: Samples) -> None:
    mean, deviation = float(centred.mean()), float(centred.std())
    axes.set(
        xlabel=r"$\log w - \log Z$",
        ylabel="probability density",
        title="Logarithm of the weights",
    )
    if deviation < 1e-9:
        note(axes, f"all weights are equal\n(spread {deviation:.1g})", where="upper right")
        axes.axvline(mean, color=BLUE)
        return
    density, edges = np.histogram(centred, bins=_BINS, density=True)
    axes.stairs(density, edges, fill=True, color=BLUE, alpha=0.35)
    axes.stairs(density, edges, color=BLUE, label="flow samples")
    lowest = 0.5 / (centred.size * (edges[1] - edges[0]))
    x = np.linspace(min(edges[0], mean - 4 * deviation), max(edges[-1], mean + 4 * deviation), 300)
    normal = np.exp(-0.5 * ((x - mean) / deviation) ** 2) / (np.sqrt(2 * np.pi) * deviation)
    axes.plot(x, normal, color=VERMILION, linestyle="--", label="log-normal, same variance")
    axes.axvline(0, color=GREY, linewidth=0.8, linestyle=":")
    axes.set_yscale("log")
    # Room above for the legend and the numbers.
    axes.set_ylim(lowest, 40 * max(density.max(), normal.max()))
    visible = np.flatnonzero(normal > lowest)
    low, high = min(edges[0], x[visible[0]]), max(edges[-1], x[visible[-1]])
    axes.set_xlim(low - 0.02 * (high - low), high + 0.02 * (high - low))
    axes.legend(loc="upper left")
    ess = np.mean(np.exp(centred)) ** 2 / np.mean(np.exp(2 * centred))
    note(
        axes,
        rf"$\sigma^2 = \mathrm{{Var}}(\log w) = {deviation**2:.3g}$"
        f"\nESS $= {ess:.3f}$\n"
        rf"$e^{{-\sigma^2}} = {np.exp(-(deviation**2)):.3f}$",
        where="upper right",
    )


def _about_tail(log_weight: Samples) -> str:
    """What the largest weights say about errors that are computed from weights."""
    shape = pareto_shape(log_weight)
    if np.isnan(shape):
        return ""
    words = (
        "the errors of ESS and log Z can be trusted"
        if shape < 0.5
        else "the errors of ESS and log Z are too small"
        if shape < 0.7
        else "ESS and log Z are dominated by a few weights, and their errors mean nothing"
    )
    rounded = f"{round(shape, 2) + 0.0:.2f}".replace("-", "−")  # no minus before a zero
    return f"Pareto k̂ = {rounded} of the largest weights: {words}."


class WeightsFigure(FigurePart):
    """How close the flow is to its target; of models with a density."""

    name = "weights"
    title = "Weights of the flow"
    always = True

    def draw(self, report: RunReport) -> Drawing | None:
        """From the fresh samples of the final model."""
        samples = report.evaluation
        # Of a model that a check has failed, narrow peaks and an ESS would be read as praise.
        if report.doubts:
            return None
        # Of annealing there are works, and no density.
        if not {"log_prob", "action"} <= set(samples) or "work" in report.details:
            return None
        usable = np.isfinite(samples["action"]) & np.isfinite(samples["log_prob"])
        if usable.sum() < 2:
            return None
        caption = Markup(
            "{} independent samples of the flow. <b>Left:</b> a perfect flow puts all points on "
            "the line; points below it are configurations that the flow draws too rarely. "
            "<b>Right:</b> log <i>w</i> = −<i>S</i> − log <i>q</i>. A narrow peak is good; a tail "
            "to the <b>right</b> of the dashed curve is a warning: rare configurations with large "
            "weights make chains stick. For log-normal weights ESS = e<sup>−σ²</sup>. {}"
        ).format(f"{usable.size:,}", _about_tail(-samples["action"] - samples["log_prob"]))
        figure = weights(samples["log_prob"], samples["action"], report.log_normalisation)
        return Drawing(figure, caption)
