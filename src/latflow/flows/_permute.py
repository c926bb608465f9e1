"""Permutations of lattice sites as a JAX primitive that keeps the batch last.

Left to ``jnp.take``, ``vmap`` would move the batch to the front, so that inner loops run over a
few sites instead of many configurations, and the transpose would be a scatter
(see ``docs/performance.md``).
"""

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import ShapedArray
from jax.extend.core import Primitive
from jax.interpreters import ad, batching, mlir
from jaxtyping import Array, Shaped


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


def permute(values: Shaped[Array, " sites"], table: PermutationTable) -> Shaped[Array, " sites"]:
    """``values[table.columns[:, 0]]`` for a table of one permutation."""
    return _permute_p.bind(values, table=table)


def take_sites(values: Shaped[Array, "channels sites *batch"], column: np.ndarray):
    """``values[:, column]`` for a column that is a permutation of the sites."""
    return jnp.take(values, column, axis=1, mode="clip", unique_indices=True)


def batch_last(values, batch_axis: int):
    """The operand of a batching rule with its batch moved to the end."""
    return jnp.moveaxis(values, batch_axis, -1)


def _permute(values, *, table):
    # Without the barrier XLA fuses what made the values into slow element-wise gathers.
    values = jax.lax.optimization_barrier(values)
    return jnp.take(values, table.columns[:, 0], axis=0, mode="clip", unique_indices=True)


def _permute_batching(operands, batch_axes, *, table):
    result = _permute_p.bind(batch_last(operands[0], batch_axes[0]), table=table)
    return result, result.ndim - 1


_permute_p = Primitive("latflow_permute")
_permute_p.def_impl(_permute)
_permute_p.def_abstract_eval(lambda values, *, table: ShapedArray(values.shape, values.dtype))
mlir.register_lowering(_permute_p, mlir.lower_fun(_permute, multiple_results=False))
batching.primitive_batchers[_permute_p] = _permute_batching
ad.deflinear2(
    _permute_p, lambda gradient, _, *, table: [_permute_p.bind(gradient, table=table.inverse)]
)
