"""The matrix of SU(N) that goes with any matrix: orthonormal rows, and the last one from the rest.

The last row of a matrix of SU(N) is the conjugate of the cofactors of the others, their vector
product for N = 3: so the determinant is one without a division by it.
"""

from itertools import combinations

import jax.numpy as jnp
from jaxtyping import Array

from latflow.batching import stored, unstacked
from latflow.fields.links._special_unitary_products import Matrices, apart, matrix_primitive


def unitary_of(matrices: Matrices) -> Matrices:
    """Gram and Schmidt on the first N - 1 rows of each matrix; then the row that is left.

    Idempotent to rounding. Of Gaussian matrices it makes draws from the Haar measure. The last
    row is not looked at, and rows that depend on each other have no result.
    """
    n = matrices.shape[0]
    # Stored, as is what comes back in a derivative: XLA would make all of it again for each entry.
    entries = stored(unstacked(matrices.reshape(n * n, -1)))
    rows = []
    for i in range(n - 1):
        row = entries[i * n : (i + 1) * n]
        # Twice: the first time leaves rounding errors that grow with what was taken off.
        for _ in range(2):
            for other in rows:
                overlap = sum(jnp.conj(o) * r for o, r in zip(other, row, strict=True))
                row = [r - overlap * o for o, r in zip(other, row, strict=True)]
            norm2 = sum(r.real**2 + r.imag**2 for r in row)
            row = [r * (1 / jnp.sqrt(norm2)) for r in row]
        rows.append(stored(row))
    rows.append([jnp.conj(cofactor) for cofactor in _cofactors(rows)])
    flat = [entry for row in rows for entry in row]
    return jnp.stack(flat).reshape(matrices.shape)


def _cofactors(rows):
    """Those of the row after these, by expansion along one row after the other."""
    n = len(rows) + 1
    # Determinants of the first rows and some columns, by columns.
    minors: dict[tuple[int, ...], Array] = {(j,): rows[0][j] for j in range(n)}
    for row in rows[1:]:
        larger = {}
        for columns in combinations(range(n), len(next(iter(minors))) + 1):
            terms = []
            for place, j in enumerate(columns):
                rest = columns[:place] + columns[place + 1 :]
                sign = (-1) ** (len(rest) + place)
                terms.append(sign * row[j] * minors[rest])
            larger[columns] = sum(terms[1:], terms[0])
        minors = larger
    everything = tuple(range(n))
    return [(-1) ** (n - 1 + j) * minors[everything[:j] + everything[j + 1 :]] for j in range(n)]


unitary_p = matrix_primitive("latflow_su_unitary", lambda matrices: apart(unitary_of, matrices))
