"""Seconds of computing against independent samples: where training pays off."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from markupsafe import Markup
from matplotlib.figure import Figure

from latflow.reports.data import RunReport
from latflow.reports.figures._part import Drawing, FigurePart, styles_of
from latflow.reports.figures.look import GREY, WIDTH, Styles, new_figure, series_styles, styled
from latflow.reports.judgement import break_even as break_even_of
from latflow.reports.judgement import sample_cost
from latflow.reports.text import count_text, duration_text, plain_text


class CostLine(NamedTuple):
    """What a sampler costs, in seconds.

    Attributes:
        fixed: before the first sample (training).
        per_sample: per independent sample.
        error: statistical error of ``per_sample``.
    """

    fixed: float
    per_sample: float
    error: float


@styled
def break_even(
    costs: Mapping[str, CostLine],
    crossing: float | None = None,
    *,
    styles: Styles | None = None,
) -> Figure:
    """Total cost of n independent samples by sampler, with the bands of their errors.

    Args:
        costs: by sampler.
        crossing: where the cheapest flow overtakes the cheapest chain without training.
        styles: colours by sampler, where they are to be as in other figures.
    """
    styles = series_styles(costs, styles)
    figure = new_figure(0.75 * WIDTH, 3.1)
    axes = figure.subplots()
    cheapest = min(line.per_sample for line in costs.values())
    fixed = max(line.fixed for line in costs.values())
    middle = crossing if crossing is not None else max(1e4, fixed / cheapest)
    n = np.geomspace(max(1.0, 1e-4 * middle), 1e3 * middle, 200)
    for name, line in costs.items():
        style = styles[name]
        mean = line.fixed + n * line.per_sample
        spread = n * line.error if np.isfinite(line.error) else 0 * n
        axes.fill_between(
            n,
            np.maximum(mean - spread, 1e-3 * mean),
            mean + spread,
            color=style.colour,
            alpha=0.25,
            linewidth=0,
        )
        axes.plot(n, mean, color=style.colour, linestyle=style.dash, label=plain_text(name))
    axes.set(
        xscale="log",
        yscale="log",
        xlim=(n[0], n[-1]),
        xlabel="independent samples wanted",
        ylabel="computing time  [s]",
        title="Cost, training included",
    )
    if crossing is not None:
        time = min(line.fixed + crossing * line.per_sample for line in costs.values())
        axes.axvline(crossing, color=GREY, linewidth=0.8, linestyle=":")
        axes.annotate(
            f"break-even:\n{count_text(crossing)} samples,\n{duration_text(time)}",
            (crossing, time),
            xytext=(14, -16),
            textcoords="offset points",
            va="top",
            fontsize=8,
            arrowprops={"arrowstyle": "-", "color": GREY, "linewidth": 0.7},
        )
    axes.legend(loc="upper left")
    return figure


class CostFigure(FigurePart):
    """Where training pays off, against chains without."""

    name = "cost"
    title = "Cost and break-even"
    always = True

    def draw(self, report: RunReport) -> Drawing | None:
        """Of runs with both kinds of chains, whose costs are known."""
        result = break_even_of(report)
        if result is None:
            return None
        lines = {}
        for chain in report.chains:
            cost = sample_cost(report, chain)
            if cost is not None:
                fixed = result.training_seconds if chain.uses_model else 0.0
                lines[chain.name] = CostLine(fixed, cost.seconds, cost.error)
        crossing = result.samples if result.outcome == "pays off" else None
        slow = Markup(", ").join(report.labels.of_series(name).html for name in report.slow_names)
        caption = Markup(
            "Computing time of <i>n</i> independent configurations on this machine: training, "
            "plus <i>n</i> · 2τ<sub>int</sub> · time per sample, with the largest "
            "τ<sub>int</sub> of {} in each chain. Compilation and warm-up are left out. Bands are "
            "the errors of τ<sub>int</sub>. Left of the crossing the flow loses."
        ).format(slow)
        return Drawing(break_even(lines, crossing, styles=styles_of(report)), caption)
