"""The figure of the trainings: acceptance against the step."""

from collections.abc import Mapping

from matplotlib.figure import Figure

from latflow.reports.figures import GREY, new_figure, series_styles, styled
from latflow.reproduce._albergo2019._rounds import Trained
from latflow.reproduce._axes import WIDTH, legend_outside, plain_logarithmic


@styled
def training_figure(trained: Mapping[str, Trained]) -> Figure:
    """Acceptance that batches estimate against the step; dotted lines are what was aimed at."""
    figure = new_figure(WIDTH / 2, 3.1)
    axes = figure.subplots()
    styles = series_styles(list(trained))
    for name, one in trained.items():
        look, (steps, acceptance) = styles[name], one.curve
        axes.plot(
            steps, acceptance, color=look.colour, linestyle=look.dash, linewidth=1.2, label=name
        )
    for level in sorted({one.level for one in trained.values()}):
        axes.axhline(level, color=GREY, linewidth=0.8, linestyle=":")
    axes.set(xlabel="training step", ylabel="acceptance of a batch", ylim=(0, 1))
    plain_logarithmic(axes.xaxis)
    legend_outside(figure, axes)
    return figure
