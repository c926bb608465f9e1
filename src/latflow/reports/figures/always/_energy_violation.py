"""The energy violation ΔH of molecular dynamics."""

import math
from collections.abc import Mapping

import numpy as np
from jaxtyping import Float
from markupsafe import Markup
from matplotlib.figure import Figure

from latflow.analysis import Estimate, gamma_method
from latflow.reports.data import ChainReport, RunReport
from latflow.reports.figures._part import Drawing, FigurePart, styles_of, thinning
from latflow.reports.figures.look import (
    BLACK,
    GREY,
    WIDTH,
    Styles,
    new_figure,
    note,
    series_styles,
    styled,
)
from latflow.reports.text import plain_text, value_with_error

_BINS = 80
_MOST_IN_HISTOGRAM = 400_000
# Beyond it there is no normal distribution worth drawing, and its square may overflow.
_HOPELESS = 1e100


def mean_exponential(delta_h: Float[np.ndarray, "chains samples"]) -> Estimate:
    """⟨e^{−ΔH}⟩, which is one for any exact trajectory; NaN where ΔH is not finite."""
    if not np.isfinite(delta_h).all():
        return Estimate(math.nan, math.nan)
    with np.errstate(over="ignore"):
        exponential = np.exp(-np.asarray(delta_h, dtype=np.float64))
    if not np.isfinite(exponential).all():
        return Estimate(math.inf, math.nan)
    result = gamma_method(exponential)
    return Estimate(float(result.value), float(result.error))


@styled
def energy_violation(
    delta_h: Mapping[str, Float[np.ndarray, "chains samples"]],
    exponentials: Mapping[str, Estimate] | None = None,
    *,
    styles: Styles | None = None,
) -> Figure:
    """Histograms of ΔH, with the normal distribution of mean σ²/2 that long trajectories have.

    Args:
        delta_h: per trajectory, by sampler.
        exponentials: ⟨e^{−ΔH}⟩ by sampler, if it was measured apart.
        styles: colours by sampler, where they are to be as in other figures.
    """
    styles = series_styles(delta_h, styles)
    columns = min(3, len(delta_h))
    rows = -(-len(delta_h) // columns)
    figure = new_figure(WIDTH if columns > 1 else 0.62 * WIDTH, 2.7 * rows)
    grid = figure.subplots(rows, columns, squeeze=False).reshape(-1)
    for axes, (name, values) in zip(grid, delta_h.items(), strict=False):
        given = (exponentials or {}).get(name)
        exponential = mean_exponential(values) if given is None else given
        flat = values[np.isfinite(values)]
        flat = flat[:: max(1, flat.size // _MOST_IN_HISTOGRAM)]
        low, high = np.quantile(flat, (0.0005, 0.9995))
        if not high > low:
            low, high = low - 0.5, high + 0.5
        inside = flat[(flat >= low) & (flat <= high)]
        counts, edges = np.histogram(inside, bins=_BINS, range=(low, high))
        density = counts / (flat.size * np.diff(edges))
        style = styles[name]
        axes.stairs(density, edges, fill=True, color=style.colour, alpha=0.3)
        axes.stairs(density, edges, color=style.colour)
        # Quantiles, not moments: a few huge violations would hide the bulk.
        deviation = float(np.diff(np.quantile(flat, (0.1587, 0.8413)))[0]) / 2
        if 0 < deviation < _HOPELESS:
            x = np.linspace(low, high, 300)
            normal = np.exp(-0.5 * ((x - deviation**2 / 2) / deviation) ** 2)
            axes.plot(x, normal / (math.sqrt(2 * math.pi) * deviation), color=BLACK, linestyle="--")
        axes.axvline(0, color=GREY, linewidth=0.8, linestyle=":")
        axes.set(
            xlabel=r"$\Delta H$",
            ylabel="probability density",
            title=plain_text(name),
            ylim=(0, 1.3 * float(density.max())),
        )
        note(
            axes,
            r"$\langle e^{-\Delta H}\rangle = $"
            + value_with_error(exponential.value, exponential.error)
            + "\n"
            + rf"$\sigma(\Delta H) = {deviation:.3g}$",
        )
    for axes in grid[len(delta_h) :]:
        axes.remove()
    return figure


class EnergyViolationFigure(FigurePart):
    """The energy violation of all chains whose kernel follows trajectories."""

    name = "energy"
    title = "Energy violation"
    always = True

    def draw(self, report: RunReport) -> Drawing | None:
        """Of chains that report their energy violations."""
        chains = [
            chain
            for chain in report.chains
            if "delta_h" in chain.infos and np.isfinite(chain.infos["delta_h"]).any()
        ]
        if not chains:
            return None
        exponentials = {chain.name: _mean_exponential(chain) for chain in chains}
        series = {chain.name: np.asarray(chain.infos["delta_h"]) for chain in chains}
        thin = thinning(report, set(series))
        averaged = f" ΔH is averaged{thin}, which narrows the histogram." if thin else ""
        caption = Markup(
            "Change of the energy along a trajectory. ⟨e<sup>−Δ<i>H</i></sup>⟩ = 1 for any exact "
            "algorithm. The dashed curve is the normal distribution of the same width σ with mean "
            "σ²/2, which follows from it; a tail to the right is a sign of too large steps.{}"
        ).format(averaged)
        return Drawing(energy_violation(series, exponentials, styles=styles_of(report)), caption)


def _mean_exponential(chain: ChainReport) -> Estimate:
    if chain.has_no_result:
        return Estimate(math.nan, math.nan)
    # The kernel's own e^{−ΔH} is right for thinned chains too, where ΔH is an average.
    known = chain.observables.get("exp_minus_delta_h")
    if known is not None:
        return Estimate(known.value, known.error)
    return mean_exponential(chain.infos["delta_h"])
