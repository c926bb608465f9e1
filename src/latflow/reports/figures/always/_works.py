"""The works of annealing, there and back, and how the weights fare on the way."""

import numpy as np
from jaxtyping import Float
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from latflow.reports.data import RunReport
from latflow.reports.figures._part import Drawing, FigurePart
from latflow.reports.figures.look import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    VERMILION,
    logarithmic,
    new_figure,
    styled,
)

_BINS = 50

Works = Float[np.ndarray, " samples"]
ByLevel = Float[np.ndarray, "detailed levels"]


@styled
def works(
    forward: Works,
    by_level: ByLevel,
    backward: Float[np.ndarray, " ways"] | None = None,
    ess: Float[np.ndarray, "populations levels"] | None = None,
    log_z: float | None = None,
) -> Figure:
    """Histograms of the work of both directions, and ESS and variance level by level.

    Args:
        forward: works of ways from the prior to the target.
        by_level: of some of them, level by level.
        backward: what ways that end at configurations of the target cost, found by going back.
        ess: effective sample sizes of populations before they are resampled; without it those of
            the works so far.
        log_z: logarithm of the partition function, which the histograms cross at minus of.
    """
    figure = new_figure()
    left, right = figure.subplots(1, 2)
    _histograms(left, forward, backward, log_z)
    _on_the_way(right, by_level, ess)
    return figure


def _histograms(
    axes: Axes,
    forward: Works,
    backward: Float[np.ndarray, " ways"] | None,
    log_z: float | None,
) -> None:
    shown = forward if backward is None else np.concatenate([forward, backward])
    edges = np.histogram_bin_edges(shown, bins=_BINS).tolist()
    axes.hist(forward, edges, density=True, alpha=0.45, color=BLUE, label="there")
    if backward is not None:
        axes.hist(backward, edges, density=True, alpha=0.45, color=VERMILION, label="back")
    if log_z is not None:
        axes.axvline(-log_z, color=BLACK, linewidth=0.8, linestyle="--", label=r"$-\log Z$")
    axes.set(xlabel="work $W$", ylabel="probability density", title="Work of annealing")
    axes.legend(loc="upper right")


def _on_the_way(
    axes: Axes, by_level: ByLevel, ess: Float[np.ndarray, "populations levels"] | None
) -> None:
    levels = np.arange(1, by_level.shape[1] + 1)
    so_far = ess.mean(axis=0) if ess is not None else _ess_so_far(by_level)
    axes.plot(levels, so_far, color=BLUE, label="ESS")
    axes.set(xlabel="level", ylabel="effective sample size", title="On the way", ylim=(0, 1.05))
    other = axes.twinx()
    other.plot(levels, by_level.var(axis=0), color=GREEN, linestyle="-.", label="Var$(W_k)$")
    other.set_ylabel("variance of a level's work", color=GREEN)
    other.axhline(0, color=GREY, linewidth=0)
    if (by_level.var(axis=0) > 0).all():
        logarithmic(other)
    handles = [axes.get_lines()[0], other.get_lines()[0]]
    axes.legend(handles, ["ESS", "Var$(W_k)$"], loc="lower left")


def _ess_so_far(by_level: ByLevel) -> Float[np.ndarray, " levels"]:
    log_weight = -np.cumsum(by_level, axis=1)
    weight = np.exp(log_weight - log_weight.max(axis=0))
    return weight.sum(axis=0) ** 2 / (weight.shape[0] * (weight**2).sum(axis=0))


class WorksFigure(FigurePart):
    """What annealing costs in work, there and back."""

    name = "works"
    title = "Work of annealing"
    always = True

    def draw(self, report: RunReport) -> Drawing | None:
        """From the fresh samples of an annealed model."""
        by_level, samples = report.details.get("work"), report.evaluation
        if by_level is None or "log_weight" not in samples:
            return None
        forward, backward = -samples["log_weight"], samples.get("target_log_weight")
        backward = None if backward is None else -backward
        given = [forward, by_level, *([] if backward is None else [backward])]
        if not all(np.isfinite(one).all() for one in given) or by_level.shape[0] < 2:
            return None
        caption = Markup(
            "<b>Left:</b> the work <i>W</i> of {} independent ways from the prior to the target"
            "{}. ⟨e<sup>−<i>W</i></sup>⟩ = <i>Z</i> whatever the histogram: one that reaches "
            "little beyond −log <i>Z</i> to the left tells little of it. <b>Right:</b> the "
            "effective sample size as far as a level, and how much the work of the level varies: "
            "a protocol is good where that is the same everywhere."
        ).format(f"{forward.size:,}", _about_back(backward))
        drawn = works(
            forward, by_level, backward, report.details.get("ess"), report.log_normalisation
        )
        return Drawing(drawn, caption)


def _about_back(backward: Works | None) -> Markup:
    if backward is None:
        return Markup("")
    return Markup(
        ", and of {} ways back from configurations of the target; where they are the "
        "time reversal of those there both cross at −log <i>Z</i> (Crooks)"
    ).format(f"{backward.size:,}")
