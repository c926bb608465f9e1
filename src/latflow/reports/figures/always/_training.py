"""How training went: loss and quality of the weights against the step."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float, Real
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from latflow.reports.data import RunReport
from latflow.reports.figures._part import Drawing, FigurePart
from latflow.reports.figures.look import BLACK, BLUE, GREEN, VERMILION, new_figure, styled
from latflow.reports.text import plain_number, value_with_error

_MOST_POINTS = 250
# The gap to the smallest loss goes on a logarithmic axis only if noise leaves it positive.
_MOSTLY = 0.95
# As does a loss that is positive and falls by more than this.
_DECADES = 30.0
_QUALITIES = (("ess", "ESS", BLUE), ("acceptance", "acceptance", GREEN))

Series = Float[np.ndarray, " steps"]
Binned = Float[np.ndarray, " groups"]


@styled
def training_curves(
    metrics: Mapping[str, Real[np.ndarray, " steps"]],
    log_z: float | None = None,
    loss: str = r"$\langle\log q + S\rangle_q$",
) -> Figure:
    """Loss, effective sample size and acceptance against the step.

    Args:
        metrics: per step ``loss``, ``ess`` and, where there are, ``acceptance`` and ``step``.
        log_z: logarithm of the partition function: −log Z is the smallest possible loss. Given
            it, the gap is drawn, which is the Kullback-Leibler divergence KL(q‖p).
        loss: what the loss is, in symbols.
    """
    metrics = {name: np.asarray(values, dtype=np.float64) for name, values in metrics.items()}
    steps = metrics.get("step", np.arange(1.0, metrics["loss"].size + 1))
    shown = [quality for quality in _QUALITIES if quality[0] in metrics]
    figure = new_figure()
    panels = figure.subplots(1, 2 if shown else 1, squeeze=False)[0]
    _loss(panels[0], steps, metrics["loss"], log_z, loss)
    if shown:
        _quality(
            panels[1], steps, [(metrics[name], symbol, colour) for name, symbol, colour in shown]
        )
    return figure


def _quality(axes: Axes, steps: Series, curves: list[tuple[Series, str, str]]) -> None:
    for values, symbol, colour in curves:
        _curve(axes, steps, values, colour, symbol)
    axes.set(
        xlabel="training step",
        ylabel="fraction",
        ylim=(0, 1.02),
        title="Quality of the weights (one batch per step)",
    )
    axes.legend(loc="best")


def _loss(axes: Axes, steps: Series, loss: Series, log_z: float | None, symbol: str) -> None:
    axes.set(xlabel="training step")
    if log_z is not None:
        gap = loss + log_z
        middle = _bins(steps, gap)[1]
        if np.mean(middle[np.isfinite(middle)] > 0) >= _MOSTLY:
            _curve(axes, steps, np.where(gap > 0, gap, np.nan), VERMILION, None, mean=gap)
            axes.set_yscale("log")
            axes.set_ylabel(r"loss $+\ \log Z\,=\,\mathrm{KL}(q\,\Vert\,p)$")
            axes.set_title("Distance to the target")
            return
    _curve(axes, steps, loss, VERMILION, None)
    axes.set(ylabel=f"loss {symbol}", title="Loss")
    if log_z is not None:
        axes.axhline(-log_z, color=BLACK, linewidth=0.8, linestyle="--", label=r"$-\log Z$")
        axes.legend(loc="upper right")
    if _falls_by_decades(loss):
        axes.set_yscale("log")
    else:
        _look_past_the_start(axes, loss)


def _falls_by_decades(loss: Series) -> bool:
    finite = loss[np.isfinite(loss)]
    return bool(finite.size and finite.min() > 0 and finite.max() > _DECADES * finite.min())


def _curve(
    axes: Axes,
    steps: Series,
    values: Series,
    colour: str,
    name: str | None,
    mean: Series | None = None,
) -> None:
    """The mean over neighbouring steps, with the band that holds 80 % of them."""
    centre, middle, low, high = _bins(steps, values)
    if mean is not None:
        middle = _bins(steps, mean)[1]
    if values.size > _MOST_POINTS:
        axes.fill_between(centre, low, high, color=colour, alpha=0.22, linewidth=0)
    axes.plot(centre, middle, color=colour, label=name)


def _bins(steps: Series, values: Series) -> tuple[Binned, Binned, Binned, Binned]:
    """Centre, mean and the 10 % and 90 % quantiles of equal groups of neighbouring steps."""
    per_group = -(-values.size // _MOST_POINTS)
    groups = -(-values.size // per_group)
    # The last steps matter most: it is the first group that may not be full.
    filling = (groups * per_group - values.size, 0)
    grouped = np.pad(values, filling, constant_values=np.nan).reshape(groups, per_group)
    numbers = np.pad(steps, filling, constant_values=np.nan).reshape(groups, per_group)
    centre = np.nanmean(numbers, axis=1)
    mean, low, high = (np.full(groups, np.nan) for _ in range(3))
    some = np.isfinite(grouped).any(axis=1)
    mean[some] = np.nanmean(grouped[some], axis=1)
    if some.any():
        low[some], high[some] = np.nanquantile(grouped[some], (0.1, 0.9), axis=1)
    return centre, mean, low, high


def _look_past_the_start(axes: Axes, loss: Series) -> None:
    """Let the first steps, whose loss may be huge, leave the frame."""
    finite = loss[np.isfinite(loss)]
    if finite.size > 20:
        low, high = np.quantile(finite, (0.0, 0.95))
        axes.set_ylim(low - 0.05 * (high - low), high + 0.05 * (high - low))


class TrainingFigure(FigurePart):
    """How training went."""

    name = "training"
    title = "Training"
    always = True

    def draw(self, report: RunReport) -> Drawing | None:
        """Of runs with a model."""
        loss = report.metrics.get("loss")
        if loss is None or not np.isfinite(loss).any():
            return None
        smallest = report.smallest_loss
        log_z = None if smallest is None else -smallest
        # The quality of the weights is not known of a model that a check has failed.
        names = ("step", "loss") if report.doubts else tuple(report.metrics)
        shown = {name: values for name, values in report.metrics.items() if name in names}
        figure = training_curves(shown, log_z, report.loss.symbol)
        return Drawing(figure, _caption(report))


def _caption(report: RunReport) -> Markup:
    loss, smallest = report.loss, report.smallest_loss
    where = Markup("Shown is" if report.doubts else "<b>Left:</b>")
    if smallest is None:
        first = Markup("{} the loss {}. It should end flat.").format(where, loss.words)
    else:
        first = Markup(
            "{} how far the loss {} lies above its smallest possible value, "
            "−log <i>Z</i> = {}{}. It should end flat."
        ).format(
            where,
            loss.words,
            plain_number(smallest, 6),
            ""
            if report.log_z_ratio is None
            else Markup(" (<i>Z</i> in units of the prior's, which nobody knows)"),
        )
    final = ""
    if report.ess is not None:
        final = Markup(" After training, with fresh samples: ESS = {}.").format(
            value_with_error(report.ess.value, report.ess.error)
        )
    if report.ess_from_target is not None:
        final += Markup(
            " From configurations of the target, which know what the flow leaves out: ESS = {}."
        ).format(value_with_error(report.ess_from_target.value, report.ess_from_target.error))
    stages = (
        " The curves are those of the last stage; the table has all, measured with fresh samples."
        if report.training.get("stages")
        else ""
    )
    if report.doubts:
        failed = "What fresh samples say is not shown: the model has failed a check."
        return Markup("{} {}").format(first, failed)
    return Markup(
        "{} <b>Right:</b> effective sample size and acceptance of independence Metropolis, from "
        "one batch each (too optimistic where few weights dominate); one is a perfect flow. "
        "Lines are means over neighbouring steps, bands hold 80 % of them.{}{}"
    ).format(first, final, stages)
