"""Permutations of lattice sites as a JAX primitive that keeps the batch last.

Left to ``jnp.take``, ``vmap`` would move the batch to the front, so that inner loops run over a
few sites instead of many configurations, and the transpose would be a scatter
(see ``docs/performance.md``).
"""

import jax
import jax.numpy as jnp
import numpy as np
from jax.interpreters import ad
from jaxtyping import Array, Shaped

from latflow.batching import batch_last


class PermutationTable:
    """Permutations of the sites, one per column; hashable by content so that JAX can cache."""

    def __init__(self, columns: np.ndarray):
        self.columns = np.asarray(columns)
        self._content = (self.columns.shape, self.columns.tobytes())
        self._hash = hash(self._content)

    @property
    def inverse(self) -> "PermutationTable":
        """The inverse of every column."""
        return PermutationTable(np.argsort(self.columns, axis=0))

    def __len__(self) -> int:
        return self.columns.shape[1]

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other) -> bool:
        return isinstance(other, PermutationTable) and self._content == other._content


def permute(
    values: Shaped[Array, "..."], table: PermutationTable, axis: int = 0
) -> Shaped[Array, "..."]:
    """``values[table.columns[:, 0]]`` along an axis, for a table of one permutation."""
    return _permute_p.bind(values, table=table, axis=axis)


def take_sites(values: Shaped[Array, "channels sites *batch"], column: np.ndarray):
    """``values[:, column]`` for a column that is a permutation of the sites."""
    return jnp.take(values, column, axis=1, mode="clip", unique_indices=True)


def _permute(values, *, table, axis):
    # Without the barrier XLA fuses what made the values into slow element-wise gathers.
    values = jax.lax.optimization_barrier(values)
    return jnp.take(values, table.columns[:, 0], axis=axis, mode="clip", unique_indices=True)


_permute_p = batch_last("latflow_permute", _permute)
ad.deflinear2(
    _permute_p,
    lambda gradient, _, *, table, axis: [_permute_p.bind(gradient, table=table.inverse, axis=axis)],
)
