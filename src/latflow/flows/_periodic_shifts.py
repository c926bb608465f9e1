"""Permutations that shift a periodic grid: blocks of memory move, where a gather moves numbers."""

import itertools
import math
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Shaped

from latflow.flows._permute import PermutationTable


class PeriodicShifts(PermutationTable):
    """All shifts of a window, as a table of permutations that knows what they are.

    Args:
        grid: extents; sites are in row-major order.
        window: for each axis the steps along it. Column k sends x to x + step k, steps in
            row-major order of the window.
        first_axis_first: whether steps along the first axis are :attr:`before` or after others.
    """

    def __init__(
        self,
        grid: tuple[int, ...],
        window: tuple[tuple[int, ...], ...],
        first_axis_first: bool = True,
    ):
        self.grid, self.window, self._first_axis_first = grid, window, first_axis_first
        coordinates = np.indices(grid).reshape(len(grid), -1)
        extents = np.array(grid)[:, None]
        moved = [(coordinates + np.array(step)[:, None]) % extents for step in self._steps]
        columns = [np.ravel_multi_index(tuple(one), grid) for one in moved]
        super().__init__(np.stack(columns, axis=1))

    @property
    def _steps(self) -> list[tuple[int, ...]]:
        return list(itertools.product(*self.window))

    @property
    def inverse(self) -> "PeriodicShifts":
        """All steps backwards, and in the other order."""
        window = tuple(tuple(-step for step in steps) for steps in self.window)
        return PeriodicShifts(self.grid, window, not self._first_axis_first)

    @property
    def before(self) -> "PeriodicShifts":
        """Steps along some axes: each of the window is one of these and one of :attr:`after`."""
        return self._along(lambda axis: (axis == 0) == self._first_axis_first)

    @property
    def after(self) -> "PeriodicShifts":
        """Steps along the other axes."""
        return self._along(lambda axis: (axis == 0) != self._first_axis_first)

    def by_column(self, values: Shaped[Array, "columns ..."]) -> Shaped[Array, "before after ..."]:
        """Something for each column as something for each pair of steps."""
        first = len(self.window[0])
        pairs = values.reshape(first, len(self) // first, *values.shape[1:])
        return pairs if self._first_axis_first else pairs.swapaxes(0, 1)

    def of_pairs(self, values: Shaped[Array, "before after ..."]) -> Shaped[Array, "columns ..."]:
        """The inverse of :meth:`by_column`."""
        pairs = values if self._first_axis_first else values.swapaxes(0, 1)
        return pairs.reshape(len(self), *values.shape[2:])

    def _along(self, moves: Callable[[int], bool]) -> "PeriodicShifts":
        window = tuple(steps if moves(axis) else (0,) for axis, steps in enumerate(self.window))
        return PeriodicShifts(self.grid, window)

    def shifted(
        self, values: Shaped[Array, "channels sites *batch"], column: int
    ) -> Shaped[Array, "channels sites *batch"]:
        """``values[:, columns[:, column]]``."""
        channels, _, *batch = values.shape
        on_grid = values.reshape(channels, *self.grid, math.prod(batch))
        step = self._steps[column]
        for axis, (n, extent) in enumerate(zip(step, self.grid, strict=True), start=1):
            cut = n % extent
            if cut:
                ahead = jax.lax.slice_in_dim(on_grid, cut, extent, axis=axis)
                behind = jax.lax.slice_in_dim(on_grid, 0, cut, axis=axis)
                on_grid = jnp.concatenate([ahead, behind], axis)
        return on_grid.reshape(values.shape)

    def __eq__(self, other) -> bool:
        return isinstance(other, PeriodicShifts) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)

    @property
    def _key(self):
        return self.grid, self.window, self._first_axis_first
