"""Memory and cost of every Fourier mode against its momentum."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float
from markupsafe import Markup
from matplotlib.figure import Figure

from latflow.lattice import Lattice
from latflow.reports.data import ChainReport, RunReport
from latflow.reports.figures._part import Drawing, FigurePart, styles_of, thinning
from latflow.reports.figures.look import (
    GREY,
    Styles,
    logarithmic,
    new_figure,
    series_styles,
    styled,
)
from latflow.reports.text import duration_text, plain_text, value_with_error

_SERIES = "mode_power"


@dataclass(frozen=True)
class ModeMemory:
    """Autocorrelation times of Fourier modes in one sampler; NaN for what is not known.

    Attributes:
        khat: |k̂| = √(Σ 4 sin²(k/2)) of each, lattice units.
        tau_int, tau_int_error: of |φ̃(k)|², in samples.
        seconds_per_sample: of one chain.
    """

    khat: Float[np.ndarray, " modes"]
    tau_int: Float[np.ndarray, " modes"]
    tau_int_error: Float[np.ndarray, " modes"]
    seconds_per_sample: float


@styled
def modes(memories: Mapping[str, ModeMemory], *, styles: Styles | None = None) -> Figure:
    """τ_int of |φ̃(k)|² against |k̂|, and what an independent sample of it costs.

    The slowest mode of each sampler is filled; the zero mode stands at |k̂| = 0.

    Args:
        memories: by sampler.
        styles: colours and markers by sampler, where they are to be as in other figures.
    """
    styles = series_styles(memories, styles)
    figure = new_figure()
    left, right = figure.subplots(1, 2)
    largest = max(float(one.khat.max()) for one in memories.values()) or 1.0
    number = len(memories)
    for index, (name, one) in enumerate(memories.items()):
        style = styles[name]
        x = one.khat + 0.006 * largest * (index - (number - 1) / 2)
        look: dict[str, Any] = {
            "linestyle": "none",
            "marker": style.marker,
            "color": style.colour,
            "elinewidth": 0.9,
        }
        for axes, unit in ((left, 1.0), (right, 2 * one.seconds_per_sample)):
            value, error = unit * one.tau_int, unit * one.tau_int_error
            low = np.minimum(error, 0.999 * value)
            axes.errorbar(x, value, [low, error], markerfacecolor="white", **look)
            if np.isfinite(one.tau_int).all():
                worst = int(np.argmax(one.tau_int))
                axes.plot(
                    x[worst], value[worst], linestyle="none", marker=style.marker,
                    color=style.colour, markersize=5.5, zorder=4,
                )  # fmt: skip
        left.plot(
            [], [], linestyle="none", marker=style.marker, color=style.colour,
            label=plain_text(name),
        )  # fmt: skip
    left.axhline(0.5, color=GREY, linewidth=0.8, linestyle=":")
    left.set(
        xlabel=r"$|\hat k|$  [lattice units]",
        ylabel=r"$\tau_{\mathrm{int}}$ of $|\tilde\phi(k)|^2$  [samples]",
        title="Memory of every mode",
    )
    right.set(
        xlabel=r"$|\hat k|$  [lattice units]",
        ylabel="time per independent sample  [s]",
        title="Cost of every mode",
    )
    logarithmic(left)
    logarithmic(right)
    handles, names = left.get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=min(5, number))
    return figure


class ModesFigure(FigurePart):
    """Which Fourier mode is the slowest, and what each of them costs."""

    name = "modes"
    title = "Memory and cost of the Fourier modes"
    serves = (_SERIES,)

    def draw(self, report: RunReport) -> Drawing | None:
        """Of all chains with results."""
        found = {
            chain.name: memory
            for chain in report.chains
            if (memory := _memory_of(report, chain)) is not None
        }
        if not found:
            return None
        costs = [text for c in report.chains if c.name in found for text in _in_words(c)]
        caption = Markup(
            "<b>Left:</b> autocorrelation time of the power of every Fourier mode, averaged over "
            "those that reflections and exchanges of axes turn into each other, against "
            "|k̂| = (Σ 4 sin²(<i>k</i>/2))<sup>½</sup>{}; ½, the dotted line, is independent "
            "samples. The zero mode stands at 0, the slowest one of each chain is filled. "
            "<b>Right:</b> 2τ<sub>int</sub> · time per sample, without warm-up, compilation and "
            "training. {} Of many noisy numbers the largest is too large by about its error."
        ).format(thinning(report, set(found)), Markup(" ").join(costs))
        return Drawing(modes(found, styles=styles_of(report)), caption)


def _memory_of(report: RunReport, chain: ChainReport) -> ModeMemory | None:
    """Of a chain where any mode's is known."""
    one = chain.memories.get(_SERIES)
    if one is None or not np.isfinite(one.tau_int).any():
        return None
    khat2 = Lattice(report.shape).khat2(real=False)
    khat = np.sqrt(np.array([khat2[place] for place in one.at]))
    return ModeMemory(khat, one.tau_int, one.tau_int_error, chain.seconds_per_sample)


def _in_words(chain: ChainReport) -> list[Markup]:
    """What the caption says of a chain: its named modes, and the slowest if it is another one."""
    costs = chain.memories[_SERIES].costs
    known = {name: cost for name, cost in costs.items() if np.isfinite(cost.tau_int)}
    names: dict[tuple[int, ...] | None, list[str]] = {}
    for name, cost in known.items():
        names.setdefault(cost.at, []).append(name)
    return [
        Markup("{}, {}: τ<sub>int</sub> = {}, {}.").format(
            chain.name,
            known[same[0]].named(" and ".join(same)),
            value_with_error(known[same[0]].tau_int, known[same[0]].tau_int_error),
            duration_text(known[same[0]].seconds),
        )
        for same in names.values()
    ]
