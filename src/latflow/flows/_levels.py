"""Nested sublattices, each with half the sites of the one before it, and masks between them.

Level 0 are all sites of a D-dimensional lattice, level 1 those with an even sum of coordinates,
and further steps make one coordinate after the other even, until at level D all are. From there
on it goes on alike with twice the spacing. In two dimensions a step is a factor of sqrt(2).
"""

import itertools

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool

from latflow.errors import ConfigError
from latflow.fields import ScalarField
from latflow.flows._mask import Channels, Passive, ScalarMask
from latflow.flows._permute import PermutationTable, permute
from latflow.lattice import Lattice


def sites_of_level(lattice: Lattice, level: int) -> Bool[np.ndarray, "..."]:
    """True on the sites of a level, as a mask of the lattice's shape."""
    doublings, steps = divmod(level, lattice.ndim)
    unit = 2**doublings
    coordinates = np.indices(lattice.shape)
    inside = (coordinates % unit == 0).all(axis=0)
    if steps:
        scaled = coordinates // unit
        inside &= scaled.sum(axis=0) % 2 == 0
        inside &= (scaled[: steps - 1] % 2 == 0).all(axis=0)
    return inside


def require_level(lattice: Lattice, level: int) -> None:
    """Refuse a level that the lattice does not have.

    Raises:
        ConfigError: an extent is no multiple of a power of two that is needed.
    """
    doublings, steps = divmod(level, lattice.ndim)
    unit = 2 ** (doublings + (steps > 0))
    if any(extent % unit for extent in lattice.shape):
        raise ConfigError(
            "theory.shape",
            f"level {level} of a {lattice.ndim}-dimensional lattice needs extents that are "
            f"multiples of {unit}, got {list(lattice.shape)}",
        )


def doublings_of(lattice: Lattice, level: int, steps: int) -> int:
    """How often the spacing is doubled at a level that looks like a given one of the first D.

    Args:
        lattice: any.
        level: which one.
        steps: that it must have been reached in from where it looks like all sites.

    Raises:
        ConfigError: the level looks otherwise, or the lattice does not have it.
    """
    require_level(lattice, level)
    doublings, rest = divmod(level - steps, lattice.ndim)
    if rest or doublings < 0:
        possible = [steps + n * lattice.ndim for n in range(4)]
        raise ConfigError(
            "model.flow.level",
            f"this flow is made for the levels {', '.join(map(str, possible))}, ... of "
            f"{lattice.ndim} dimensions, got {level}",
        )
    return doublings


class LevelMask(ScalarMask):
    """One level in two halves: the next coarser level, and the sites that it has not.

    All other sites of the lattice are passive. Halves are vectors in row-major order.

    Args:
        space: of the fields.
        level: which one; the next one must be there as well.
        active_is_finer: whether the sites that are changed are those that the next level has not.

    Raises:
        ConfigError: the lattice does not have the next level.
    """

    level: int = eqx.field(static=True)
    active_is_finer: bool = eqx.field(static=True)

    def __check_init__(self):
        require_level(self.lattice, self.level + 1)

    @property
    def symmetries(self) -> frozenset[str]:
        """The sign; and even translations, unless the coarser level is too coarse for them."""
        finest = self.level < self.lattice.ndim
        return frozenset({"z2", *(["even-translation"] if finest else [])})

    @property
    def active_sites(self) -> np.ndarray:
        """Flat indices of the active sites."""
        return self._half(self.active_is_finer)

    @property
    def frozen_sites(self) -> np.ndarray:
        """Flat indices of the frozen sites."""
        return self._half(not self.active_is_finer)

    def _half(self, is_finer: bool) -> np.ndarray:
        inside = sites_of_level(self.lattice, self.level).ravel()
        coarser = sites_of_level(self.lattice, self.level + 1).ravel()
        return np.flatnonzero(inside & ~coarser if is_finer else coarser)

    @property
    def _order(self) -> np.ndarray:
        passive = np.flatnonzero(~sites_of_level(self.lattice, self.level).ravel())
        return np.concatenate([self.active_sites, self.frozen_sites, passive])

    def _packed(self, field: ScalarField):
        return permute(field.reshape(-1), PermutationTable(self._order[:, None]))

    def split(self, field: ScalarField) -> tuple[Channels, Channels]:
        """The active and the frozen sites of a field."""
        packed, half = self._packed(field), len(self.active_sites)
        return (packed[:half],), (packed[half : 2 * half],)

    def passive(self, field: ScalarField) -> Passive:
        """All other sites."""
        rest = self._packed(field)[2 * len(self.active_sites) :]
        return (rest,) if self.level else ()

    def join(self, active: Channels, frozen: Channels, passive: Passive = ()) -> ScalarField:
        """The field whose parts these are."""
        inverse = PermutationTable(np.argsort(self._order)[:, None])
        packed = jnp.concatenate([*active, *frozen, *passive])
        return permute(packed, inverse).reshape(self.lattice.shape)

    def neighbourhood(self, radius: int, of_frozen: bool) -> PermutationTable:
        """Where the sites around each active site lie in a half.

        In units of a level's nearest neighbours: on a level that looks like a hypercubic lattice
        no coordinate differs by more than ``radius``, on those between, in two dimensions the
        diagonal ones, the same is true along the diagonals.

        Args:
            radius: the largest displacement.
            of_frozen: sites of the frozen half, or of the active one.

        Returns:
            Indices into the half: one row per active site, one column per displacement.
        """
        sites = self.frozen_sites if of_frozen else self.active_sites
        position = np.full(self.lattice.volume, -1)
        position[sites] = np.arange(len(sites))
        columns = []
        for displacement in _window(self.lattice.ndim, self.level, radius):
            column = position[self.lattice.displaced_sites(displacement)[self.active_sites]]
            if (column >= 0).all():
                columns.append(column)
        return PermutationTable(np.stack(columns, axis=1))


def _window(ndim: int, level: int, radius: int) -> list[tuple[int, ...]]:
    """Displacements around a site of a level, in row-major order."""
    doublings, steps = divmod(level, ndim)
    unit = 2**doublings
    reach = 2 * radius if steps else radius
    cube = itertools.product(range(-reach, reach + 1), repeat=ndim)
    inside = (d for d in cube if not steps or sum(map(abs, d)) <= reach)
    return [tuple(unit * step for step in d) for d in inside]
