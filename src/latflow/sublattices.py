"""The 2^D sublattices of even and odd coordinates: taking them out of a field, and back."""

import numpy as np
from jax import numpy as jnp
from jaxtyping import Array, Float

from latflow.errors import ConfigError
from latflow.fields import ScalarField
from latflow.lattice import Lattice


def sublattices(field: ScalarField) -> Float[Array, "parts *sites"]:
    """Phi_e(n) = phi(2n + e) for every e in {0, 1}^D, in row-major order of e.

    Args:
        field: all extents even.
    """
    steps = np.ndindex(*(2,) * field.ndim)
    return jnp.stack([field[tuple(slice(e, None, 2) for e in corner)] for corner in steps])


def interleave(parts: Float[Array, "parts *sites"]) -> ScalarField:
    """phi(2n + e) = Phi_e(n): one field of as many sites as all parts have together.

    Albandea et al., PoS LATTICE2023, eq. (9), in any dimension D.

    Args:
        parts: 2^D fields in row-major order of e.
    """
    extents = parts.shape[1:]
    ndim = len(extents)
    grid = parts.reshape(*(2,) * ndim, *extents)
    # Axes (e_1, ..., e_D, n_1, ..., n_D) become (n_1, e_1, n_2, e_2, ...).
    order = [axis for d in range(ndim) for axis in (ndim + d, d)]
    return grid.transpose(order).reshape(tuple(2 * n for n in extents))


def halved(lattice: Lattice) -> Lattice:
    """The lattice of half the extents: that of each sublattice.

    Raises:
        ConfigError: an extent is odd.
    """
    if not lattice.is_bipartite:
        raise ConfigError(
            "model.prior.kind",
            f'"interleaved" needs even extents, got {list(lattice.shape)}; use even ones, or '
            'the kind "ensemble"',
        )
    return Lattice(tuple(extent // 2 for extent in lattice.shape))


def doubled(lattice: Lattice) -> Lattice:
    """The lattice of twice the extents: what is interleaved from 2^D fields lives there."""
    return Lattice(tuple(2 * extent for extent in lattice.shape))
