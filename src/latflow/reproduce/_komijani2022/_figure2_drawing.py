"""Drawing figure 2: inverse power spectra against khat^2."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from latflow.reports.figures import new_figure, series_styles, styled
from latflow.reproduce._axes import WIDTH
from latflow.reproduce._komijani2022._spectra import InverseSpectrum

_HEIGHT = 3.1
_MOST_POINTS = 60
_KHAT2 = r"$\hat k^2$  [lattice units]"
_INVERSE = r"$V\,/\,\langle|\tilde\phi(k)|^2\rangle$  [lattice units]"


class OneDimension(NamedTuple):
    """The chain: simulation, and the transfer matrix's curve at ``khat2``."""

    simulated: InverseSpectrum
    khat2: Float[np.ndarray, " momenta"]
    exact: Float[np.ndarray, " momenta"]


class TwoDimensions(NamedTuple):
    """The lattice: simulation; the PSD layer's curve at ``khat2`` and the whole flow, if any."""

    simulated: InverseSpectrum
    khat2: Float[np.ndarray, " momenta"]
    layer: Float[np.ndarray, " momenta"] | None
    flow: InverseSpectrum | None
    extent: int | None


@styled
def spectra_figure(one: OneDimension, two: TwoDimensions) -> Figure:
    """Both dimensions side by side, with the long waves enlarged in insets."""
    figure = new_figure(WIDTH, _HEIGHT)
    left, right = figure.subplots(1, 2)
    chain = r"$\zeta = 1$, $m^2 = -1.6$, $g_4 = 0.1$, $a = 0.125$"
    _one_dimension(left, one)
    left.set(xlabel=_KHAT2, ylabel=_INVERSE, title=f"$L = 1024$: {chain}", xlim=0, ylim=0)
    left.legend(loc="upper left")
    _one_dimension(_enlarged(left, one.simulated), one)
    _two_dimensions(right, two)
    right.set(xlabel=_KHAT2, title=r"$L^2 = 32^2$: $\zeta = 0.7$, $m^2 = -2.8$, $g_4 = 0.5$",
              xlim=0, ylim=0)  # fmt: skip
    right.legend(loc="upper left", fontsize=7)
    _two_dimensions(_enlarged(right, two.simulated), two)
    return figure


def _one_dimension(axes: Axes, one: OneDimension) -> None:
    axes.plot(one.khat2, one.exact, color="0.3", linewidth=1, label="exact, transfer matrix")
    _points(axes, one.simulated, "simulation")


def _two_dimensions(axes: Axes, two: TwoDimensions) -> None:
    styles = series_styles(["simulation", "flow"])
    if two.layer is not None:
        axes.plot(two.khat2, two.layer, color=styles["flow"].colour, linestyle="--", linewidth=1,
                  label=f"PSD layer, trained to $L = {two.extent}$")  # fmt: skip
    if two.flow is not None:
        look = styles["flow"]
        axes.errorbar(
            two.flow.khat2, two.flow.value, two.flow.error, color=look.colour, linestyle="none",
            marker=look.marker, markerfacecolor="white", markersize=3,
            label=f"whole flow, $L = {two.extent}$",
        )  # fmt: skip
    _points(axes, two.simulated, "simulation")


def _points(axes: Axes, spectrum: InverseSpectrum, label: str) -> None:
    look = series_styles([label])[label]
    shown = _shown(spectrum.khat2.size)
    axes.errorbar(
        spectrum.khat2[shown], spectrum.value[shown], spectrum.error[shown], color=look.colour,
        marker=look.marker, markersize=3, linestyle="none", label=label,
    )  # fmt: skip


def _shown(number: int) -> Int[np.ndarray, " points"]:
    """The points that can be told apart: all of a few, of many all of the first ones."""
    if number <= _MOST_POINTS:
        return np.arange(number)
    return np.unique(np.geomspace(1, number, _MOST_POINTS).round().astype(int)) - 1


def _enlarged(axes: Axes, spectrum: InverseSpectrum) -> Axes:
    """An inset of the long waves: the first eighth of the axis."""
    inset = axes.inset_axes((0.58, 0.1, 0.4, 0.36))
    reach = spectrum.khat2[-1] / 8
    inside = spectrum.khat2 <= reach
    inset.set(xlim=(-0.02 * reach, reach), ylim=(0, 1.25 * float(spectrum.value[inside].max())))
    inset.tick_params(labelsize=6.5)
    return inset
