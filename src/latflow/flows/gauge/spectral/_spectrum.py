r"""Eigenvalues and eigenvectors of SU(N) matrices, and functions of matrices made of them.

A function that transforms eigenvalues only, P = V e^(i theta) V^+ to V e^(i phi) V^+, commutes with
conjugation by any element. Its derivative is finite where eigenvalues meet, though that of
eigenvectors is not (Daleckii and Krein): with X = V^+ dP V,

    (V^+ dP' V)_jk = X_jk (e^(i phi_j) - e^(i phi_k)) / (e^(i theta_j) - e^(i theta_k)),   j != k,

and the diagonal is that of the angles. So eigenvectors are constants to JAX here, and what is left
beside the diagonal of V^+ P V, which is nothing but rounding and its derivative, is added to first
order; **second derivatives are not available**.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Complex, Float

from latflow.batching import apart, batch_last
from latflow.fields.links import matrix_primitive, matrix_product
from latflow.flows.gauge.spectral._eigenvectors import eigenvectors

Matrices = Complex[Array, "n n sites"]
Angles = Float[Array, "n sites"]


class Spectrum(NamedTuple):
    """Matrices with their eigenvalues: angles descend within one turn, and their sum is zero.

    So they are in the canonical cell (the Weyl alcove) theta_1 >= ... >= theta_N >= theta_1 - 2 pi.
    Angles and ``inner`` follow the matrices to first order.

    Attributes:
        inner: V^+ P V, diagonal to rounding.
        angles: of the eigenvalues.
        vectors: V, in columns; constants.
    """

    inner: Matrices
    angles: Angles
    vectors: Matrices


def spectrum_of(matrices: Matrices) -> Spectrum:
    """The spectrum of each matrix of SU(N); of shape (N, N, sites)."""
    angles, vectors = eigenvectors(matrices)
    inner = matrix_product(vectors, matrix_product(matrices, vectors), (True, False))
    return Spectrum(inner, _angles_p.bind(inner, angles), vectors)


def rebuilt(spectrum: Spectrum, angles: Angles) -> Matrices:
    """The matrices with the same eigenvectors and these angles of their eigenvalues.

    A function of the matrices, whose derivative is right to first order.
    """
    inner, old, vectors = spectrum
    quotients = _quotients_p.bind(*jax.lax.stop_gradient((old, angles)))
    image = _image_p.bind(inner, angles, quotients)
    return matrix_product(matrix_product(vectors, image), vectors, (False, True))


def _angles(inner, near):
    """Those of the diagonal, from others that are the same to rounding."""

    def angles(inner, near):
        diagonal = jnp.sum(_one(inner) * inner, axis=1)
        turned = jax.lax.complex(jnp.cos(near), -jnp.sin(near)) * diagonal
        return near + turned.imag

    return apart(angles, inner, near)


def _image(inner, angles, quotients):
    """The quotients times what is beside the diagonal, and e^(i phi) on it."""

    def image(inner, angles, quotients):
        phases = jax.lax.complex(jnp.cos(angles), jnp.sin(angles))
        return quotients * inner + _one(inner) * phases[None]

    return apart(image, inner, angles, quotients)


def _quotients(old, new):
    """(e^(i phi_j) - e^(i phi_k)) / (e^(i theta_j) - e^(i theta_k)), and zero on the diagonal.

    Where eigenvalues are the same to rounding, those of the function are, too: then one.
    """
    n = old.shape[0]

    def quotient(old_j, old_k, new_j, new_k):
        below = jnp.sin((old_j - old_k) / 2)
        is_same = jnp.abs(below) < jnp.finfo(old.dtype).tiny ** 0.5
        ratio = jnp.sin((new_j - new_k) / 2) / jnp.where(is_same, 1, below)
        mean = (new_j + new_k - old_j - old_k) / 2
        ratio = jnp.where(is_same, 1, ratio)
        return jax.lax.complex(ratio * jnp.cos(mean), ratio * jnp.sin(mean))

    pairs = {
        (j, k): apart(quotient, old[j], old[k], new[j], new[k])
        for j in range(n)
        for k in range(j + 1, n)
    }
    none = jnp.zeros_like(pairs[0, 1])
    rows = [
        jnp.stack([none if j == k else pairs[min(j, k), max(j, k)] for k in range(n)])
        for j in range(n)
    ]
    return jnp.stack(rows)


def _one(matrices: Complex[Array, "n n ..."]) -> Complex[Array, "n n ..."]:
    n, further = matrices.shape[0], matrices.ndim - 2
    return jnp.eye(n, dtype=matrices.dtype).reshape(n, n, *(1,) * further)


_angles_p = matrix_primitive("latflow_su_angles", _angles)
_image_p = matrix_primitive("latflow_su_image", _image)
_quotients_p = batch_last("latflow_su_quotients", _quotients)
