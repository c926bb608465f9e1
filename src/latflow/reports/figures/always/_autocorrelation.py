"""Autocorrelation functions with their summation windows."""

from collections.abc import Mapping

import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from latflow.analysis import GammaResult
from latflow.reports.data import Label, RunReport
from latflow.reports.figures._part import Drawing, FigurePart, styles_of, thinning
from latflow.reports.figures.look import (
    GREY,
    WIDTH,
    SeriesStyle,
    Styles,
    new_figure,
    series_styles,
    styled,
)
from latflow.reports.text import count_text, plain_text, value_with_error

_MOST_POINTS = 45
_TICKS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
# Height of a line of the legend, in units of rho.
_LEGEND_LINE = 0.11
_MOST_COLUMNS = 3


@styled
def autocorrelation(
    results: Mapping[str, Mapping[str, GammaResult]],
    labels: Mapping[str, Label] | None = None,
    frozen: Mapping[str, Mapping[str, float]] | None = None,
    *,
    styles: Styles | None = None,
) -> Figure:
    """ρ(t) of several observables (a panel each) in several samplers.

    Args:
        results: of single observables, by sampler and observable; observables that are missing
            in a sampler are left out. Triangles mark the windows up to which ρ is summed.
        labels: of the observables; by default their names.
        frozen: lower bounds on τ_int, by sampler and observable, where a sampler never moved.
        styles: colours and markers by sampler, where they are to be as in other figures.
    """
    labels, frozen = labels or {}, frozen or {}
    everything = (*results.values(), *frozen.values())
    found = dict.fromkeys(name for chain in everything for name in chain)
    # In the order of the labels, if there are some.
    names = sorted(found, key=[*labels, *found].index)
    styles = series_styles(results, styles)
    columns = min(_MOST_COLUMNS, len(names))
    rows = -(-len(names) // columns)
    # Room for the legend above the curves, which all begin near one.
    legend = _LEGEND_LINE * (1 + len(results))
    figure = new_figure(WIDTH, rows * 2.4 * (1 + 0.5 * legend))
    grid = figure.subplots(rows, columns, sharey=True, squeeze=False)
    longest = max(
        (r.autocorrelation.size for chain in results.values() for r in chain.values()), default=0
    )
    for axes, name in zip(grid.reshape(-1), names, strict=False):
        for chain, observables in results.items():
            if name in observables:
                _curve(axes, chain, observables[name], styles[chain])
        for chain, bounds in frozen.items():
            if name in bounds:
                _bound(axes, chain, bounds[name], styles[chain])
        axes.axhline(0, color=GREY, linewidth=0.8)
        axes.set(
            xscale="log",
            xlim=(0.85, 1.15 * max(longest, 10)),
            ylim=(-0.12, 1.05 + legend),
            yticks=_TICKS,
            xlabel="$t$  [samples]",
            title=labels[name].tex if name in labels else plain_text(name),
        )
        axes.legend(loc="upper right", title=r"$\tau_{\mathrm{int}}$", handlelength=1.2)
    for axes in grid.reshape(-1)[len(names) :]:
        axes.remove()
    for axes in grid[:, 0]:
        axes.set_ylabel(r"$\rho(t)$")
    return figure


def _bound(axes: Axes, chain: str, at_least: float, style: SeriesStyle) -> None:
    """A sampler that never moved: no curve, and a bound in the legend."""
    label = rf"{plain_text(chain)}: frozen, $\geq$ {count_text(at_least)}"
    axes.plot([], [], linestyle="none", marker=style.marker, color=style.colour, label=label)


def _curve(axes: Axes, chain: str, result: GammaResult, style: SeriesStyle) -> None:
    rho, error = result.autocorrelation[1:], result.autocorrelation_error[1:]
    t = np.arange(1, rho.size + 1)
    shown = _evenly_in_log(rho.size)
    tau = value_with_error(result.tau_int, result.tau_int_error)
    axes.errorbar(
        t[shown],
        rho[shown],
        error[shown],
        linestyle=style.dash,
        linewidth=0.7,
        elinewidth=0.9,
        marker=style.marker,
        markersize=2.8,
        color=style.colour,
        label=f"{plain_text(chain)}: {tau}",
    )
    axes.plot(
        [max(result.window, 1)],
        [-0.085],
        marker="^",
        markersize=5,
        color=style.colour,
        linestyle="none",
        clip_on=False,
    )
    axes.axvline(max(result.window, 1), color=style.colour, linewidth=0.6, linestyle=":", ymax=0.95)


def _evenly_in_log(size: int) -> np.ndarray:
    """Indices of at most so many lags, evenly spread on a logarithmic axis."""
    if size <= _MOST_POINTS:
        return np.arange(size)
    return np.unique(np.geomspace(1, size, _MOST_POINTS).round().astype(int)) - 1


class AutocorrelationFigure(FigurePart):
    """Memory of the slow series."""

    name = "autocorrelation"
    title = "Autocorrelation"
    always = True

    def draw(self, report: RunReport) -> Drawing | None:
        """Of all chains; those that never moved with a bound."""
        results = {chain.name: chain.memory for chain in report.chains}
        frozen = {
            chain.name: {n: at_least for n, at_least in chain.frozen.items() if n in slow}
            for chain in report.chains
            if (slow := set(chain.slow_series))
        }
        if not any(results.values()) and not any(frozen.values()):
            return None
        bound = (
            " Where a chain never moved, there is a lower bound on its memory and no curve."
            if any(frozen.values())
            else ""
        )
        caption = Markup(
            "Memory of the slow observables against the distance in stored samples{}. "
            "ρ(<i>t</i>) should have fallen to zero, within errors, where the triangle and the "
            "dotted line mark the summation window of τ<sub>int</sub> = ½ + Σ ρ(<i>t</i>); ½ is "
            "independent samples.{}"
        ).format(thinning(report, set(results)), bound)
        labels = {name: report.labels.of_series(name) for name in report.slow_names}
        figure = autocorrelation(results, labels, frozen, styles=styles_of(report))
        return Drawing(figure, caption)
