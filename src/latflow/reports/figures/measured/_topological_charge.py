"""History and distribution of the topological charge."""

import math
from collections.abc import Mapping

import numpy as np
from jaxtyping import Float
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

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
from latflow.reports.text import count_text, plain_text

_CHAINS_SHOWN = 2
# A charge nearer to whole numbers than this, for nearly all samples, is one of whole numbers.
_WHOLE = 0.02
_SHARE = 0.99
_BINS = 61

Series = Float[np.ndarray, "chains samples"]


@styled
def topological_charge(
    series: Mapping[str, Float[np.ndarray, "chains samples"]],
    frozen: Mapping[str, float] | None = None,
    *,
    styles: Styles | None = None,
) -> Figure:
    """The first samples of Q in each sampler, and its distribution over all of them.

    Args:
        series: Q per configuration by sampler.
        frozen: lower bounds on τ_int of samplers with chains that never changed their charge.
        styles: colours by sampler, where they are to be as in other figures.
    """
    styles, frozen = series_styles(series, styles), frozen or {}
    figure, histories, distribution = beside(len(series))
    reach = 1.0 + max(float(np.abs(values).max()) for values in series.values())
    shown = samples_shown(series.values())
    for axes, (name, values) in zip(histories, series.items(), strict=True):
        _history(axes, name, values, shown, reach, styles[name])
        if name in frozen:
            text = rf"frozen: $\tau_{{\mathrm{{int}}}}(Q) \geq$ {count_text(frozen[name])}"
            note(axes, text, colour=VERMILION)
    histories[-1].set_xlabel("sample (as stored, per chain)")
    _distribution(distribution, series, frozen, reach, styles)
    return figure


def _history(
    axes: Axes, name: str, values: Series, shown: int, reach: float, style: SeriesStyle
) -> None:
    number = min(_CHAINS_SHOWN, values.shape[0])
    for index in reversed(range(number)):
        axes.step(
            np.arange(shown),
            values[index, :shown],
            where="mid",
            color=style.colour,
            linewidth=0.8,
            alpha=1.0 if index == 0 else 0.35,
        )
    axes.set(ylabel="$Q$", ylim=(-reach, reach), xlim=(0, shown))
    axes.set_title(f"{plain_text(name)}: {which_chains(shown, values, number)}")
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))


def _distribution(
    axes: Axes,
    series: Mapping[str, Series],
    frozen: Mapping[str, float],
    reach: float,
    styles: Styles,
) -> None:
    edges = _edges(list(series.values()), reach)
    width = float(edges[1] - edges[0])
    tallest = 0.0
    for name, values in series.items():
        flat = values.reshape(-1)
        density = np.histogram(flat, bins=edges)[0] / (flat.size * width)
        style = styles[name]
        axes.stairs(density, edges, fill=True, color=style.colour, alpha=0.15)
        axes.stairs(
            density, edges, color=style.colour, linestyle=style.dash, label=plain_text(name)
        )
        # A frozen chain has one bin, which would flatten all others: it may leave the frame.
        if name not in frozen or len(frozen) == len(series):
            tallest = max(tallest, float(density.max()))
        mean_square = float(np.mean(flat**2))
        # A frozen chain has the charge that it started with: its square says nothing.
        if name not in frozen and mean_square > 0:
            q = np.linspace(-reach, reach, 300)
            normal = np.exp(-(q**2) / (2 * mean_square)) / math.sqrt(2 * math.pi * mean_square)
            axes.plot(q, normal, color=style.colour, linewidth=0.8, linestyle=":")
    axes.set(
        xlabel="$Q$",
        ylabel="$P(Q)$",
        title=r"Distribution; dotted: normal with $\langle Q^2\rangle$",
        xlim=(-reach, reach),
        ylim=(0, (1.08 + 0.1 * len(series)) * tallest),
    )
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend(loc="upper right")


def _edges(series: list[Series], reach: float) -> Float[np.ndarray, " edges"]:
    """Bins of one whole number each, or finer ones for charges that are not whole."""
    distance = np.concatenate([np.abs(values - np.rint(values)).reshape(-1) for values in series])
    if np.mean(distance < _WHOLE) >= _SHARE:
        most = math.ceil(reach)
        return np.arange(-most, most + 2) - 0.5
    return np.linspace(-reach, reach, _BINS + 1)


class TopologicalChargeFigure(FigurePart):
    """Q of any theory that has one."""

    name = "topological-charge"
    title = "Topological charge"
    serves = ("q",)

    def draw(self, report: RunReport) -> Drawing | None:
        """Of all chains that recorded Q."""
        series = {
            name: np.asarray(values, dtype=np.float64)
            for name, values in finite_series(report, "q").items()
        }
        if not series:
            return None
        frozen = {c.name: c.frozen["q"] for c in report.chains if "q" in c.frozen}
        caption = Markup(
            "<b>Left:</b> <i>Q</i> sample by sample: it should change often, and take both signs "
            "alike. Long plateaus are slow tunnelling; where a chain never changed its charge, it "
            "is marked as frozen with a lower bound on τ<sub>int</sub>, and has no error. "
            "<b>Right:</b> the share of each charge in all samples; it should be symmetric and "
            "the same for all samplers. Dotted: the normal distribution with the measured "
            "⟨<i>Q</i>²⟩, which large volumes come near to."
        )
        return Drawing(topological_charge(series, frozen, styles=styles_of(report)), caption)
