"""Autocorrelation functions with their summation windows."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from latflow.analysis import GammaResult
from latflow.reports.data import SLOW_SERIES, label_of
from latflow.reports.figures.look import (
    GREY,
    WIDTH,
    SeriesStyle,
    Styles,
    new_figure,
    series_styles,
    styled,
)
from latflow.reports.text import plain_text, value_with_error

_MOST_POINTS = 45


@styled
def autocorrelation(
    results: Mapping[str, Mapping[str, GammaResult]], *, styles: Styles | None = None
) -> Figure:
    """ρ(t) of several observables (a panel each) in several samplers.

    Args:
        results: of single observables, by sampler and observable; observables that are missing
            in a sampler are left out. Triangles mark the windows up to which ρ is summed.
        styles: colours and markers by sampler, where they are to be as in other figures.
    """
    names = list(dict.fromkeys(name for chain in results.values() for name in chain))
    styles = series_styles(results, styles)
    figure = new_figure(WIDTH, 2.9 + 0.15 * max(0, len(results) - 3))
    row = figure.subplots(1, len(names), sharey=True, squeeze=False)[0]
    longest = max(r.autocorrelation.size for chain in results.values() for r in chain.values())
    for axes, name in zip(row, names, strict=True):
        for chain, observables in results.items():
            if name in observables:
                _curve(axes, chain, observables[name], styles[chain])
        label = SLOW_SERIES.get(name) or label_of(name)
        axes.axhline(0, color=GREY, linewidth=0.8)
        axes.set(
            xscale="log",
            xlim=(0.85, 1.15 * max(longest, 10)),
            ylim=(-0.12, 1.05),
            xlabel="$t$  [samples]",
            title=f"{label.tex}",
        )
        axes.legend(loc="upper right", title=r"$\tau_{\mathrm{int}}$", handlelength=1.2)
    row[0].set_ylabel(r"$\rho(t)$")
    return figure


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
