"""U(1) in two dimensions with a defect: a row of plaquettes with another coupling."""

import math
from collections.abc import Callable

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from scipy.special import ive

from latflow.analysis import KnownNumber
from latflow.errors import ConfigError
from latflow.fields.links import U1Links, staples
from latflow.lattice import Lattice
from latflow.precision import sum_in_double
from latflow.theories._theory import Coupling, coupling
from latflow.theories.gauge._u1_link import PolarStaples, U1Link, weighted_polar_sum
from latflow.theories.gauge._u1_plaquettes import plaquette_angles
from latflow.theories.gauge._wilson import WilsonGauge
from latflow.trigonometry import cosine, sine

AngleField = Float[Array, "axes *lattice"]
Angles = Float[Array, "..."]


class U1Defect(WilsonGauge):
    """S = -beta sum_x c(x) cos theta_01(x) on a periodic lattice of two dimensions.

    c is ``strength`` on the plaquettes that cross the boundary of axis 0 at the first ``length``
    sites of axis 1, and one elsewhere. With strength 0 flux leaves and enters there as it likes:
    nothing ties the charge to an integer number of flux quanta any more. The setting of
    Hasenbusch, arXiv:1709.09460, for gauge fields in two dimensions.

    Args:
        lattice: of two dimensions.
        beta: coupling.
        length: sites of the defect.
        strength: factor of the couplings there.

    Raises:
        ConfigError: the lattice has other dimensions, or is too small for the defect.
    """

    space: U1Links
    beta: Coupling
    strength: Coupling
    length: int = eqx.field(static=True)

    def __init__(self, lattice: Lattice, *, beta, length: int, strength):
        require_room_for_defect(lattice, length)
        self.space, self.length = U1Links(lattice), length
        self.beta, self.strength = coupling(beta), coupling(strength)

    @property
    def symmetries(self) -> frozenset[str]:
        """It has a place."""
        return super().symmetries - {"translation", "reflection"}

    def known(self) -> dict[str, KnownNumber]:
        """log Z = log sum_n I_n(beta)^(V - L) I_n(strength beta)^L, by character expansion."""
        beta, defect = float(self.beta), float(self.beta * self.strength)
        n = np.arange(-40 - int(9 * math.sqrt(abs(beta))), 41 + int(9 * math.sqrt(abs(beta))))
        whole = self.space.lattice.volume - self.length
        terms = [power * np.log(np.maximum(ive(np.abs(n), b), 1e-300)) + power * abs(b)
                 for power, b in ((whole, beta), (self.length, defect))]  # fmt: skip
        value = float(np.logaddexp.reduce(terms[0] + terms[1]))
        return {"log_z": KnownNumber(value, 0.0, "exact: character expansion", "log_z")}

    def action(self, field: AngleField) -> Float[Array, ""]:
        """The action, in double precision throughout."""
        angles = plaquette_angles(self.space, field, 0, 1, jnp.float64)
        return -self.beta * sum_in_double(self._factors(jnp.float64) * cosine(angles))

    def force(self, field: AngleField) -> AngleField:
        """As without a defect, with the factors of plaquettes."""
        space, dtype = self.space, field.dtype
        angles = plaquette_angles(space, field, 0, 1, dtype)
        pull = self.beta.astype(dtype) * self._factors(dtype) * sine(angles)
        return space.field_of([space.shift(pull, 1, -1) - pull, pull - space.shift(pull, 0, -1)])

    def staples(self, field: AngleField, part: int) -> PolarStaples:
        """The sum of the staples of the links along an axis, with the factors of plaquettes."""
        return self.staples_on(field, part, lambda angles: angles)

    def staples_on(
        self, field: AngleField, part: int, restrict: Callable[[Angles], Angles]
    ) -> PolarStaples:
        """The same on some sites."""
        upper = self._factors(field.dtype)
        lower = self.space.shift(upper, 1 - part, -1)
        angles = staples(self.space, field, part, restrict)
        return weighted_polar_sum(angles, [restrict(upper), restrict(lower)])

    def local_distribution(self, part: int) -> U1Link:
        """Von Mises, the same along both axes."""
        return U1Link(self.beta)

    def _factors(self, dtype) -> Float[Array, "rows columns"]:
        """c on all sites."""
        return defect_factors(self.space.lattice, self.length, self.strength, dtype)


def require_room_for_defect(lattice: Lattice, length: int) -> None:
    """Refuse a lattice that has no place for a defect.

    Raises:
        ConfigError: it is not two-dimensional, or too small.
    """
    if lattice.ndim != 2:
        raise ConfigError(
            "ladder", f"a defect is a segment in two dimensions, not in {lattice.ndim}"
        )
    if not 1 <= length <= lattice.shape[1]:
        raise ConfigError(
            "ladder.length",
            f"a defect has between 1 and {lattice.shape[1]} sites on a lattice of "
            f"{list(lattice.shape)}, got {length}",
        )


def defect_factors(
    lattice: Lattice, length: int, strength: Coupling, dtype
) -> Float[Array, "rows columns"]:
    """``strength`` on the last row of axis 0, at the first ``length`` sites of axis 1; else one."""
    there = np.zeros(lattice.shape)
    there[-1, :length] = 1.0
    return 1 + (strength.astype(dtype) - 1) * jnp.asarray(there, dtype)
