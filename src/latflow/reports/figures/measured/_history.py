"""Histories and histograms of any slow series."""

import math
from collections.abc import Iterable, Mapping

import numpy as np
from jaxtyping import Float
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from latflow.reports.data import Label, RunReport
from latflow.reports.figures._part import Drawing, FigurePart, styles_of
from latflow.reports.figures.look import WIDTH, Styles, new_figure, series_styles, styled
from latflow.reports.figures.measured._beside import of_how_many, samples_shown
from latflow.reports.text import plain_text

_BINS = 61
_MOST_IN_HISTOGRAM = 400_000

Series = Float[np.ndarray, "chains samples"]


@styled
def history(
    series: Mapping[str, Mapping[str, Float[np.ndarray, "chains samples"]]],
    labels: Mapping[str, Label],
    *,
    styles: Styles | None = None,
) -> Figure:
    """The first samples of one chain of each sampler, and the distribution over all; a row each.

    Args:
        series: of one number per configuration, by quantity and sampler.
        labels: of the quantities.
        styles: colours by sampler, where they are to be as in other figures.
    """
    styles = series_styles((name for one in series.values() for name in one), styles)
    figure = new_figure(WIDTH, 0.5 + 1.9 * len(series))
    grid = figure.subplots(len(series), 2, squeeze=False, gridspec_kw={"width_ratios": (1.9, 1)})
    for row, (quantity, by_sampler) in zip(grid, series.items(), strict=True):
        edges = _edges(by_sampler.values())
        _histories(row[0], by_sampler, styles)
        _histograms(row[1], by_sampler, edges, styles)
        row[0].set(ylabel=labels[quantity].tex, ylim=(edges[0], edges[-1]))
        row[1].set(xlabel=labels[quantity].tex, xlim=(edges[0], edges[-1]))
        row[0].set_title(labels[quantity].words)
    longest = max((one for by in series.values() for one in by.values()), key=lambda v: v.shape[1])
    shown = min(samples_shown(by_sampler.values()) for by_sampler in series.values())
    more = of_how_many(shown, longest.shape[1])
    grid[-1, 0].set_xlabel(f"sample (as stored, one chain of each sampler{more})")
    grid[0, 1].legend(loc="upper right")
    return figure


def _histories(axes: Axes, series: Mapping[str, Series], styles: Styles) -> None:
    shown = samples_shown(series.values())
    for name, values in series.items():
        axes.plot(
            np.arange(shown),
            values[0, :shown],
            color=styles[name].colour,
            linewidth=0.7,
            alpha=0.8,
        )
    axes.set_xlim(0, shown)


def _histograms(
    axes: Axes, series: Mapping[str, Series], edges: np.ndarray, styles: Styles
) -> None:
    tallest = 0.0
    for name, values in series.items():
        flat = values.reshape(-1)
        flat = flat[:: max(1, flat.size // _MOST_IN_HISTOGRAM)]
        counts, _ = np.histogram(flat, bins=edges)
        density = counts / (flat.size * np.diff(edges))
        style = styles[name]
        axes.stairs(density, edges, fill=True, color=style.colour, alpha=0.12)
        axes.stairs(
            density, edges, color=style.colour, linestyle=style.dash, label=plain_text(name)
        )
        tallest = max(tallest, float(density.max()))
    # Room above for the legend.
    axes.set(ylabel="probability density", ylim=(0, (1.05 + 0.17 * len(series)) * tallest))


def _edges(series: Iterable[Series]) -> Float[np.ndarray, " edges"]:
    """Bins that hold all but the rarest values, with a margin."""
    low = min(float(np.quantile(values, 5e-4)) for values in series)
    high = max(float(np.quantile(values, 1 - 5e-4)) for values in series)
    margin = 0.06 * (high - low) or 0.5 * max(abs(low), 1e-12)
    if not math.isfinite(margin) or low - margin == low:
        margin = 1.0
    return np.linspace(low - margin, high + margin, _BINS + 1)


class HistoryFigure(FigurePart):
    """The slow series of the observables that name it."""

    name = "history"
    title = "Histories"
    serves = ("slow series of one number per configuration",)

    def draw(self, report: RunReport) -> Drawing | None:
        """One row for each slow series."""
        wanted = [
            one.name
            for observable in report.observables
            if self.name in observable.figures
            for one in observable.slow
        ]
        series = {
            name: {
                chain.name: chain.slow_series[name]
                for chain in report.chains
                if name in chain.slow_series
            }
            for name in wanted
        }
        series = {name: by_chain for name, by_chain in series.items() if by_chain}
        if not series:
            return None
        labels = {name: report.labels.of_series(name) for name in series}
        caption = Markup(
            "<b>Left:</b> sample by sample, one chain of each sampler: no drift, and the same "
            "everywhere. Plateaus are rejections; slow waves are long autocorrelations. "
            "<b>Right:</b> the distributions of all chains should coincide."
        )
        return Drawing(history(series, labels, styles=styles_of(report)), caption)
