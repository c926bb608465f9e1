"""How the chains came to equilibrium: slow series from the first transition on."""

from collections.abc import Mapping

import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from latflow.reports.data import ChainReport, Label, RunReport
from latflow.reports.figures._part import Drawing, FigurePart, styles_of
from latflow.reports.figures.always._along_chain import Along, slow_along, stretches
from latflow.reports.figures.look import GREY, WIDTH, Styles, new_figure, series_styles, styled
from latflow.reports.text import plain_text

_COLUMNS = 2
_STARTS = {"hot": "hot start", "cold": "cold start", "prior": "start from the model"}


@styled
def thermalisation(
    series: Mapping[str, Mapping[str, Along]],
    labels: Mapping[str, Label],
    starts: Mapping[str, str],
    *,
    styles: Styles | None = None,
) -> Figure:
    """Means over all chains of a block against the transition, from the first one on.

    Args:
        series: by quantity and block.
        labels: of the quantities.
        starts: how each block started, in words.
        styles: colours by block, where they are to be as in other figures.
    """
    styles = series_styles((name for one in series.values() for name in one), styles)
    columns = min(_COLUMNS, len(series))
    rows = -(-len(series) // columns)
    figure = new_figure(WIDTH if columns > 1 else 0.7 * WIDTH, 0.6 + 2.3 * rows)
    grid = figure.subplots(rows, columns, squeeze=False).reshape(-1)
    for axes, (quantity, by_block) in zip(grid, series.items(), strict=False):
        for name, along in by_block.items():
            _curve(axes, along, plain_text(name) + ", " + starts[name], styles, name)
        shade_warm_up(axes, by_block, styles)
        axes.set(xscale="log", ylabel=labels[quantity].tex, title=labels[quantity].words)
        axes.set_xlabel("transitions since the start")
    for axes in grid[len(series) :]:
        axes.remove()
    handles, names = grid[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=min(3, len(names)))
    return figure


def _curve(axes: Axes, along: Along, label: str, styles: Styles, name: str) -> None:
    style, found = styles[name], stretches(along, logarithmic=True)
    axes.plot(found.transition, found.mean, color=style.colour, linestyle=style.dash, label=label)
    if np.isfinite(found.error).all():
        axes.fill_between(
            found.transition, found.mean - found.error, found.mean + found.error,
            color=style.colour, alpha=0.2, linewidth=0,
        )  # fmt: skip


def shade_warm_up(axes: Axes, by_block: Mapping[str, Along], styles: Styles) -> None:
    """The warm-up in grey; where blocks differ, up to the shortest, and a line for the others."""
    lengths = {name: along.warm_up for name, along in by_block.items() if along.warm_up}
    if not lengths:
        return
    shortest = min(lengths.values())
    axes.axvspan(0 if axes.get_xscale() == "linear" else 1e-3, shortest, color=GREY, alpha=0.15)
    for name, length in lengths.items():
        if length > shortest:
            axes.axvline(length, color=styles[name].colour, linewidth=0.9, linestyle=":")
    axes.set_xlim(min(along.transition[0] for along in by_block.values()), None)


class ThermalisationFigure(FigurePart):
    """Slow series along warm-up and samples, hot and cold starts on one axis."""

    name = "thermalisation"
    title = "Thermalisation"
    always = True

    def draw(self, report: RunReport) -> Drawing | None:
        """Of all chains whose warm-up is there, with those that had none."""
        chains = [c for c in report.chains if c.warm_up.n_points or not c.warm_up_steps]
        if not any(chain.warm_up.n_points for chain in chains):
            return None
        series = {name: _by_block(chains, name) for name in report.slow_names}
        series = {name: found for name, found in series.items() if found}
        if not series:
            return None
        starts = {chain.name: _STARTS.get(chain.start, chain.start) for chain in chains}
        labels = {name: report.labels.of_series(name) for name in series}
        missing = [chain.name for chain in report.chains if chain not in chains]
        without = Markup(" The warm-up of {} was not stored.").format(", ".join(missing))
        caption = Markup(
            "Slow observables from the first transition on, averaged over the chains of a block "
            "and over ever longer stretches, with the error from the scatter of the chains. The "
            "warm-up is <b>shaded</b>{}; nothing of it enters the results. All curves, hot and "
            "cold starts above all, should meet well within it and stay level from there on; "
            "where one still moves beyond it, a longer <code>warm_up</code> is needed.{}"
        ).format(_other_lengths(series), without if missing else "")
        return Drawing(thermalisation(series, labels, starts, styles=styles_of(report)), caption)


def _by_block(chains: list[ChainReport], name: str) -> dict[str, Along]:
    found = {chain.name: slow_along(chain, name) for chain in chains}
    return {block: along for block, along in found.items() if along is not None}


def _other_lengths(series: Mapping[str, Mapping[str, Along]]) -> str:
    lengths = {along.warm_up for by_block in series.values() for along in by_block.values()} - {0}
    return " (dotted lines end longer ones)" if len(lengths) > 1 else ""
