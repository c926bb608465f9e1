"""Every other link along one axis: no plaquette holds two of them.

Active are the links along one axis mu on the sites where the sum of the other coordinates is even
(or odd). Every plaquette holds one of them at most, and in the planes of mu exactly one: so the
staples of an active link are frozen, and 2 D such masks change every link once.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Shaped

from latflow.errors import ConfigError
from latflow.fields.links import LinkSpace
from latflow.flows._permute import PermutationTable, permute
from latflow.flows.gauge._rows import on_lattice_of, rows_of
from latflow.lattice import Lattice

Values = Shaped[Array, "..."]


class LinkMask(eqx.Module):
    """Which links are active, of any group in any dimension D >= 2.

    Values have the axes of the lattice behind those of their components: none for angles, two for
    matrices. A batch may follow.

    Args:
        space: of the fields.
        axis: of the active links.
        is_odd: whether the sum of the other coordinates is odd where they start.
    """

    space: LinkSpace
    axis: int = eqx.field(static=True)
    is_odd: bool = eqx.field(static=True)

    @property
    def _is_active(self) -> np.ndarray:
        coordinates = np.indices(self.space.lattice.shape)
        across = coordinates.sum(axis=0) - coordinates[self.axis]
        return (across % 2 == self.is_odd).ravel()

    @property
    def sites(self) -> np.ndarray:
        """Flat indices of the sites where active links start."""
        return np.flatnonzero(self._is_active)

    @property
    def n_staples(self) -> int:
        """Staples of a link: 2 (D - 1)."""
        return 2 * (self.space.lattice.ndim - 1)

    def taken(self, values: Values) -> Values:
        """The values at active sites, which are one axis."""
        axis = self._components
        rows = rows_of(values, self.space.lattice, axis)
        packed = permute(rows, PermutationTable(self._order[:, None]), axis)
        return jax.lax.slice_in_dim(packed, 0, len(self.sites), axis=axis)

    def spread(self, values: Values) -> Values:
        """Values of active sites on the whole lattice, zero elsewhere."""
        axis = self._components
        others = self.space.lattice.volume - len(self.sites)
        padding = [(0, others if i == axis else 0, 0) for i in range(values.ndim)]
        padded = jax.lax.pad(values, jnp.zeros((), values.dtype), padding)
        inverse = PermutationTable(np.argsort(self._order)[:, None])
        return on_lattice_of(permute(padded, inverse, axis), self.space.lattice, axis)

    def changed(self, field: Values, links: Values) -> Values:
        """The field with other active links."""
        space = self.space
        all_links = [space.link(field, axis) for axis in range(space.lattice.ndim)]
        old = all_links[self.axis]
        further = old.ndim - self._components - space.lattice.ndim
        mask = self._is_active.reshape(space.lattice.shape + (1,) * further)
        all_links[self.axis] = jnp.where(mask, self.spread(links), old)
        return space.field_of(all_links)

    @property
    def _components(self) -> int:
        return len(self.space.structure(jnp.float32).shape) - 1 - self.space.lattice.ndim

    @property
    def _order(self) -> np.ndarray:
        """Active sites first."""
        return np.concatenate([self.sites, np.flatnonzero(~self._is_active)])


def require_alternating(lattice: Lattice) -> None:
    """Refuse a lattice on which such masks would not separate the links of a plaquette.

    Raises:
        ConfigError: an extent is odd, or there is no plaquette.
    """
    if lattice.ndim < 2 or not lattice.is_bipartite:
        raise ConfigError(
            "theory.shape",
            "couplings of links need at least two dimensions and even extents, got "
            f"{list(lattice.shape)}",
        )
