"""Determinants and solutions of many small systems at once, without a search for pivots.

The matrices are 1 + K with |K| < 1: the symmetric part is positive definite, so every leading
minor is positive, and Gauss's elimination needs no other order. Components come first, so that
the innermost loops run over links and configurations.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float

Systems = Float[Array, "a a ..."]
Vectors = Float[Array, "a ..."]


def log_determinants(matrices: Systems) -> Float[Array, "..."]:
    """log det of each matrix, summed in double precision."""
    pivots, _ = _eliminated(matrices, jnp.zeros_like(matrices[0]))
    terms = [jnp.log(pivot).astype(jnp.float64) for pivot in pivots]
    return sum(terms[1:], terms[0])


def solved(matrices: Systems, right_hand_sides: Vectors) -> Vectors:
    """The x with matrix x = right-hand side, for each of them."""
    pivots, rows = _eliminated(matrices, right_hand_sides)
    found = []
    for pivot, (row, value) in zip(reversed(pivots), reversed(rows), strict=True):
        rest = sum(row[k] * found[-1 - k] for k in range(len(found)))
        found.append((value - rest) / pivot)
    return jnp.stack(found[::-1])


def _eliminated(matrices, values):
    """Pivots, and what is right of each of them in the triangular system, with its value."""
    pivots, rows = [], []
    for _ in range(matrices.shape[0]):
        pivot, row, value = matrices[0, 0], matrices[0, 1:], values[0]
        factors = matrices[1:, 0] / pivot
        matrices = matrices[1:, 1:] - factors[:, None] * row[None]
        values = values[1:] - factors * value
        pivots.append(pivot)
        rows.append((row, value))
    return pivots, rows
