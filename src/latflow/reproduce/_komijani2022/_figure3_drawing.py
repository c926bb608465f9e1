"""Drawing figure 3, and the variance of the weights behind it."""

from collections.abc import Callable, Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from scipy.special import erfc

from latflow.reports.figures import SeriesStyle, new_figure, series_styles, styled
from latflow.reproduce._axes import (
    WIDTH,
    guided,
    legend_above,
    plain_logarithmic,
)
from latflow.reproduce._komijani2022._model_point import ModelPoint

CRITICAL_KAPPA = 0.6869
"""Where the line becomes critical in infinite volume; finite lattices peak somewhat below."""
_MARKERS = "osD^vP*"
_LEAST_ACCEPTANCE = 1e-4


@styled
def acceptance_figure(points: Sequence[ModelPoint]) -> Figure:
    """Acceptance against kappa by L, and against L and L^2 by kappa; lines guide the eye."""
    figure = new_figure(WIDTH, 3.3)
    left, middle, right = figure.subplots(1, 3)
    for extent, look in extent_styles(points).items():
        own = [point for point in points if point.extent == extent]
        _series(left, own, lambda point: point.kappa, look, f"$L = {extent}$")
    left.axvline(CRITICAL_KAPPA, color="0.6", linewidth=0.8, linestyle=":")
    left.set(xlabel=r"$\kappa$", ylabel="acceptance", ylim=(0, 1), title="by lattice size")
    for kappa, look in kappa_styles(points).items():
        own = [point for point in points if point.kappa == kappa]
        label = rf"$\kappa = {kappa:.2f}$"
        _series(middle, own, lambda point: point.extent, look, label)
        _series(right, own, lambda point: point.volume, look, label)
    middle.set(xlabel="$L/a$", title="by coupling, against $L$")
    right.set(xlabel="$(L/a)^2$", title="by coupling, against $L^2$")
    right.sharey(middle)
    right.tick_params(labelleft=False)
    plain_logarithmic(middle.yaxis)
    for axes in (middle, right):
        axes.set_xlim(0)
    for axes in (left, middle):
        legend_above(axes)
    return figure


@styled
def weights_figure(points: Sequence[ModelPoint]) -> Figure:
    """Var(log w) against V, and -log(acceptance) against that of log-normal weights."""
    figure = new_figure(WIDTH, 3.1)
    left, right = figure.subplots(1, 2)
    for kappa, look in kappa_styles(points).items():
        own = [p for p in points if p.kappa == kappa and p.variance.value > 0]
        label = rf"$\kappa = {kappa:.2f}$"
        left.errorbar(
            [p.volume for p in own], [p.variance.value for p in own],
            [p.variance.error for p in own], label=label, **guided(look),
        )  # fmt: skip
        expected, x_error = expected_rate(own)
        values = np.array([p.acceptance.value for p in own])
        errors = np.array([p.acceptance.error for p in own])
        right.errorbar(
            expected, -np.log(values), errors / values, x_error, **guided(look) | {"linestyle": ""}
        )
    volumes = np.array(sorted({point.volume for point in points}), dtype=float)
    middle = np.median([p.variance.value / p.volume for p in points])
    left.plot(volumes, middle * volumes, color="0.5", linestyle=":", linewidth=1, label=r"$\sim V$")
    left.set(xlabel="$V/a^2$", ylabel=r"$\mathrm{Var}(\log w)$", title="variance of the weights")
    left.legend(loc="upper left", fontsize=7)
    limits = np.concatenate([right.get_xlim(), right.get_ylim()])
    reach = np.array([limits[limits > 0].min(), limits.max()])
    right.plot(reach, reach, color="0.5", linestyle=":", linewidth=1, label="log-normal weights")
    right.set(
        xlabel=r"$-\log\,\mathrm{erfc}(\sigma/2)$,  $\sigma^2 = \mathrm{Var}(\log w)$",
        ylabel=r"$-\log(\mathrm{acceptance})$",
        title="does the toy model hold?",
    )
    for axis in (left.xaxis, left.yaxis, right.xaxis, right.yaxis):
        plain_logarithmic(axis)
    right.legend(loc="upper left", fontsize=7)
    return figure


def expected_rate(points: Sequence[ModelPoint]) -> tuple[np.ndarray, np.ndarray]:
    """-log erfc(sigma/2) of the points' variances, with errors by the delta method."""
    sigma = np.sqrt([point.variance.value for point in points])
    sigma_error = np.array([point.variance.error for point in points]) / (2 * sigma)
    slope = np.exp(-((sigma / 2) ** 2)) / (np.sqrt(np.pi) * erfc(sigma / 2))
    return -np.log(erfc(sigma / 2)), slope * sigma_error


def kappa_styles(points: Sequence[ModelPoint]) -> dict[float, SeriesStyle]:
    """The look of each coupling, the same in all figures."""
    kappas = sorted({point.kappa for point in points})
    styles = series_styles(f"{kappa:.2f}" for kappa in kappas)
    return {kappa: styles[f"{kappa:.2f}"] for kappa in kappas}


def extent_styles(points: Sequence[ModelPoint]) -> dict[int, SeriesStyle]:
    """Lattices from dark to light, with markers of their own."""
    extents = sorted({point.extent for point in points})
    colours = mpl.colormaps["viridis"](np.linspace(0, 0.88, len(extents)))
    return {
        extent: SeriesStyle(to_hex(colour), _MARKERS[i % len(_MARKERS)], "--")
        for i, (extent, colour) in enumerate(zip(extents, colours, strict=True))
    }


def _series(
    axes: Axes,
    points: Sequence[ModelPoint],
    x: Callable[[ModelPoint], float],
    look: SeriesStyle,
    label: str,
) -> None:
    shown = [point for point in points if point.acceptance.value > _LEAST_ACCEPTANCE]
    axes.errorbar(
        [x(point) for point in shown],
        [point.acceptance.value for point in shown],
        [point.acceptance.error for point in shown],
        label=label,
        **guided(look),
    )
