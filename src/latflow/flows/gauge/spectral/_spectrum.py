r"""Eigenvalues and eigenvectors of SU(N) matrices, and functions of matrices made of them.

A function that transforms eigenvalues only, P = V e^(i theta) V^+ to V e^(i phi) V^+, commutes with
conjugation by any element. Its derivative is finite where eigenvalues meet, though that of
eigenvectors is not (Daleckii and Krein): with X = V^+ dP V,

    (V^+ dP' V)_jk = X_jk (e^(i phi_j) - e^(i phi_k)) / (e^(i theta_j) - e^(i theta_k)),   j != k,

and the diagonal is that of the angles. So eigenvectors are constants to JAX here, and what their
change does is added to first order; **second derivatives are not available**.

Eigenvectors come from the Hermitian matrix tan(alpha / 2), alpha = theta - shift, made by Cayley's
transform: it is monotone in alpha, so that different eigenvalues never meet; of N + 1 shifts the
one is taken whose singular point -1 is farthest from all eigenvalues.
"""

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Complex, Float

from latflow.fields.links import matrix_product

Matrices = Complex[Array, "n n sites"]
Angles = Float[Array, "n sites"]


class Spectrum(NamedTuple):
    """Matrices with their eigenvalues: angles descend within one turn, and their sum is zero.

    So they are in the canonical cell (the Weyl alcove) theta_1 >= ... >= theta_N >= theta_1 - 2 pi.
    Angles follow the matrices to first order; ``vectors`` (in columns) are constants.
    """

    matrices: Matrices
    angles: Angles
    vectors: Matrices


def spectrum_of(matrices: Matrices) -> Spectrum:
    """The spectrum of each matrix of SU(N); of shape (N, N, sites)."""
    fixed = jax.lax.stop_gradient(matrices)
    vectors = jnp.moveaxis(_eigenvectors(fixed), 0, 2)
    rotated = _rotated(fixed, vectors)
    angles, vectors = _canonical(jnp.angle(_diagonal(rotated)), vectors)
    phases = jax.lax.complex(jnp.cos(angles), -jnp.sin(angles))
    change = _rotated(matrices - fixed, vectors)
    return Spectrum(matrices, angles + (phases * _diagonal(change)).imag, vectors)


def rebuilt(spectrum: Spectrum, angles: Angles) -> Matrices:
    """The matrices with the same eigenvectors and these angles of their eigenvalues.

    A function of the matrices, whose derivative is right to first order.
    """
    matrices, old, vectors = spectrum
    phases = jax.lax.complex(jnp.cos(angles), jnp.sin(angles))
    inner = vectors * phases[None]
    value = matrix_product(inner, _adjoint(vectors))
    quotients = _divided_differences(*jax.lax.stop_gradient((old, angles)))
    change = _rotated(matrices - jax.lax.stop_gradient(matrices), vectors)
    first_order = matrix_product(matrix_product(vectors, quotients * change), _adjoint(vectors))
    return value + first_order


def _divided_differences(old: Angles, new: Angles) -> Matrices:
    """(e^(i phi_j) - e^(i phi_k)) / (e^(i theta_j) - e^(i theta_k)), and zero on the diagonal.

    Where eigenvalues are the same to rounding, those of the function are, too: then one.
    """
    n = old.shape[0]
    half_old, half_new = ((x[:, None] - x[None]) / 2 for x in (old, new))
    mean = (new[:, None] + new[None] - old[:, None] - old[None]) / 2
    below = jnp.sin(half_old)
    is_same = jnp.abs(below) < jnp.finfo(old.dtype).tiny ** 0.5
    ratio = jnp.where(is_same, 1, jnp.sin(half_new) / jnp.where(is_same, 1, below))
    ratio = ratio * (1 - jnp.eye(n, dtype=old.dtype))[:, :, None]
    return ratio * jax.lax.complex(jnp.cos(mean), jnp.sin(mean))


def _eigenvectors(matrices: Matrices) -> Complex[Array, "sites n n"]:
    n = matrices.shape[0]
    shifts = 2 * math.pi * jnp.arange(n + 1, dtype=matrices.real.dtype) / (n + 1)
    turns = jax.lax.complex(jnp.cos(shifts), -jnp.sin(shifts))[:, None]
    distances = jnp.abs(_characteristic(matrices, turns))
    turn = turns[jnp.argmax(distances, axis=0), 0]
    turned = jnp.moveaxis(matrices * turn, 2, 0)
    one = jnp.eye(n, dtype=matrices.dtype)
    hermitian = 1j * jnp.linalg.solve(one + turned, one - turned)
    hermitian = (hermitian + jnp.conj(jnp.swapaxes(hermitian, 1, 2))) / 2
    return jnp.linalg.eigh(hermitian.astype(matrices.dtype), symmetrize_input=False)[1]


def _characteristic(
    matrices: Matrices, numbers: Complex[Array, "count 1"]
) -> Complex[Array, "count sites"]:
    """det(1 + z P) for some numbers z: elementary symmetric polynomials, by Newton's identities."""
    n = matrices.shape[0]
    power, traces = matrices, [jnp.trace(matrices)]
    for _ in range(n - 2):
        power = matrix_product(power, matrices)
        traces.append(jnp.trace(power))
    elementary = [jnp.ones_like(traces[0])]
    for k in range(1, n):
        terms = [(-1) ** i * elementary[k - 1 - i] * traces[i] for i in range(k)]
        elementary.append(jnp.sum(jnp.stack(terms), axis=0) / k)
    elementary.append(jnp.ones_like(traces[0]))
    result = jnp.zeros((), matrices.dtype)
    for coefficient in reversed(elementary):
        result = result * numbers + coefficient
    return result


def _canonical(angles: Angles, vectors: Matrices) -> tuple[Angles, Matrices]:
    """Angles sorted, and moved by whole turns so that their sum is zero; vectors with them."""
    n = angles.shape[0]
    order = jnp.argsort(-angles, axis=0)
    winding = jnp.round(jnp.sum(angles, axis=0) / (2 * math.pi)).astype(order.dtype)
    # As many of the largest are turned back as there are turns too many: they become the smallest.
    places = jnp.arange(n, dtype=order.dtype)[:, None] + winding
    order = jnp.take_along_axis(order, places % n, axis=0)
    turns = (places // n).astype(angles.dtype)
    sorted_ = jnp.take_along_axis(angles, order, axis=0) - 2 * math.pi * turns
    # What is left of the sum is rounding.
    sorted_ = sorted_ - jnp.mean(sorted_, axis=0)
    return sorted_, jnp.take_along_axis(vectors, order[None], axis=1)


def _rotated(matrices: Matrices, vectors: Matrices) -> Matrices:
    return matrix_product(_adjoint(vectors), matrix_product(matrices, vectors))


def _diagonal(matrices: Matrices) -> Complex[Array, "n sites"]:
    return jnp.stack([matrices[j, j] for j in range(matrices.shape[0])])


def _adjoint(matrices: Matrices) -> Matrices:
    return jnp.conj(jnp.swapaxes(matrices, 0, 1))
