"""Averages and differences of pairs: coarser fields that keep long waves, where decimated ones
keep the noise of single sites."""

from typing import Literal

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Key
from pydantic import Field

from latflow.fields import FieldSpace, ScalarField
from latflow.flows._flow import Flow, FlowSettings, LogDet
from latflow.flows._levels import require_level, sites_of_level
from latflow.flows._on_coarse_sites import on_coarse_sites


def pair_displacement(ndim: int, level: int) -> tuple[int, ...]:
    """From a site of the next level to the finer one that is its partner, on the first D levels."""
    if level == 0:
        return (1, *(0,) * (ndim - 1))
    return tuple(int(axis in (level - 1, ndim - 1)) for axis in range(ndim))


class PairAverages(Flow):
    """phi_c = (a - b)/sqrt(2), phi_f = (a + b)/sqrt(2): a level made of averages and differences.

    A coarser site holds a, the average of the pair (times sqrt(2)), the finer site beside it the
    difference b; what comes out are the two fields. Orthogonal: the Haar wavelet, one step of
    sqrt(2) in two dimensions.

    Args:
        space: of the fields.
        level: from 0 to D - 1; coarser ones by :class:`latflow.flows.OnCoarseSites`.

    Raises:
        ConfigError: the lattice does not have the next level.
    """

    space: FieldSpace
    level: int = eqx.field(static=True)

    def __check_init__(self):
        require_level(self.space.lattice, self.level + 1)

    @property
    def symmetries(self) -> frozenset[str]:
        """Linear, and alike on all cells of 2^D sites."""
        return frozenset({"z2", "even-translation"})

    def transform(self, z: ScalarField) -> tuple[ScalarField, LogDet]:
        """Averages and differences become fields."""
        return self._rotated(z, 1.0), jnp.zeros((), jnp.float64)

    def transform_back(self, x: ScalarField) -> tuple[ScalarField, LogDet]:
        """Fields become averages and differences."""
        return self._rotated(x, -1.0), jnp.zeros((), jnp.float64)

    def _rotated(self, field: ScalarField, sign: float) -> ScalarField:
        lattice = self.space.lattice
        coarser = sites_of_level(lattice, self.level + 1)
        finer = sites_of_level(lattice, self.level) & ~coarser
        ahead = behind = field
        for axis, n in enumerate(pair_displacement(lattice.ndim, self.level)):
            if n:
                ahead, behind = lattice.shift(ahead, axis), lattice.shift(behind, axis, -1)
        root = 0.5**0.5
        moved = jnp.where(coarser, field - sign * ahead, field + sign * behind)
        return jnp.where(coarser | finer, root * moved, field)


class PairAveragesSettings(FlowSettings):
    """Averages of pairs on the coarser sites and differences on the finer ones become fields."""

    kind: Literal["pair-averages"] = "pair-averages"
    level: int = Field(
        0, ge=0, le=64, description="sublattice, with 2^-level of all sites, that is put together"
    )

    @property
    def needs_training(self) -> bool:
        """It has nothing to train."""
        return False

    def build(self, space: FieldSpace, key: Key[Array, ""]) -> Flow:
        """The rotation.

        Raises:
            ConfigError: the lattice does not have the level and the next one.
        """
        self.require_space(space)
        require_level(space.lattice, self.level + 1)
        doublings, level = divmod(self.level, space.lattice.ndim)
        return on_coarse_sites(space, doublings, lambda coarser: PairAverages(coarser, level))
