"""The free field with a zero mode of two peaks: where a flow starts near a critical point."""

from typing import ClassVar, Literal

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key
from pydantic import Field

from latflow.fields import FieldSpace, RealScalar, ScalarField
from latflow.precision import sum_in_double
from latflow.priors._gaussian import FreeField
from latflow.priors._prior import Prior, PriorSettings
from latflow.theories import FreeScalar


class TwoPeakedField(Prior):
    """The free field, but for its zero mode Z = sum_x phi_x / sqrt(V).

    Z is normal around +c or -c with equal odds, independent of all other modes, and <Z^2> = 1 / m2
    as in the free field. At a critical point the magnetisation of a finite lattice has two peaks
    with a shallow valley between them, which a flow makes of one peak only by moving fast.

    Attributes:
        free: the free field.
        separation: c in units of the width of a peak, which is learnt with the flow. At 2.5 the
            density at zero is an eleventh of that at the peaks; below 1 there is one peak.
    """

    free: FreeField
    separation: Float[Array, ""]

    def __init__(self, free: FreeField, separation: float):
        self.free = free
        self.separation = jnp.asarray(separation, jnp.float64)

    @property
    def space(self) -> FieldSpace:  # pyright: ignore[reportIncompatibleVariableOverride]
        """That of the free field."""
        return self.free.space

    @property
    def symmetries(self) -> frozenset[str]:
        """Those of the free field."""
        return self.free.symmetries

    def sample(self, key: Key[Array, ""], dtype) -> ScalarField:
        """One exact configuration."""
        keys = jax.random.split(key)
        field = self.free.sample(keys[0], dtype)
        centre, width, m2 = (x.astype(dtype) for x in self._peaks())
        volume = field.size**0.5
        old = field.sum() / volume
        sign = jnp.where(jax.random.bernoulli(keys[1]), 1.0, -1.0).astype(dtype)
        return field + (sign * centre + width * jnp.sqrt(m2) * old - old) / volume

    def log_density(self, field: ScalarField) -> Float[Array, ""]:
        """Normalised: that of the free field, with another factor for the zero mode."""
        centre, width, m2 = self._peaks()
        mode = sum_in_double(field) / field.size**0.5
        peaks = -0.5 * ((mode + jnp.array([centre, -centre])) / width) ** 2
        return (
            self.free.log_density(field)
            + 0.5 * m2 * mode**2
            - 0.5 * jnp.log(m2)
            + jax.scipy.special.logsumexp(peaks)
            - np.log(2)
            - jnp.log(width)
        )

    def _peaks(self):
        """Where the peaks are, their width, and the free field's mass squared."""
        m2 = self.free.theory.m2.astype(jnp.float64)
        width = 1 / jnp.sqrt((1 + self.separation**2) * m2)
        return self.separation * width, width, m2


class TwoPeakedFieldSettings(PriorSettings):
    """The free scalar field with a zero mode of two peaks, for theories near a critical point."""

    spaces: ClassVar[tuple[type[FieldSpace], ...]] = (RealScalar,)

    kind: Literal["two-peaked-field"] = "two-peaked-field"
    m2: float = Field(
        1.0, gt=0, description="mass squared, lattice units: one over the susceptibility V <M^2>"
    )
    zeta: float = Field(1.0, ge=0, description="field strength")
    separation: float = Field(
        2.5,
        gt=0,
        le=100,
        description="distance of each peak of the mean field from zero, in widths of a peak, where "
        "training starts: it is learnt with the flow; 2.5 suits a critical point in two dimensions",
    )

    def build(self, space: FieldSpace) -> TwoPeakedField:
        """The prior on a space of real scalars."""
        self.require_space(space)
        free = FreeField(FreeScalar(space.lattice, m2=self.m2, zeta=self.zeta))
        return TwoPeakedField(free, self.separation)
