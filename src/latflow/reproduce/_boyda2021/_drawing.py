"""The figure: effective sample size of the flows, and autocorrelation of the plaquette."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from latflow.reports.figures import new_figure, series_styles, styled
from latflow.reproduce._axes import WIDTH, guided, legend_outside
from latflow.reproduce._boyda2021._plan import CHAINS
from latflow.reproduce._boyda2021._points import GROUPS, Point

_NAMES = {"flow": "flow", "heat-bath": "heat bath", "exact": "exact draws"}


@styled
def spectral_figure(points: Sequence[Point]) -> Figure:
    """Left: ESS against beta / N^2. Right: tau_int of the plaquette, a panel's worth per chain."""
    figure = new_figure(WIDTH, 3.0)
    left, right = figure.subplots(1, 2)
    orders = {"su2": 2, "su3": 3}
    labels = [f"{GROUPS[group]}, {_NAMES[name]}" for group in GROUPS for name in CHAINS]
    styles = series_styles(labels)
    for group, title in GROUPS.items():
        own = [point for point in points if point.group == group]
        scaled = [point.beta / orders[group] ** 2 for point in own]
        for name in CHAINS:
            look = guided(styles[f"{title}, {_NAMES[name]}"])
            taus = [point.taus[name] for point in own]
            right.errorbar(
                scaled, [tau.value for tau in taus], [tau.error for tau in taus],
                label=f"{title}, {_NAMES[name]}", **look,
            )  # fmt: skip
        look = guided(styles[f"{title}, {_NAMES['flow']}"])
        left.errorbar(scaled, [p.ess.value for p in own], [p.ess.error for p in own], **look)
    left.set(xlabel=r"$\beta / N^2$", ylabel="ESS of the flow", ylim=(0, 1.02))
    right.set(xlabel=r"$\beta / N^2$", ylabel=r"$\tau_{\mathrm{int}}$ of the plaquette  [steps]")
    legend_outside(figure, right)
    return figure
