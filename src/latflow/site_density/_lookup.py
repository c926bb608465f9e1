"""Rows of a fixed table at one index per site, with the batch last.

The tables are no parameters: nothing is differentiated with respect to them.
"""

import jax
import jax.numpy as jnp
from jax.interpreters import ad
from jaxtyping import Array, Float, Int

from latflow.batching import batch_last


def looked_up(
    index: Int[Array, "..."], columns: Float[Array, "columns rows"]
) -> list[Float[Array, "..."]]:
    """``columns[c][index]`` for every c: one array of the shape of the index for each.

    Args:
        index: a row for every argument, between 0 and the number of rows.
        columns: of the table, each in one piece.
    """
    return _lookup_p.bind(index, columns)


def _lookup(index, columns):
    # Without the barrier XLA makes the index again for every column.
    index = jax.lax.optimization_barrier(index)
    return [jnp.take(column, index, mode="clip") for column in columns]


def _lookup_shape(index, columns):
    return [jax.ShapeDtypeStruct(index.shape, columns.dtype)] * columns.shape[0]


def _lookup_jvp(primals, tangents):
    index, columns = primals
    found = looked_up(index, columns)
    if isinstance(tangents[1], ad.Zero):
        return found, [jnp.zeros_like(value) for value in found]
    return found, looked_up(index, tangents[1])


_lookup_p = batch_last("latflow_lookup", _lookup, shared=(1,), several=True, shape=_lookup_shape)
ad.primitive_jvps[_lookup_p] = _lookup_jvp
