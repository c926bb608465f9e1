"""The correlator as a figure of a report."""

from weakref import WeakKeyDictionary

from markupsafe import Markup

from latflow.analysis import Estimate
from latflow.reports.data import RunReport
from latflow.reports.figures._part import Drawing, FigurePart, finite_series, styles_of
from latflow.reports.figures.measured._correlator import correlator
from latflow.reports.figures.measured._correlator_curves import CorrelatorCurves, correlator_curves

_SHORTEST = 4
# Two figures of a report need them: they are computed once, and forgotten with the report.
_CURVES: WeakKeyDictionary[RunReport, dict[str, CorrelatorCurves]] = WeakKeyDictionary()


class CorrelatorFigure(FigurePart):
    """C(t) of any field at zero momentum, with the plateau of its effective mass."""

    name = "correlator"
    title = "Correlator and pole mass"
    serves = ("two_point",)

    def draw(self, report: RunReport) -> Drawing | None:
        """Of all chains that recorded C(t)."""
        curves = curves_of(report)
        if not curves:
            return None
        caption = Markup(
            "<b>Left:</b> <i>C</i>(<i>t</i>) with the hyperbolic cosine of the fitted mass. "
            "<b>Right:</b> <i>m</i><sub>eff</sub>(<i>t</i>) = arccosh [<i>C</i>(<i>t</i>−1) + "
            "<i>C</i>(<i>t</i>+1)] / 2<i>C</i>(<i>t</i>) of the folded correlator. It should be "
            "constant over the band, which is the correlated fit with its error, and χ²/dof "
            "should be about one. Small <i>t</i> holds excited states; points drowned in noise "
            "are left out."
        )
        figure = correlator(curves, _reference_mass(report), styles=styles_of(report))
        return Drawing(figure, caption)


def curves_of(report: RunReport) -> dict[str, CorrelatorCurves]:
    """C(t), m_eff(t) and the plateau by chain, where the lattice is long enough."""
    if report not in _CURVES:
        _CURVES[report] = {
            name: correlator_curves(values)
            for name, values in finite_series(report, "two_point", only_results=True).items()
            if values.ndim == 3 and values.shape[2] >= _SHORTEST
        }
    return _CURVES[report]


def _reference_mass(report: RunReport) -> Estimate | None:
    reference = report.references.get("mpL")
    if reference is None:
        return None
    extent = max(report.shape)
    return Estimate(reference.value / extent, reference.error / extent)
