"""All kinds of pictures, and which one a field space has."""

from typing import Any

from latflow.fields import FieldSpace
from latflow.parts import registered
from latflow.reports.figures.maps._field_map import FieldMap
from latflow.reports.figures.maps._links import MatrixMap, PhaseMap
from latflow.reports.figures.maps._scalar import ScalarMap
from latflow.reports.figures.maps._spins import ComplexSpinMap, SpinMap

FIELD_MAPS: tuple[type[FieldMap], ...] = (
    ScalarMap,
    PhaseMap,
    MatrixMap,
    SpinMap,
    ComplexSpinMap,
)
"""Those that come with latflow; installed packages may add some, as :mod:`latflow.parts`."""


def map_of(space: FieldSpace) -> FieldMap | None:
    """The pictures of a space's fields; ``None`` where nobody knows how to draw them."""
    kinds: tuple[Any, ...] = registered(FieldMap, FIELD_MAPS)
    for kind in kinds:
        if kind.shows(space):
            return kind(space)
    return None
