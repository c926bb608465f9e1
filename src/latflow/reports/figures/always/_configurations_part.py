"""Configurations as a figure of a report: what they show depends on the kind of field."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Shaped
from markupsafe import Markup

from latflow.reports.data import RunReport
from latflow.reports.figures._part import Drawing, FigurePart, styles_of
from latflow.reports.figures.always._configurations import COLUMNS, configurations, spread
from latflow.reports.figures.maps import map_of

Arrays = Mapping[str, Shaped[np.ndarray, "..."]]


class ConfigurationsFigure(FigurePart):
    """A few configurations of the model and of every chain, as the field space shows them."""

    name = "configurations"
    title = "Configurations"
    always = True

    def draw(self, report: RunReport) -> Drawing | None:
        """All kinds of fields that have pictures."""
        kind = map_of(report.space)
        sources = {
            name: _some(arrays) for name, arrays in _sources(report).items() if usable(arrays)
        }
        if kind is None or not sources:
            return None
        found = {name: kind.pictures(arrays) for name, arrays in sources.items()}
        pictures = {name: values for name, (values, _) in found.items()}
        remarks = {name: words for name, (_, words) in found.items()}
        figure = configurations(pictures, kind.look, remarks, styles=styles_of(report))
        plane = " A plane through each is shown." if len(report.shape) > 2 else ""
        model = Markup(
            " <i>Model</i> rows are drawn from the flow without any correction."
            if report.proposals
            else ""
        )
        caption = Markup(
            "{}, all on one scale. Structures of the same size and the same contrast should be "
            "seen in every row.{}{}"
        ).format(kind.look.words, model, plane)
        return Drawing(figure, caption)


def usable(arrays: Arrays) -> bool:
    """Whether there are configurations, all of them finite."""
    return bool(arrays) and all(
        array.size > 0 and bool(np.isfinite(array).all()) for array in arrays.values()
    )


def _sources(report: RunReport) -> dict[str, Arrays]:
    sources: dict[str, Arrays] = {"model, unweighted": report.proposals}
    return sources | {chain.name: chain.stored for chain in report.chains}


def _some(arrays: Arrays) -> Arrays:
    """As many as are shown, from far apart."""
    stored = len(next(iter(arrays.values())))
    return {name: array[spread(COLUMNS, stored)] for name, array in arrays.items()}
