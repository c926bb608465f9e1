"""The zero-momentum correlator C(t) with the plateau of its effective pole mass."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from latflow.analysis import Estimate
from latflow.reports.figures.look import (
    BLACK,
    GREY,
    SeriesStyle,
    Styles,
    logarithmic,
    new_figure,
    series_styles,
    styled,
)
from latflow.reports.figures.measured._correlator_curves import CorrelatorCurves
from latflow.reports.text import plain_text, value_with_error

# Effective masses whose error is so many times the smallest one are left out.
_NOISE = 15.0


@styled
def correlator(
    curves: Mapping[str, CorrelatorCurves],
    reference_mass: Estimate | None = None,
    *,
    styles: Styles | None = None,
) -> Figure:
    """C(t) on a logarithmic axis, and m_eff(t) with the plateaus that were fitted.

    Args:
        curves: by sampler.
        reference_mass: pole mass in lattice units to compare with.
        styles: colours and markers by sampler, where they are to be as in other figures.
    """
    figure = new_figure()
    left, right = figure.subplots(1, 2)
    styles = series_styles(curves, styles)
    offsets = _offsets(len(curves))
    for (name, one), offset in zip(curves.items(), offsets, strict=True):
        _correlator(left, name, one, styles[name], offset)
        _mass(right, name, one, styles[name], offset)
    if reference_mass is not None:
        low, high = (reference_mass.value + s * reference_mass.error for s in (-1, 1))
        right.axhspan(low, high, color=GREY, alpha=0.25, linewidth=0)
        right.axhline(
            reference_mass.value, color=BLACK, linewidth=0.8, linestyle=":", label="reference"
        )
    left.set(xlabel="$t$  [lattice units]", ylabel="$C(t)$", title="Zero-momentum correlator")
    left.set_ylim(_lowest(curves), None)
    logarithmic(left)
    left.legend(loc="upper center")
    right.set(
        xlabel="$t$  [lattice units]",
        ylabel=r"$m_{\mathrm{eff}}(t)$  [lattice units]",
        title="Effective pole mass and plateau",
    )
    _frame_masses(right, curves, reference_mass)
    right.legend(loc="best")
    for axes in (left, right):
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    return figure


def _correlator(
    axes: Axes, name: str, one: CorrelatorCurves, style: SeriesStyle, offset: float
) -> None:
    value, error = np.asarray(one.correlator.value), np.asarray(one.correlator.error)
    extent = value.size
    # The period is closed: C(T) = C(0).
    t = np.arange(extent + 1)
    value, error = np.append(value, value[0]), np.append(error, error[0])
    positive = value > 0
    # A bar that reaches zero would leave the logarithmic axis: it ends far below instead.
    down = np.minimum(error, 0.999 * np.abs(value))
    axes.errorbar(
        t[positive] + offset,
        value[positive],
        np.stack([down, error])[:, positive],
        linestyle="none",
        marker=style.marker,
        color=style.colour,
        markerfacecolor="white",
        label=plain_text(name),
    )
    if one.fit is None or not np.isfinite(one.fit.mass):
        return
    centre = extent / 2
    anchor = (one.fit.window[0] + one.fit.window[1]) // 2
    if value[anchor] > 0:
        fine = np.linspace(0, extent, 200)
        shape = np.cosh(one.fit.mass * (fine - centre)) / np.cosh(one.fit.mass * (anchor - centre))
        axes.plot(
            fine, value[anchor] * shape, color=style.colour, linestyle=style.dash, linewidth=0.9
        )


def _mass(axes: Axes, name: str, one: CorrelatorCurves, style: SeriesStyle, offset: float) -> None:
    half = (np.asarray(one.mass.value).size + 1) // 2
    t = np.arange(1, half + 1)
    value = np.asarray(one.mass.value)[:half]
    error = np.asarray(one.mass.error)[:half]
    usable = _clear(value, error)
    label = plain_text(name)
    fit = one.fit
    if fit is not None and np.isfinite(fit.mass):
        label += f": {value_with_error(fit.mass, fit.error)}"
        if fit.dof:
            label += rf",  $\chi^2$/dof = {fit.chi2 / fit.dof:.2f}"
        ends = np.array([fit.window[0] - 0.3, fit.window[1] + 0.3]) + offset
        axes.fill_between(
            ends,
            fit.mass - fit.error,
            fit.mass + fit.error,
            color=style.colour,
            alpha=0.25,
            linewidth=0,
        )
        axes.plot(ends, [fit.mass] * 2, color=style.colour, linestyle=style.dash, linewidth=0.9)
    axes.errorbar(
        t[usable] + offset,
        value[usable],
        error[usable],
        linestyle="none",
        marker=style.marker,
        color=style.colour,
        markerfacecolor="white",
        label=label,
    )


def _lowest(curves: Mapping[str, CorrelatorCurves]) -> float | None:
    """The end of the logarithmic axis: below it there is noise only."""
    clear = []
    for one in curves.values():
        value, error = np.asarray(one.correlator.value), np.asarray(one.correlator.error)
        above = value[value > 2 * error]
        if above.size:
            clear.append(float(above.min()))
    return 0.75 * min(clear) if clear else None


def _frame_masses(
    axes: Axes, curves: Mapping[str, CorrelatorCurves], reference: Estimate | None
) -> None:
    """Frame the points with their errors, and leave room for the legend."""
    low, high = [], []
    for one in curves.values():
        half = (np.asarray(one.mass.value).size + 1) // 2
        value = np.asarray(one.mass.value)[:half]
        error = np.asarray(one.mass.error)[:half]
        good = _clear(value, error)
        if good.any():
            low.append(float(np.min((value - error)[good])))
            high.append(float(np.max((value + error)[good])))
    if reference is not None:
        low.append(reference.value - reference.error)
        high.append(reference.value + reference.error)
    if low:
        span = max(max(high) - min(low), 1e-6 + 1e-3 * abs(max(high)))
        # Room above for the legend, which carries the numbers.
        axes.set_ylim(min(low) - 0.12 * span, max(high) + (0.15 + 0.16 * len(curves)) * span)


def _clear(value: np.ndarray, error: np.ndarray) -> np.ndarray:
    """Which points say something: the others would fill the panel with their error bars."""
    finite = np.isfinite(value) & np.isfinite(error)
    smallest = np.min(error[finite], initial=np.inf)
    return finite & (error <= _NOISE * smallest)


def _offsets(number: int) -> np.ndarray:
    """Small shifts along t, so that the samplers' points lie beside each other."""
    return 0.12 * (np.arange(number) - (number - 1) / 2)
