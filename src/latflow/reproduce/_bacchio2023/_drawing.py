"""The figure: effective sample sizes of the perturbative map and of trained flows."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from latflow.reports.figures import new_figure, series_styles, styled
from latflow.reproduce._axes import WIDTH, guided, legend_outside
from latflow.reproduce._bacchio2023._points import TITLES, Point

_LABELS = {"untrained": "Lüscher's map to next order", "trained": "trained"}


@styled
def gradient_figure(points: Sequence[Point]) -> Figure:
    """ESS against beta, a panel for each lattice."""
    names = list(dict.fromkeys(point.ladder for point in points))
    figure = new_figure(WIDTH * max(len(names), 1) / 2, 3.0)
    panels = figure.subplots(1, len(names), squeeze=False)[0]
    styles = series_styles(list(_LABELS))
    for axes, name in zip(panels, names, strict=True):
        own = [point for point in points if point.ladder == name]
        for kind, label in _LABELS.items():
            found = [getattr(point, kind) for point in own]
            axes.errorbar(
                [point.beta for point in own], [ess.value for ess in found],
                [ess.error for ess in found], label=label, **guided(styles[kind]),
            )  # fmt: skip
        axes.set(xlabel=r"$\beta$", ylabel="effective sample size", ylim=(0, 1.02))
        axes.set(title=f"{TITLES[name]}, {'×'.join(map(str, own[0].shape))}")
    legend_outside(figure, panels[0])
    return figure
