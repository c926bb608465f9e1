"""The layers of a flow as a figure of a report."""

import numpy as np
from markupsafe import Markup

from latflow.reports.data import RunReport
from latflow.reports.figures._part import Drawing, FigurePart
from latflow.reports.figures.always._configurations_part import usable
from latflow.reports.figures.always._layer_target import layer_target
from latflow.reports.figures.always._layers import layers, shown_stages
from latflow.reports.figures.maps import map_of
from latflow.runs import LayerView


class LayersFigure(FigurePart):
    """What each block of layers makes of the field, whatever kind it is of."""

    name = "layers"
    title = "Layer by layer"
    always = True

    def draw(self, report: RunReport) -> Drawing | None:
        """A model without layers is its prior: there is nothing to follow."""
        view, kind = report.layers, map_of(report.space)
        if view is None or kind is None or len(view.names) < 2 or not _finite(view):
            return None
        target = layer_target(report)
        pictures, _ = kind.pictures(view.fields)
        figure = layers(view, target, pictures, kind.look)
        return Drawing(figure, _caption(view, kind.look.words, target and target.name))


def _finite(view: LayerView) -> bool:
    return usable(view.fields) and (
        view.two_point is None or bool(np.isfinite(view.two_point).all())
    )


def _caption(view: LayerView, words: Markup, target: str | None) -> Markup:
    compared = ""
    if target is not None:
        compared = Markup(
            " Dashed: the chain <i>{}</i>, which the last column should meet; the flow is drawn "
            "without weights."
        ).format(target)
    stages = len(view.names)
    few = len(shown_stages(stages))
    left_out = f" {few} of {stages} stages are shown." if few < stages else ""
    correlator = Markup(
        " <b>Bottom:</b> <i>C</i>(<i>t</i>) at zero momentum; triangles are upper limits (two "
        "standard deviations) where nothing is seen, as at <i>t</i> &gt; 0 in a prior without "
        "correlations."
        if view.two_point is not None
        else ""
    )
    return Markup(
        "The prior's field, and what each block of layers makes of it. <b>Top:</b> the same "
        "sample at all stages, on one scale: {}. <b>{}:</b> the real numbers that make up the "
        "field.{} From {} fields.{}{}"
    ).format(
        words[:1].lower() + words[1:],
        "Middle" if correlator else "Bottom",
        correlator,
        f"{view.n_fields:,}",
        compared,
        left_out,
    )
