"""The Lie algebra of SU(N): generators, and coefficients of anti-Hermitian matrices."""

import math
from functools import cache

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float

from latflow.fields.links._special_unitary_products import Matrices, apart, matrix_primitive


@cache
def generators(n: int) -> Complex[np.ndarray, "a n n"]:
    """Anti-Hermitian traceless T_a with tr T_a T_b = -delta_ab / 2: i/2 times the (generalised)
    Pauli or Gell-Mann matrices.

    The order is: for each pair i < j the symmetric and the antisymmetric one, then the diagonal.
    """
    found = []
    for j in range(1, n):
        for i in range(j):
            symmetric, antisymmetric = np.zeros((2, n, n), complex)
            symmetric[i, j] = symmetric[j, i] = 1
            antisymmetric[i, j], antisymmetric[j, i] = -1j, 1j
            found += [symmetric, antisymmetric]
    for k in range(1, n):
        diagonal = np.array([1.0] * k + [-k] + [0.0] * (n - k - 1))
        found.append(np.diag(diagonal * np.sqrt(2 / (k * (k + 1)))).astype(complex))
    return 0.5j * np.stack(found)


def algebra_of(coefficients: Float[Array, "a ..."]) -> Matrices:
    """The matrices X = sum_a p_a T_a."""
    n = math.isqrt(coefficients.shape[0] + 1)
    basis = generators(n).astype(jnp.result_type(coefficients.dtype, jnp.complex64))

    def matrices(coefficients):
        flat = coefficients.reshape(coefficients.shape[0], -1)
        terms = [basis[a][..., None] * flat[a] for a in range(len(basis))]
        return sum(terms[1:], terms[0])

    return apart(matrices, coefficients).reshape(n, n, *coefficients.shape[1:])


def coefficients_of(matrices: Matrices) -> Float[Array, "a ..."]:
    """p_a = -2 Re tr(T_a M): those of the anti-Hermitian traceless part of each matrix."""
    n = matrices.shape[0]

    def coefficients(matrices):
        flat = matrices.reshape(n, n, -1)
        rows = []
        for generator in -2 * generators(n):
            # Plain numbers do not change the precision.
            entries = [(i, j, complex(generator[i, j])) for i, j in np.argwhere(generator)]
            terms = [flat[j, i].real * t.real - flat[j, i].imag * t.imag for i, j, t in entries]
            rows.append(sum(terms[1:], terms[0]))
        return jnp.stack(rows)

    return apart(coefficients, matrices).reshape(n * n - 1, *matrices.shape[2:])


coefficients_p = matrix_primitive("latflow_algebra_coefficients", coefficients_of)
