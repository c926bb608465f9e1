"""Pictures of spins: a direction, a component, or the charge density of complex ones."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Complex, Float
from markupsafe import Markup

from latflow.fields import ComplexUnitVectors, Field, FieldSpace, ProductSpace, UnitVectors
from latflow.fields.links import U1Links, plaquette, wrapped
from latflow.reports.figures.maps._angles import CYCLIC, FULL_TURN, TURN_TICKS, turns_of
from latflow.reports.figures.maps._field_map import FieldMap, MapLook

_DIRECTION = MapLook(
    label=r"angle of $s(x)$",
    number="s_a(x)",
    words=Markup("The direction of the spin <i>s</i>(<i>x</i>), in colours that close"),
    colours=CYCLIC,
    limits=FULL_TURN,
    ticks=TURN_TICKS,
)
_COMPONENT = MapLook(
    label="$s_1(x)$",
    number="s_a(x)",
    words=Markup("The first component of the spin <i>s</i>(<i>x</i>)"),
    colours="RdBu_r",
    limits=(-1.0, 1.0),
)
_CHARGE = MapLook(
    label=r"$2\pi\,q(x)$",
    number=r"\mathrm{Re},\,\mathrm{Im}\ z_a;\ \theta_\mu",
    words=Markup(
        "2π times the density <i>q</i>(<i>x</i>) of the topological charge <i>Q</i>, the phase of "
        "z̄z around each plaquette, in colours that close"
    ),
    colours=CYCLIC,
    limits=FULL_TURN,
    ticks=TURN_TICKS,
)
_MODULUS = MapLook(
    label=r"$|z_1(x)|^2$",
    number=_CHARGE.number,
    words=Markup("The modulus |<i>z</i><sub>1</sub>(<i>x</i>)|² of the first component"),
    colours="viridis",
    limits=(0.0, 1.0),
)


class SpinMap(FieldMap):
    """The angle of spins in a plane; the first component of all others."""

    serves = "real unit vectors"

    @classmethod
    def shows(cls, space: FieldSpace) -> bool:
        """Real unit vectors."""
        return isinstance(space, UnitVectors) and not isinstance(space, ComplexUnitVectors)

    @property
    def look(self) -> MapLook:
        """Cyclic for two components."""
        return _DIRECTION if self.space.n == 2 else _COMPONENT

    def values(self, field: Field) -> Float[np.ndarray, "*lattice"]:
        """Angles in (-pi, pi], or numbers between -1 and 1."""
        spins = np.asarray(field, dtype=np.float64)
        return np.arctan2(spins[1], spins[0]) if self.space.n == 2 else spins[0]


class ComplexSpinMap(FieldMap):
    """The charge density of complex unit vectors in two dimensions; else |z_1|^2."""

    serves = "complex unit vectors, with or without links"

    @classmethod
    def shows(cls, space: FieldSpace) -> bool:
        """A product with such vectors among its parts."""
        return isinstance(space, ProductSpace) and _name_of_vectors(space) is not None

    @property
    def look(self) -> MapLook:
        """Cyclic for charges."""
        return _CHARGE if self.space.lattice.ndim == 2 else _MODULUS

    def values(self, field: Field) -> Float[np.ndarray, "*lattice"]:
        """2 pi q in (-pi, pi], or numbers between 0 and 1."""
        vectors = np.asarray(field[_name_of_vectors(self.space)])
        if self.space.lattice.ndim != 2:
            return np.abs(vectors[0]) ** 2
        return _charge_density(self.space, vectors)

    def remark(self, field: Field) -> str:
        """The charge."""
        return f"$Q = {turns_of(self.values(field))}$" if self.space.lattice.ndim == 2 else ""


def _name_of_vectors(space: ProductSpace) -> str | None:
    names = (name for name, part in space.parts.items() if isinstance(part, ComplexUnitVectors))
    return next(names, None)


def _charge_density(
    space: ProductSpace, vectors: Complex[np.ndarray, "components *lattice"]
) -> Float[np.ndarray, "*lattice"]:
    """2 pi q(x): the phases of conj(z_x) z_{x+mu} are links, their plaquettes the density."""
    ahead = (np.roll(vectors, -1, axis=1 + axis) for axis in range(2))
    phases = [jnp.asarray(np.angle(np.sum(vectors.conj() * other, axis=0))) for other in ahead]
    links = U1Links(space.lattice)
    angles = plaquette(links, links.field_of(phases), 0, 1)
    return np.asarray(wrapped(angles), dtype=np.float64)
