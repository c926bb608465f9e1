r"""Eigenvalues and eigenvectors of SU(N) matrices, in the canonical cell, on all sites at once.

They are those of the Hermitian matrix tan(alpha / 2), alpha = theta - shift, made by Cayley's
transform: it is monotone in alpha, so that different eigenvalues never meet; of N + 1 shifts the
one is taken whose singular point -1 is farthest from all eigenvalues.
"""

import functools
import math

import jax
import jax.numpy as jnp
from jaxtyping import Array, Complex, Float

from latflow.batching import apart, batch_last
from latflow.fields.links import matrix_product
from latflow.flows.gauge.spectral._jacobi import diagonalised

Matrices = Complex[Array, "n n sites"]
Angles = Float[Array, "n sites"]
Numbers = Float[Array, " sites"]

# After so many cycles less than the root of the precision is left beside the diagonal, of which
# nothing is seen to first order. Larger matrices get more.
_CYCLES = {jnp.dtype(jnp.float32): 3, jnp.dtype(jnp.float64): 4}


def eigenvectors(matrices: Matrices) -> tuple[Angles, Matrices]:
    """Angles, which descend within one turn and have the sum zero, and vectors (in columns).

    Angles are exact but for the root of the precision, and vectors orthonormal to rounding.
    Without a derivative: see :class:`~latflow.flows.gauge.spectral.Spectrum`.
    """
    angles, vectors = _eigenvectors_p.bind(jax.lax.stop_gradient(matrices))
    return angles, vectors


def _eigenvectors(matrices):
    shape = matrices.shape
    flat = matrices.reshape(*shape[:2], -1)
    shift = apart(_shift, flat)
    diagonal, beside = apart(_hermitian, flat, shift)
    cycles = _CYCLES[shift.dtype] + max(shape[0] - 3, 0)
    eigenvalues, vectors = diagonalised(diagonal, beside, cycles)
    angles, vectors = apart(_ordered, eigenvalues, vectors, shift)
    return [angles.reshape(shape[1:]), vectors.reshape(shape)]


def _shift(matrices: Matrices) -> Numbers:
    """The one of N + 1 shifts with -1 farthest from all eigenvalues of e^(-i shift) P."""
    n = matrices.shape[0]
    shifts = 2 * math.pi * jnp.arange(n + 1, dtype=matrices.real.dtype) / (n + 1)
    turns = jax.lax.complex(jnp.cos(shifts), -jnp.sin(shifts))
    elementary = _elementary(matrices)
    values = [
        functools.reduce(lambda total, one, z=turns[i]: total * z + one, reversed(elementary))
        for i in range(n + 1)
    ]
    distances = [value.real**2 + value.imag**2 for value in values]
    best, at = distances[0], jnp.full_like(distances[0], shifts[0])
    for i, distance in enumerate(distances[1:], start=1):
        at = jnp.where(distance > best, shifts[i], at)
        best = jnp.maximum(distance, best)
    return at


def _elementary(matrices: Matrices) -> list[Complex[Array, " sites"]]:
    """Coefficients of det(1 + z P): elementary symmetric polynomials, by Newton's identities."""
    n = matrices.shape[0]
    power, traces = matrices, [_trace(matrices)]
    for _ in range(n - 2):
        power = matrix_product(power, matrices)
        traces.append(_trace(power))
    elementary = [jnp.ones_like(traces[0])]
    for k in range(1, n):
        terms = [(-1) ** i * elementary[k - 1 - i] * traces[i] for i in range(k)]
        elementary.append(jnp.asarray(sum(terms[1:], terms[0]) / k))
    return [*elementary, jnp.ones_like(traces[0])]


def _hermitian(matrices: Matrices, shift: Numbers):
    """i (1 - W) (1 + W)^-1 = i (X - X^+) with X = (1 + W)^-1, W = e^(-i shift) P.

    By elimination without a choice of pivots: the Hermitian part of 1 + W is positive.
    """
    n = matrices.shape[0]
    turn = jax.lax.complex(jnp.cos(shift), -jnp.sin(shift))
    one = jnp.eye(n, dtype=matrices.dtype)
    inverse = matrices * turn + one[:, :, None]
    for k in range(n):
        inverse = apart(functools.partial(_eliminated, k), inverse)
    diagonal = [-2 * inverse[j, j].imag for j in range(n)]
    beside = {
        (j, k): 1j * (inverse[j, k] - jnp.conj(inverse[k, j]))
        for j in range(n)
        for k in range(j + 1, n)
    }
    return diagonal, beside


def _eliminated(k: int, matrices: Matrices) -> Matrices:
    """One step of Gauss and Jordan, which makes the inverse in place."""
    here = (jnp.arange(matrices.shape[0]) == k)[:, None]
    pivot = 1 / matrices[k, k]
    row = jnp.where(here, 1, matrices[k]) * pivot
    column = jnp.where(here, -1, matrices[:, k])
    rest = jnp.where(here[:, None] | here[None], 0, matrices)
    return rest - column[:, None] * row[None]


def _ordered(eigenvalues: list[Numbers], vectors, shift: Numbers) -> tuple[Angles, Matrices]:
    """Angles sorted, and moved by whole turns so that their sum is zero; vectors with them."""
    n = len(eigenvalues)
    angles = [shift + 2 * jnp.arctan(one) for one in eigenvalues]
    winding = jnp.round(sum(angles[1:], angles[0]) / (2 * math.pi)).astype(jnp.int32)
    places = []
    for j, one in enumerate(eigenvalues):
        larger = [other >= one if k < j else other > one for k, other in enumerate(eigenvalues)]
        rank = sum((one.astype(jnp.int32) for k, one in enumerate(larger) if k != j), -winding)
        # As many of the largest are turned back as there are turns too many: they become the
        # smallest.
        turns = -(rank // n)
        places.append(rank + n * turns)
        angles[j] = angles[j] - 2 * math.pi * turns.astype(angles[j].dtype)
    at = [
        functools.reduce(
            lambda found, j, place=place: jnp.where(places[j] == place, j, found),
            range(1, n),
            jnp.zeros_like(winding),
        )
        for place in range(n)
    ]
    chosen = [_chosen(index, angles) for index in at]
    mean = sum(chosen[1:], chosen[0]) / n
    columns = [_chosen(index, vectors) for index in at]
    # What is left of the sum is rounding.
    return jnp.stack([one - mean for one in chosen]), jnp.stack(columns, axis=1)


def _chosen(index, values):
    found = values[0]
    for j, value in enumerate(values[1:], start=1):
        found = jnp.where(index == j, value, found)
    return found


def _trace(matrices: Matrices) -> Complex[Array, " sites"]:
    entries = [matrices[j, j] for j in range(matrices.shape[0])]
    return sum(entries[1:], entries[0])


_eigenvectors_p = batch_last("latflow_su_eigenvectors", _eigenvectors, several=True)
