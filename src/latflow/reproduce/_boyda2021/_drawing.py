"""The figure: effective sample size of the flows, and autocorrelation of the plaquette."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from latflow.reports.figures import new_figure, series_styles, styled
from latflow.reproduce._axes import WIDTH, guided, legend_outside
from latflow.reproduce._boyda2021._plan import CHAINS
from latflow.reproduce._boyda2021._points import GROUPS, Point

_NAMES = {"flow": "flow", "heat-bath": "heat bath", "hmc": "HMC", "exact": "exact draws"}
_ORDERS = {"su2": 2, "su3": 3}


@styled
def spectral_figure(points: Sequence[Point]) -> Figure:
    """Left: ESS of the flows. Right: tau_int of the plaquette, of all samplers. Open: SU(3)."""
    figure = new_figure(WIDTH, 3.0)
    left, right = figure.subplots(1, 2)
    styles = series_styles(CHAINS)
    for group in GROUPS:
        own = [point for point in points if point.group == group]
        scaled = [point.beta / _ORDERS[group] ** 2 for point in own]
        fill = {} if group == "su2" else {"markerfacecolor": "none"}
        for name in CHAINS:
            taus = [point.taus[name] for point in own]
            right.errorbar(
                scaled, [tau.value for tau in taus], [tau.error for tau in taus],
                label=_NAMES[name] if group == "su2" else None, **guided(styles[name]), **fill,
            )  # fmt: skip
        look = guided(styles["flow"]) | fill
        left.errorbar(scaled, [p.ess.value for p in own], [p.ess.error for p in own], **look)
    left.set(xlabel=r"$\beta / N^2$", ylabel="ESS of the flow", ylim=(0, 1.02))
    left.set(title="filled: SU(2), open: SU(3)")
    right.set(xlabel=r"$\beta / N^2$", ylabel=r"$\tau_{\mathrm{int}}$ of the plaquette  [steps]")
    legend_outside(figure, right, columns=4)
    return figure
