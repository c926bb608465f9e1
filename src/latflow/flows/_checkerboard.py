"""Splitting a field into the two sublattices of a checkerboard, and putting it together."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from latflow.errors import ConfigError
from latflow.fields import ScalarField
from latflow.flows._mask import Channels, Passive, ScalarMask
from latflow.flows._permute import PermutationTable, permute


class Checkerboard(ScalarMask):
    """The active and the frozen half of a lattice with even extents, for real scalars.

    Half fields are vectors over the sites of one sublattice, in row-major order.

    Args:
        space: of the fields.
        active_is_odd: whether the active sites are those with an odd sum of coordinates.

    Raises:
        ConfigError: an extent is odd.
    """

    active_is_odd: bool = eqx.field(static=True)

    def __check_init__(self):
        if not self.lattice.is_bipartite:
            raise ConfigError(
                "theory.shape",
                f"a checkerboard needs even extents, got {list(self.lattice.shape)}",
            )

    @property
    def symmetries(self) -> frozenset[str]:
        """The sign, and translations that keep even sites even."""
        return frozenset({"z2", "even-translation"})

    @property
    def active_sites(self) -> np.ndarray:
        """Flat indices of the active sites."""
        return np.flatnonzero(self.lattice.parity.ravel() == self.active_is_odd)

    @property
    def frozen_sites(self) -> np.ndarray:
        """Flat indices of the frozen sites."""
        return np.flatnonzero(self.lattice.parity.ravel() != self.active_is_odd)

    def split(self, field: ScalarField) -> tuple[Channels, Channels]:
        """The active and the frozen half of a field."""
        order = np.concatenate([self.active_sites, self.frozen_sites])
        packed = permute(field.reshape(-1), PermutationTable(order[:, None]))
        half = self.lattice.volume // 2
        return (packed[:half],), (packed[half:],)

    def join(self, active: Channels, frozen: Channels, passive: Passive = ()) -> ScalarField:
        """The field whose halves these are."""
        order = np.concatenate([self.active_sites, self.frozen_sites])
        inverse = PermutationTable(np.argsort(order)[:, None])
        return permute(jnp.concatenate([*active, *frozen]), inverse).reshape(self.lattice.shape)

    def neighbourhood(self, radius: int, of_frozen: bool) -> PermutationTable:
        """Where the sites around each active site lie in a half field.

        Args:
            radius: the largest displacement along any axis.
            of_frozen: neighbours on the frozen sublattice (odd displacements) or on the active
                one (even displacements).

        Returns:
            Indices into the half field: one row per active site, one column per displacement.
        """
        position = np.empty(self.lattice.volume, dtype=int)
        sites = self.frozen_sites if of_frozen else self.active_sites
        position[sites] = np.arange(len(sites))
        window = np.indices((2 * radius + 1,) * self.lattice.ndim).reshape(self.lattice.ndim, -1)
        displacements = [
            tuple(int(step) for step in d) for d in (window - radius).T if d.sum() % 2 == of_frozen
        ]
        columns = [self.lattice.displaced_sites(d)[self.active_sites] for d in displacements]
        return PermutationTable(position[np.stack(columns, axis=1)])
