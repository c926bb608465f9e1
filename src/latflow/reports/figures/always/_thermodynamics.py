"""log Z, its derivative and the entropy along the paths of annealing and replica exchange."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from scipy.interpolate import CubicHermiteSpline

from latflow.reports.data import RunReport, number
from latflow.reports.figures._part import Drawing, FigurePart, styles_of
from latflow.reports.figures.look import (
    BLACK,
    WIDTH,
    SeriesStyle,
    Styles,
    new_figure,
    series_styles,
    styled,
)
from latflow.reports.text import plain_text

_HEIGHT = 2.7
_SIDE_BY_SIDE = 3
_ON_A_LINE = 200

Estimates = Float[np.ndarray, "states 2"]


@dataclass(frozen=True)
class PathCurve:
    """What the figure shows of one path; NaN for what is not known.

    Attributes:
        at: where the states stand.
        log_z: with errors; relative to the first state or not.
        slope: derivative of log Z with respect to ``at``, with errors.
        entropy: with errors.
        exact: of each state log Z (relative or not as the other), derivative and entropy.
        is_relative: whether log Z is that minus the one of the first state.
    """

    at: Float[np.ndarray, " states"]
    log_z: Estimates
    slope: Estimates
    entropy: Estimates
    exact: Float[np.ndarray, "states 3"]
    is_relative: bool


@styled
def thermodynamics(
    curves: Mapping[str, PathCurve], parameter: str = "t", *, styles: Styles | None = None
) -> Figure:
    """log Z with the exact one, their difference, the derivative and the entropy.

    Args:
        curves: by source.
        parameter: what the states stand at, in matplotlib's mathematics.
        styles: colours by source, where they are to be as in other figures.
    """
    styles = series_styles(curves, styles)
    drawers = [draw for draw in (_log_z, _difference, _slope, _entropy) if _serves(draw, curves)]
    columns = len(drawers) if len(drawers) <= _SIDE_BY_SIDE else 2
    rows = -(-len(drawers) // columns)
    figure = new_figure(WIDTH if columns > 1 else 0.62 * WIDTH, _HEIGHT * rows)
    panels = figure.subplots(rows, columns, squeeze=False)
    for draw, axes in zip(drawers, panels.flat, strict=True):
        for name, curve in curves.items():
            draw(axes, curve, styles[name], parameter)
        axes.set_xlabel(f"${parameter}$")
    handles = [
        Line2D([], [], color=style.colour, marker=style.marker, linestyle="none", label=label)
        for label, style in _labelled(curves, styles)
    ]
    if any(map(_has_exact, curves.values())):
        handles.append(Line2D([], [], color=BLACK, linewidth=0.9, label="exact"))
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))
    return figure


def _labelled(curves: Mapping[str, PathCurve], styles: Styles):
    for name, curve in curves.items():
        words = r": $\log Z$ minus that of the far end" if curve.is_relative else ""
        yield plain_text(name) + words, styles[name]


def _serves(draw: Any, curves: Mapping[str, PathCurve]) -> bool:
    if draw is _difference:
        return any(map(_has_exact, curves.values()))
    needed = {_log_z: "log_z", _slope: "slope", _entropy: "entropy"}[draw]
    return any(np.isfinite(getattr(curve, needed)).any() for curve in curves.values())


def _has_exact(curve: PathCurve) -> bool:
    return bool(np.isfinite(curve.exact[:, 0]).sum() > 1)


def _points(axes: Axes, x: Any, estimates: Estimates, style: SeriesStyle) -> None:
    value, error = estimates.T
    known = np.isfinite(value) & np.isfinite(error)
    axes.errorbar(
        x[known], value[known], error[known],
        linestyle="none", marker=style.marker, color=style.colour,
    )  # fmt: skip


def _exact_line(axes: Axes, curve: PathCurve, order: int = 0) -> None:
    """log Z or its derivative between the states, by cubics that know both at each of them."""
    known = np.isfinite(curve.exact[:, :2]).all(axis=1)
    if known.sum() > 1:
        cubics = CubicHermiteSpline(curve.at[known], *curve.exact[known, :2].T)
        x = np.linspace(curve.at[known][0], curve.at[known][-1], _ON_A_LINE)
        axes.plot(x, cubics(x, order), color=BLACK, linewidth=0.9)


def _log_z(axes: Axes, curve: PathCurve, style: SeriesStyle, parameter: str) -> None:
    _exact_line(axes, curve)
    _points(axes, curve.at, curve.log_z, style)
    axes.set_ylabel(r"$\log Z$")


def _difference(axes: Axes, curve: PathCurve, style: SeriesStyle, parameter: str) -> None:
    value, error = curve.log_z.T
    _points(axes, curve.at, np.stack([value - curve.exact[:, 0], error], axis=1), style)
    axes.axhline(0, color=BLACK, linewidth=0.9)
    axes.set_ylabel(r"$\log Z$ minus the exact one")


def _slope(axes: Axes, curve: PathCurve, style: SeriesStyle, parameter: str) -> None:
    _exact_line(axes, curve, 1)
    _points(axes, curve.at, curve.slope, style)
    axes.set_ylabel(rf"$\partial \log Z\,/\,\partial {parameter}$")


def _entropy(axes: Axes, curve: PathCurve, style: SeriesStyle, parameter: str) -> None:
    axes.plot(curve.at, curve.exact[:, 2], color=BLACK, linewidth=0.9)
    _points(axes, curve.at, curve.entropy, style)
    axes.set_ylabel(r"entropy $\log Z + \langle S\rangle$")


class ThermodynamicsFigure(FigurePart):
    """log Z along the path of an annealed model, and along the ladders of replica exchange."""

    name = "thermodynamics"
    title = "Thermodynamics along the path"
    always = True

    def draw(self, report: RunReport) -> Drawing | None:
        """Of the curves in the summary."""
        given = report.summary.get("thermodynamics") or []
        if not given:
            return None
        coupling = _common_coupling(given)
        curves = {str(curve["source"]): _curve(curve, coupling) for curve in given}
        drawn = thermodynamics(curves, _symbol(report, coupling), styles=styles_of(report))
        caption = Markup(
            "log <i>Z</i> of the theories on the path, of actions without their constants, its "
            "derivative, and the entropy log <i>Z</i> + ⟨<i>S</i>⟩{}. Errors of one path are "
            "correlated: its points move together. Points without errors are not drawn: there "
            "the weights have collapsed, or the model is in doubt."
        ).format(_about_place(coupling))
        return Drawing(drawn, caption)


def _common_coupling(given: Sequence[Mapping[str, Any]]) -> str | None:
    """The one coupling that changes along all paths."""
    names = {tuple(curve.get("couplings") or {}) for curve in given}
    if len(names) != 1 or len(found := names.pop()) != 1:
        return None
    return found[0]


def _curve(given: Mapping[str, Any], coupling: str | None) -> PathCurve:
    states = given["states"]
    times = np.array([state["t"] for state in states], dtype=float)
    at = times if coupling is None else np.array(given["couplings"][coupling], dtype=float)
    # Couplings lie on straight lines.
    rate = (at[-1] - at[0]) / (times[-1] - times[0])

    def estimates(name: str) -> Estimates:
        entries = [state[name] or {} for state in states]
        return np.array([[number(one.get(key)) for key in ("value", "error")] for one in entries])

    exact = [[number(one[key]) for key in ("log_z", "slope", "entropy")]
             for one in (state["exact"] for state in states)]  # fmt: skip
    return PathCurve(
        at,
        estimates("log_z"),
        estimates("slope") / [rate, abs(rate)],
        estimates("entropy"),
        np.array(exact) / [1, rate, 1],
        bool(given["is_relative"]),
    )


def _symbol(report: RunReport, coupling: str | None) -> str:
    if coupling is None:
        return "t"
    written = report.theory.symbols.get(coupling, coupling)
    return written if len(written) == 1 else rf"\mathrm{{{plain_text(written)}}}"


def _about_place(coupling: str | None) -> Markup:
    if coupling is not None:
        return Markup("")
    return Markup(", from the beginning of the path (<i>t</i> = 0) to the target (<i>t</i> = 1)")
