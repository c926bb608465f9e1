"""Looking numbers up in a small trainable table, as a JAX primitive with a fast gradient.

The gradient of a lookup is a sum over all arguments that fell into a row. Left to JAX it is a
scatter, or one reduction per entry of the table; here it is one matrix product over all sites and
configurations (see ``docs/performance.md``).
"""

import jax
import jax.numpy as jnp
from jax.interpreters import ad
from jaxtyping import Array, Float, Int

from latflow.batching import EVERY, batch_last


def table_rows(
    index: Int[Array, "..."], table: Float[Array, "rows columns"]
) -> list[Float[Array, "..."]]:
    """Column ``index`` of every row of a table.

    Args:
        index: a column for every argument.
        table: a few rows and columns.

    Returns:
        One array of the shape of ``index`` for each row.
    """
    return _rows_p.bind(index, table)


def _rows(index, table):
    found = [jnp.full(index.shape, row[0]) for row in table]
    for column in range(1, table.shape[1]):
        here = index >= column
        found = [
            jnp.where(here, row[column], value) for row, value in zip(table, found, strict=True)
        ]
    return found


def _sums(index, *values, columns):
    """The transpose: (rows, columns) sums of the values of each row over equal indices."""
    here = index.reshape(-1) == jnp.arange(columns, dtype=index.dtype)[:, None]
    return jnp.stack([value.reshape(-1) for value in values]) @ here.T.astype(values[0].dtype)


def _rows_shape(index, table):
    return [jax.ShapeDtypeStruct(index.shape, table.dtype)] * table.shape[0]


def _sums_shape(index, *values, columns):
    return jax.ShapeDtypeStruct((len(values), columns), values[0].dtype)


def _rows_jvp(primals, tangents):
    index, table = primals
    found = table_rows(index, table)
    if isinstance(tangents[1], ad.Zero):
        return found, [jnp.zeros_like(value) for value in found]
    return found, table_rows(index, tangents[1])


def _rows_transpose(gradients, index, table):
    like = next(g for g in gradients if not isinstance(g, ad.Zero))
    filled = [jnp.zeros_like(like) if isinstance(g, ad.Zero) else g for g in gradients]
    return None, _sums_p.bind(index, *filled, columns=table.aval.shape[1])


def _sums_jvp(primals, tangents, *, columns):
    index, *values = primals
    moved = [
        jnp.zeros_like(value) if isinstance(tangent, ad.Zero) else tangent
        for value, tangent in zip(values, tangents[1:], strict=True)
    ]
    sums = _sums_p.bind(index, *values, columns=columns)
    return sums, _sums_p.bind(index, *moved, columns=columns)


def _sums_transpose(gradient, index, *values, columns):
    return None, *table_rows(index, gradient)


_rows_p = batch_last("latflow_table_rows", _rows, shared=(1,), several=True, shape=_rows_shape)
ad.primitive_jvps[_rows_p] = _rows_jvp
ad.primitive_transposes[_rows_p] = _rows_transpose

_sums_p = batch_last("latflow_table_sums", _sums, shared=EVERY, shape=_sums_shape)
ad.primitive_jvps[_sums_p] = _sums_jvp
ad.primitive_transposes[_sums_p] = _sums_transpose
