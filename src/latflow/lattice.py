"""Geometry of a periodic hypercubic lattice: sites, neighbours, parities and momenta."""

import math
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Inexact, Shaped


class Lattice(eqx.Module):
    """A periodic lattice of any dimension and any extents, in lattice units (a = 1)."""

    shape: tuple[int, ...] = eqx.field(static=True)

    def __check_init__(self):
        if not self.shape or any(extent < 1 for extent in self.shape):
            raise ValueError(f"lattice extents must be positive integers, got {self.shape}")

    @property
    def ndim(self) -> int:
        """Number of dimensions D."""
        return len(self.shape)

    @property
    def volume(self) -> int:
        """Number of sites V."""
        return math.prod(self.shape)

    @property
    def is_bipartite(self) -> bool:
        """Whether every neighbour of an even site is odd: all extents are even."""
        return all(extent % 2 == 0 for extent in self.shape)

    @property
    def time_axes(self) -> tuple[int, ...]:
        """The axes with the longest extent: correlators in time are averaged over these."""
        longest = max(self.shape)
        return tuple(axis for axis, extent in enumerate(self.shape) if extent == longest)

    @property
    def parity(self) -> Bool[np.ndarray, "..."]:
        """True on odd sites (odd sum of the coordinates), as a mask of the lattice's shape."""
        coordinates = np.indices(self.shape).sum(axis=0)
        return coordinates % 2 == 1

    def shift(self, field: Shaped[Array, "..."], axis: int, n: int = 1) -> Shaped[Array, "..."]:
        """The field seen ``n`` steps ahead along ``axis``: result(x) = field(x + n axis)."""
        return jnp.roll(field, -n, axis)

    def displaced_sites(self, displacement: tuple[int, ...]) -> np.ndarray:
        """Flat index of the site x + displacement for every site x in row-major order."""
        coordinates = np.indices(self.shape).reshape(self.ndim, -1)
        moved = (coordinates + np.array(displacement)[:, None]) % np.array(self.shape)[:, None]
        return np.asarray(np.ravel_multi_index(tuple(moved), self.shape))

    def momenta(self, real: bool = True) -> tuple[Float[np.ndarray, "..."], ...]:
        """Momentum components 2 pi n / L, each broadcastable to the (real) FFT's layout.

        Args:
            real: lay the last axis out as ``rfftn`` does (non-negative momenta only).
        """
        components = []
        for axis, extent in enumerate(self.shape):
            last = axis == self.ndim - 1
            n = np.fft.rfftfreq(extent) if real and last else np.fft.fftfreq(extent)
            layout = [1] * self.ndim
            layout[axis] = -1
            components.append((2 * np.pi * n).reshape(layout))
        return tuple(components)

    def khat2(self, real: bool = True) -> Float[np.ndarray, "..."]:
        """Lattice momentum squared, sum over axes of 4 sin^2(k/2), in the (real) FFT's layout."""
        components = self.momenta(real)
        return sum((4 * np.sin(k / 2) ** 2 for k in components), np.zeros((1,) * self.ndim))

    def filter_modes(
        self, field: Float[Array, "..."], factor: Inexact[Array, "..."]
    ) -> Float[Array, "..."]:
        """Multiply the modes of a real field by a function f of the momentum, f(-k) = f(k)*.

        Args:
            field: of the lattice's shape.
            factor: in the layout of the real FFT, as :meth:`khat2` has it.
        """
        modes = jnp.fft.rfftn(field)
        return jnp.fft.irfftn(modes * factor.astype(modes.dtype), s=self.shape).astype(field.dtype)

    def fourier_multiplicity(self) -> Float[np.ndarray, "..."]:
        """How often each entry of the real FFT's layout counts in the full spectrum (1 or 2)."""
        last = self.shape[-1]
        n = np.arange(last // 2 + 1)
        weight = np.where((n == 0) | (2 * n == last), 1.0, 2.0)
        half = (*self.shape[:-1], last // 2 + 1)
        return np.broadcast_to(weight, half).copy()


def on_lattice(part: Any, lattice: Lattice) -> Any:
    """A copy of any part of a model in which every lattice is replaced by another."""

    def replace(node):
        return lattice if isinstance(node, Lattice) else node

    return jax.tree.map(replace, part, is_leaf=lambda node: isinstance(node, Lattice))
