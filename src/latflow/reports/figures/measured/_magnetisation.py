"""History and distribution of the magnetisation."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from latflow.analysis import magnetisation_sign_balance
from latflow.reports.data import RunReport
from latflow.reports.figures._part import Drawing, FigurePart, finite_series, styles_of
from latflow.reports.figures.look import (
    VERMILION,
    SeriesStyle,
    Styles,
    note,
    series_styles,
    styled,
)
from latflow.reports.figures.measured._beside import beside, samples_shown, which_chains
from latflow.reports.text import plain_text

_CHAINS_SHOWN = 2
_BINS = 61
_MOST_IN_HISTOGRAM = 400_000

Series = Float[np.ndarray, "chains samples"]


@styled
def magnetisation(
    series: Mapping[str, Float[np.ndarray, "chains samples"]], *, styles: Styles | None = None
) -> Figure:
    """The first samples of M in each sampler, and its distribution over all of them.

    Args:
        series: M per configuration by sampler. The histogram is symmetrised, as M → −M is a
            symmetry; a sampler that found one sign only is marked.
        styles: colours by sampler, where they are to be as in other figures.
    """
    styles = series_styles(series, styles)
    figure, histories, distribution = beside(len(series))
    reach = 1.08 * max(float(np.abs(values).max()) for values in series.values())
    shown = samples_shown(series.values())
    for axes, (name, values) in zip(histories, series.items(), strict=True):
        _history(axes, name, values, shown, reach, styles[name])
    histories[-1].set_xlabel("sample (as stored, per chain)")
    _distribution(distribution, series, reach, styles)
    return figure


def _history(
    axes: Axes, name: str, values: Series, shown: int, reach: float, style: SeriesStyle
) -> None:
    for index in reversed(range(min(_CHAINS_SHOWN, values.shape[0]))):
        axes.plot(
            np.arange(shown),
            values[index, :shown],
            color=style.colour,
            linewidth=0.7,
            alpha=1.0 if index == 0 else 0.3,
        )
    axes.set(ylabel="$M$", ylim=(-reach, reach), xlim=(0, shown))
    number = min(_CHAINS_SHOWN, values.shape[0])
    axes.set_title(f"{plain_text(name)}: {which_chains(shown, values, number)}")
    balance = magnetisation_sign_balance(values)
    if balance.warning:
        note(
            axes,
            f"one sign is missing: {100 * balance.fraction_positive:.1f} % of M are positive",
            colour=VERMILION,
        )


def _distribution(axes: Axes, series: Mapping[str, Series], reach: float, styles: Styles) -> None:
    edges = np.linspace(-reach, reach, _BINS + 1)
    tallest = 0.0
    for name, values in series.items():
        flat = values.reshape(-1)
        flat = flat[:: max(1, flat.size // _MOST_IN_HISTOGRAM)]
        raw, _ = np.histogram(flat, bins=edges, density=True)
        symmetric = (raw + raw[::-1]) / 2
        style = styles[name]
        axes.stairs(symmetric, edges, fill=True, color=style.colour, alpha=0.12)
        axes.stairs(
            symmetric, edges, color=style.colour, linestyle=style.dash, label=plain_text(name)
        )
        tallest = max(tallest, float(symmetric.max()))
        if magnetisation_sign_balance(values).warning:
            axes.stairs(raw, edges, color=style.colour, linewidth=0.7, linestyle=":")
            tallest = max(tallest, float(raw.max()))
    axes.set(
        xlabel="$M$",
        ylabel=r"$[\,P(M) + P(-M)\,]\,/\,2$",
        title="Distribution, symmetrised",
        ylim=(0, 1.3 * tallest),
        xlim=(-reach, reach),
    )
    axes.legend(loc="upper center", ncols=2)


class MagnetisationFigure(FigurePart):
    """M of a theory that is even in its field."""

    name = "magnetisation"
    title = "Magnetisation"
    serves = ("m",)

    def draw(self, report: RunReport) -> Drawing | None:
        """History and symmetrised histogram."""
        series = finite_series(report, "m")
        if not series:
            return None
        caption = Markup(
            "<b>Left:</b> <i>M</i> sample by sample: it should cross zero often and look the same "
            "everywhere. Plateaus are rejections; slow waves are long autocorrelations. "
            "<b>Right:</b> the histograms should coincide. They are symmetrised; where a sampler "
            "found one sign only, this is said and its own histogram is dotted."
        )
        return Drawing(magnetisation(series, styles=styles_of(report)), caption)
