"""Wilson loops against their area, and Creutz ratios."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from latflow.analysis import gamma_method
from latflow.reports.data import ChainReport, RunReport
from latflow.reports.figures._part import Drawing, FigurePart, finite_series, styles_of
from latflow.reports.figures.look import (
    BLACK,
    SeriesStyle,
    Styles,
    logarithmic,
    new_figure,
    note,
    series_styles,
    styled,
)
from latflow.reports.text import plain_text

# Loops closer to zero than so many of their errors are left out: they are noise.
_SEEN = 2.0
# So are Creutz ratios with a larger error relative to their size.
_NOISY = 0.5
_PLAQUETTE = "plaquette"


class LoopPoints(NamedTuple):
    """Numbers with errors of one sampler.

    Attributes:
        loops: W(R, T) by (R, T), R <= T.
        ratios: chi(R, T) by (R, T), 2 <= R <= T.
    """

    loops: dict[tuple[int, int], tuple[float, float]]
    ratios: dict[tuple[int, int], tuple[float, float]]


@styled
def wilson_loops(
    points: Mapping[str, LoopPoints],
    known: LoopPoints | None = None,
    *,
    styles: Styles | None = None,
) -> Figure:
    """W(R, T) against R T on a logarithmic axis, and chi(R, R) and chi(R, R+1) against R.

    Args:
        points: by sampler.
        known: what is known exactly, or from elsewhere.
        styles: colours and markers by sampler, where they are to be as in other figures.
    """
    figure = new_figure()
    left, right = figure.subplots(1, 2, gridspec_kw={"width_ratios": (1.35, 1)})
    styles = series_styles(points, styles)
    number = len(points)
    shifts = {n: i - (number - 1) / 2 for i, n in enumerate(points)}
    if known is not None:
        _known_loops(left, known)
        _known_ratios(right, known)
    hidden = 0
    for name, one in points.items():
        hidden += _loops(left, name, one, styles[name], 0.12 * shifts[name])
        _ratios(right, name, one, styles[name], 0.07 * shifts[name])
    left.set(xlabel="area $R\\,T$  [lattice units]", ylabel="$W(R, T)$", title="Wilson loops")
    logarithmic(left)
    left.legend(loc="lower left")
    if hidden:
        note(left, f"not shown, as below {_SEEN:g} errors: {hidden}")
    right.set(
        xlabel="$R$  [lattice units]",
        ylabel=r"$\chi(R, T)$  [lattice units]",
        title=r"Creutz ratios: full $T = R$, open $T = R + 1$",
    )
    # A single R has an axis, too.
    first, last = right.get_xlim()
    right.set_xlim(min(first, 1.5), max(last, 2.5))
    for axes in (left, right):
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    return figure


def _loops(axes: Axes, name: str, one: LoopPoints, style: SeriesStyle, shift: float) -> int:
    """Draw the loops that are seen; how many are not."""
    seen = {size: w for size, w in one.loops.items() if w[0] > _SEEN * w[1]}
    if seen:
        area, value, error = _columns(seen, lambda r, t: r * t)
        # A bar that reaches zero would leave the logarithmic axis: it ends far above instead.
        down = np.minimum(error, 0.999 * value)
        axes.errorbar(
            area + shift,
            value,
            np.stack([down, error]),
            linestyle="none",
            marker=style.marker,
            color=style.colour,
            markerfacecolor="white",
            label=plain_text(name),
        )
    return len(one.loops) - len(seen)


def _ratios(axes: Axes, name: str, one: LoopPoints, style: SeriesStyle, shift: float) -> None:
    for apart in (0, 1):
        chosen = {
            size: x
            for size, x in one.ratios.items()
            if size[1] - size[0] == apart and x[1] <= _NOISY * abs(x[0])
        }
        if not chosen:
            continue
        extent, value, error = _columns(chosen, lambda r, t: r)
        axes.errorbar(
            extent + shift + 0.2 * apart,
            value,
            error,
            linestyle="none",
            marker=style.marker,
            color=style.colour,
            markerfacecolor="white" if apart else style.colour,
        )


def _known_loops(axes: Axes, known: LoopPoints) -> None:
    if not known.loops:
        return
    area, value, _ = _columns(known.loops, lambda r, t: r * t)
    order = np.argsort(area)
    axes.plot(area[order], value[order], color=BLACK, linewidth=0.9, zorder=1.5, label="known")


def _known_ratios(axes: Axes, known: LoopPoints) -> None:
    for apart, width in ((0, 0.35), (1, 0.18)):
        chosen = {size: x for size, x in known.ratios.items() if size[1] - size[0] == apart}
        for (r, _), (value, _) in chosen.items():
            centre = r + 0.2 * apart
            axes.plot([centre - width, centre + width], [value] * 2, color=BLACK, linewidth=0.9)


def _columns(points, abscissa) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    x = np.array([abscissa(r, t) for r, t in points], dtype=float)
    value, error = np.array(list(points.values()), dtype=float).T
    return x, value, np.where(np.isfinite(error), error, 0.0)


class WilsonLoopsFigure(FigurePart):
    """Wilson loops and Creutz ratios of any gauge theory."""

    name = "wilson-loops"
    title = "Wilson loops and Creutz ratios"
    serves = ("wilson_loops",)

    def draw(self, report: RunReport) -> Drawing | None:
        """Of all chains that recorded loops."""
        series = finite_series(report, "wilson_loops", only_results=True)
        points = {
            chain.name: _points_of(chain, series[chain.name])
            for chain in report.chains
            if chain.name in series
        }
        points = {name: one for name, one in points.items() if one.loops}
        if not points:
            return None
        known = _known(report)
        exact = (
            " Lines and dashes are what is known, exactly or from elsewhere."
            if known.loops or known.ratios
            else ""
        )
        caption = Markup(
            "<b>Left:</b> rectangular loops <i>W</i>(<i>R</i>,<i>T</i>) against the area on a "
            "logarithmic axis: a straight line is an area law, its slope the string tension; "
            "loops of equal area and different perimeter lie apart where the perimeter counts. "
            "<b>Right:</b> Creutz ratios χ(<i>R</i>,<i>T</i>) = −ln "
            "[<i>W</i>(<i>R</i>,<i>T</i>) <i>W</i>(<i>R</i>−1,<i>T</i>−1) / "
            "<i>W</i>(<i>R</i>,<i>T</i>−1) <i>W</i>(<i>R</i>−1,<i>T</i>)], from which constant "
            "and perimeter terms drop out: they tend to the string tension, and are it at every "
            "<i>R</i> in two dimensions. Errors of one chain's points are "
            "correlated; ratios with errors above half their size are left out.{}"
        ).format(exact)
        shown = known if known.loops or known.ratios else None
        return Drawing(wilson_loops(points, shown, styles=styles_of(report)), caption)


def _points_of(
    chain: ChainReport, loops: Float[np.ndarray, "chains samples size size"]
) -> LoopPoints:
    size = loops.shape[-1]
    sizes = [(r, t) for r in range(1, size + 1) for t in range(r, size + 1)]
    means, ratios = {}, {}
    for r, t in sizes:
        measured = chain.observables.get(_loop_name(r, t))
        if measured is None:
            result = gamma_method(np.asarray(loops[..., r - 1, t - 1], dtype=np.float64))
            means[r, t] = (float(result.value), float(result.error))
        else:
            means[r, t] = (measured.value, measured.error)
        ratio = chain.observables.get(f"creutz_{r}x{t}")
        if ratio is not None and np.isfinite([ratio.value, ratio.error]).all():
            ratios[r, t] = (ratio.value, ratio.error)
    return LoopPoints(means, ratios)


def _known(report: RunReport) -> LoopPoints:
    loops, ratios = {}, {}
    for name, reference in report.references.items():
        if name == _PLAQUETTE:
            loops[1, 1] = (reference.value, reference.error)
        for prefix, found in (("wilson_loop_", loops), ("creutz_", ratios)):
            if name.startswith(prefix):
                r, t = name.removeprefix(prefix).split("x")
                found[int(r), int(t)] = (reference.value, reference.error)
    return LoopPoints(loops, ratios)


def _loop_name(r: int, t: int) -> str:
    return _PLAQUETTE if (r, t) == (1, 1) else f"wilson_loop_{r}x{t}"
