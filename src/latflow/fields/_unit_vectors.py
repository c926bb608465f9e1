"""Spins: unit vectors on every site, real or complex; a product of round spheres."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Inexact, Key

from latflow import fast_random
from latflow.errors import FieldError
from latflow.fields._space import FieldSpace
from latflow.lattice import Lattice
from latflow.precision import sum_in_double

Vectors = Inexact[Array, "components *sites"]


class UnitVectors(FieldSpace):
    """Fields of one real unit vector with n components on every site: arrays (n, *lattice).

    Tangent vectors at x are vectors of the embedding space with x . v = 0 on every site, in the
    same layout. Motion follows great circles. The measure is uniform, normalised to one.

    Args:
        lattice: where the spins sit.
        n: components of each, at least two: with one there is nothing that could move.

    Raises:
        FieldError: n is smaller than that.
    """

    lattice: Lattice
    n: int = eqx.field(static=True)

    def __check_init__(self):
        if self.n < 2:
            raise FieldError(f"unit vectors that move need at least 2 components, got {self.n}")

    @property
    def is_compact(self) -> bool:
        """Spheres have a finite volume."""
        return True

    @property
    def n_variables(self) -> int:
        """The dimension n - 1 of the sphere for each site."""
        return (self.n - 1) * self.lattice.volume

    def structure(self, dtype) -> jax.ShapeDtypeStruct:
        """Components first, then the lattice."""
        return jax.ShapeDtypeStruct(self._shape, jnp.dtype(dtype))

    def random(self, key: Key[Array, ""], dtype) -> Vectors:
        """Independent uniform vectors: normal numbers, projected."""
        return self.project(self._normal(jax.random.normal, key, dtype))

    def cold(self, dtype) -> Vectors:
        """The first unit vector everywhere."""
        struct = self.structure(dtype)
        return jnp.zeros(struct.shape, struct.dtype).at[0].set(1)

    def momentum(self, key: Key[Array, ""], dtype) -> Vectors:
        """Standard normal numbers in the embedding space, from the samplers' own generator."""
        return self._normal(fast_random.normal, key, dtype)

    def kinetic(self, momentum: Vectors) -> Float[Array, ""]:
        """Half the sum of squared components."""
        return 0.5 * sum_in_double(inner_product(momentum, momentum))

    def move(self, field: Vectors, velocity: Vectors) -> Vectors:
        """Along great circles: x cos|v| + v sin|v| / |v|."""
        angle2 = inner_product(velocity, velocity)
        cosine = 1 + angle2 * _bend(angle2)
        return scaled(cosine, field) + scaled(_sinc(angle2), velocity)

    def transport(self, field: Vectors, velocity: Vectors, vector: Vectors) -> Vectors:
        """In parallel: the part along v turns with the great circle, the rest stays as it is."""
        angle2 = inner_product(velocity, velocity)
        along = inner_product(velocity, vector)
        turned = scaled(along * _bend(angle2), velocity) - scaled(along * _sinc(angle2), field)
        return vector + turned

    def tangent(self, field: Vectors, vector: Vectors) -> Vectors:
        """Without the part along the spins."""
        return vector - scaled(inner_product(field, vector), field)

    def project(self, field: Vectors) -> Vectors:
        """Every spin divided by its length."""
        return scaled(1 / jnp.sqrt(inner_product(field, field)), field)

    @property
    def _shape(self) -> tuple[int, ...]:
        return (self.n, *self.lattice.shape)

    def _normal(self, normal, key: Key[Array, ""], dtype) -> Vectors:
        return normal(key, self._shape, dtype)


class ComplexUnitVectors(UnitVectors):
    """Fields of one unit vector of C^n on every site: complex arrays (n, *lattice).

    The sphere S^(2n-1), with Re(conj(a) . b) as inner product; geometry and measure are those of
    :class:`UnitVectors` with 2n real components.

    Args:
        lattice: where the vectors sit.
        n: complex components of each, at least two.
    """

    @property
    def n_variables(self) -> int:
        """The dimension 2n - 1 of the sphere for each site."""
        return (2 * self.n - 1) * self.lattice.volume

    def structure(self, dtype) -> jax.ShapeDtypeStruct:
        """Components first, then the lattice; complex numbers in the precision of a real dtype."""
        is_double = jnp.dtype(dtype) == jnp.float64
        return jax.ShapeDtypeStruct(self._shape, jnp.complex128 if is_double else jnp.complex64)

    def _normal(self, normal, key: Key[Array, ""], dtype) -> Vectors:
        both = normal(key, (2 * self.n, *self.lattice.shape), dtype)
        return jax.lax.complex(both[: self.n], both[self.n :])


def inner_product(a: Vectors, b: Vectors) -> Float[Array, "*sites"]:
    """The real inner product, Re(conj(a) . b), on every site; components come first."""
    if jnp.iscomplexobj(a):
        return jnp.sum(a.real * b.real + a.imag * b.imag, axis=0)
    return jnp.sum(a * b, axis=0)


def scaled(factor: Float[Array, "..."], vectors: Vectors) -> Vectors:
    """Vectors, real or complex, times one real number, or one for every site."""
    if jnp.iscomplexobj(vectors):
        return jax.lax.complex(factor * vectors.real, factor * vectors.imag)
    return factor * vectors


_SMALL = 1e-4


def _sinc(square: Float[Array, "*sites"]) -> Float[Array, "*sites"]:
    """sin(r) / r of r^2; right at zero, and its derivatives too."""
    small = square < _SMALL
    root = jnp.sqrt(jnp.where(small, 1, square))
    # The first term left out is r^6 / 5040 = 2e-16.
    series = 1 - square * (1 / 6 - square * (1 / 120))
    return jnp.where(small, series, jnp.sin(root) / root)


def _bend(square: Float[Array, "*sites"]) -> Float[Array, "*sites"]:
    """(cos(r) - 1) / r^2 of r^2, without cancellation."""
    return -0.5 * _sinc(0.25 * square) ** 2
