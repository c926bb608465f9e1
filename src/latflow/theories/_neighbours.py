"""Sums over neighbours, in the form that XLA compiles to fast loops on a CPU."""

import jax
import jax.numpy as jnp

from latflow.fields import ScalarField
from latflow.lattice import Lattice


def neighbour_sum(lattice: Lattice, field: ScalarField) -> ScalarField:
    """The sum of each site's 2D neighbours.

    The same as a sum of ``lattice.shift``, several times as fast where it is the hot spot: a
    roll inside a fused loop is a choice at every site, while slices of a field that is stored
    once with a halo are plain loads.
    """
    total = jnp.zeros_like(field)
    for axis, extent in enumerate(lattice.shape):
        last = jax.lax.slice_in_dim(field, extent - 1, extent, axis=axis)
        first = jax.lax.slice_in_dim(field, 0, 1, axis=axis)
        # The barrier keeps XLA from making the halo again inside the loop that uses it.
        padded = jax.lax.optimization_barrier(jnp.concatenate([last, field, first], axis))
        behind = jax.lax.slice_in_dim(padded, 0, extent, axis=axis)
        ahead = jax.lax.slice_in_dim(padded, 2, extent + 2, axis=axis)
        total = total + (behind + ahead)
    return total
