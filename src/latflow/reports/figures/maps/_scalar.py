"""Pictures of real scalar fields: the field itself."""

import numpy as np
from jaxtyping import Float
from markupsafe import Markup

from latflow.fields import Field, FieldSpace, RealScalar
from latflow.reports.figures.maps._field_map import FieldMap, MapLook

# Blue to red through white: told apart with any kind of colour vision.
SCALAR_LOOK = MapLook(
    label=r"$\phi(x)$  [lattice units]",
    number=r"\phi(x)",
    words=Markup("The field φ(<i>x</i>)"),
    colours="RdBu_r",
)


class ScalarMap(FieldMap):
    """phi(x)."""

    serves = "real scalars"

    @classmethod
    def shows(cls, space: FieldSpace) -> bool:
        """Real scalars."""
        return isinstance(space, RealScalar)

    @property
    def look(self) -> MapLook:
        """Blue to red."""
        return SCALAR_LOOK

    def values(self, field: Field) -> Float[np.ndarray, "*lattice"]:
        """The field."""
        return np.asarray(field, dtype=np.float64)
