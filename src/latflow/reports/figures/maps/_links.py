"""Pictures of gauge fields: plaquettes of the plane that is shown."""

import numpy as np
from jaxtyping import Float
from markupsafe import Markup

from latflow.fields import Field, FieldSpace
from latflow.fields.links import LinkSpace, U1Links, plaquette, wrapped
from latflow.reports.figures.maps._angles import CYCLIC, FULL_TURN, TURN_TICKS
from latflow.reports.figures.maps._field_map import FieldMap, MapLook

_PHASES = MapLook(
    label=r"$\theta_P(x)$",
    number=r"\theta_\mu(x)",
    words=Markup("The plaquette angle θ<sub>P</sub>(<i>x</i>), in colours that close"),
    colours=CYCLIC,
    limits=FULL_TURN,
    ticks=TURN_TICKS,
)
_PHASES_2D = _PHASES._replace(
    label=r"$\theta_P(x) = 2\pi\,q(x)$",
    words=Markup(
        "The plaquette angle θ<sub>P</sub>(<i>x</i>), which is 2π times the density of the "
        "topological charge <i>Q</i>, in colours that close"
    ),
)
# Re tr P / N is between -1 and 1 for SU(2), and above -1/2 for SU(3).
_MATRICES = MapLook(
    label=r"$1 - \mathrm{Re\,tr}\,P(x)\,/\,N$",
    number=r"\mathrm{Re},\,\mathrm{Im}\ U_{ij}",
    words=Markup(
        "The action density 1 − Re tr <i>P</i>(<i>x</i>)/<i>N</i> of the plaquettes in the plane "
        "that is shown"
    ),
    colours="viridis",
    limits=(0.0, 1.5),
)


class PhaseMap(FieldMap):
    """theta_P of U(1) links, in the plane of the last two axes."""

    serves = "U(1) links"

    @classmethod
    def shows(cls, space: FieldSpace) -> bool:
        """Angles on links, with plaquettes."""
        return isinstance(space, U1Links) and space.lattice.ndim > 1

    @property
    def look(self) -> MapLook:
        """Cyclic."""
        return _PHASES_2D if self.space.lattice.ndim == 2 else _PHASES

    def values(self, field: Field) -> Float[np.ndarray, "*lattice"]:
        """Angles in (-pi, pi]."""
        mu, nu = _plane(self.space)
        return np.asarray(wrapped(plaquette(self.space, field, mu, nu)), dtype=np.float64)

    def remark(self, field: Field) -> str:
        """The charge, where it is an integer."""
        if self.space.lattice.ndim != 2:
            return ""
        return f"$Q = {round(float(self.space.topological_charge(field)))}$"


class MatrixMap(FieldMap):
    """1 - Re tr P / N of the links of any other group, in the plane of the last two axes."""

    serves = "links of matrix groups"

    @classmethod
    def shows(cls, space: FieldSpace) -> bool:
        """Matrices on links, with plaquettes."""
        links = isinstance(space, LinkSpace) and not isinstance(space, U1Links)
        return links and space.lattice.ndim > 1

    @property
    def look(self) -> MapLook:
        """From zero on."""
        return _MATRICES

    def values(self, field: Field) -> Float[np.ndarray, "*lattice"]:
        """Zero for an ordered field."""
        mu, nu = _plane(self.space)
        trace = self.space.real_trace(plaquette(self.space, field, mu, nu))
        return 1 - np.asarray(trace, dtype=np.float64)


def _plane(space: LinkSpace) -> tuple[int, int]:
    return space.lattice.ndim - 2, space.lattice.ndim - 1
