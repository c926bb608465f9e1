"""Eigenvectors of small Hermitian matrices on all sites at once, by Jacobi's rotations.

LAPACK takes one matrix after the other, and several microseconds for each; here every rotation is
a loop over sites, which vectorises. A cycle turns each pair of axes once, and squares what is left
beside the diagonal.

Source: Golub and Van Loan, Matrix Computations, section 8.5.
"""

from functools import partial
from itertools import combinations

import jax
import jax.numpy as jnp
from jaxtyping import Array, Complex, Float

from latflow.batching import apart

Numbers = Float[Array, " sites"]
Pairs = dict[tuple[int, int], Complex[Array, " sites"]]


def diagonalised(
    diagonal: list[Numbers], beside: Pairs, cycles: int
) -> tuple[list[Numbers], list[Complex[Array, "n sites"]]]:
    """Eigenvalues, in no order, and the orthonormal eigenvectors that go with them.

    Args:
        diagonal: H_jj.
        beside: H_jk by (j, k), j < k.
        cycles: how often each pair of axes is turned.
    """
    n = len(diagonal)
    one = jnp.eye(n, dtype=beside[0, 1].dtype)
    vectors = [jnp.broadcast_to(one[j, :, None], (n, *diagonal[0].shape)) for j in range(n)]

    def cycle(_, state):
        for j, k in combinations(range(n), 2):
            # Each rotation stored: XLA would make all those before again for each number.
            state = apart(partial(_turned, j, k), *state)
        return state

    diagonal, _, vectors = jax.lax.fori_loop(0, cycles, cycle, (diagonal, beside, vectors))
    return diagonal, vectors


def _turned(j: int, k: int, diagonal, beside, vectors):
    """After the rotation of two axes that makes H_jk zero."""
    diagonal, beside, vectors = list(diagonal), dict(beside), list(vectors)
    entry, half = beside[j, k], (diagonal[k] - diagonal[j]) / 2
    length = jnp.abs(half) + jnp.sqrt(half * half + entry.real**2 + entry.imag**2)
    # The smaller one of two angles, its tangent times the phase of the entry; zero for zero.
    tangent = entry * (jnp.where(half < 0, -1, 1) / jnp.where(length > 0, length, 1))
    cosine = jax.lax.rsqrt(1 + tangent.real**2 + tangent.imag**2)
    sine = tangent * cosine
    shift = tangent.real * entry.real + tangent.imag * entry.imag
    diagonal[j], diagonal[k] = diagonal[j] - shift, diagonal[k] + shift
    beside[j, k] = jnp.zeros_like(entry)
    for i in set(range(len(diagonal))) - {j, k}:
        # H_ij and H_ik turn as the vectors do.
        first, second = (
            beside[i, axis] if i < axis else jnp.conj(beside[axis, i]) for axis in (j, k)
        )
        turned = cosine * first - jnp.conj(sine) * second, sine * first + cosine * second
        for axis, value in zip((j, k), turned, strict=True):
            beside[min(i, axis), max(i, axis)] = value if i < axis else jnp.conj(value)
    first, second = vectors[j], vectors[k]
    vectors[j] = cosine * first - jnp.conj(sine) * second
    vectors[k] = sine * first + cosine * second
    return diagonal, beside, vectors
