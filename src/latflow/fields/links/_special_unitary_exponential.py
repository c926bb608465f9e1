"""The exponential of the algebra of SU(N), exact to rounding for velocities of any direction.

For N = 2 and 3 the theorem of Cayley and Hamilton reduces every power of X to N of them, as in
Morningstar and Peardon, hep-lat/0311018. Their closed form divides by differences of eigenvalues;
here the same coefficients come from the exponential series, whose sums are taken modulo the
characteristic polynomial: there is nothing to divide by, degenerate eigenvalues are no special
case, and there is nothing but products and sums, which vectorise. Larger N sum the series of
matrices. Long steps are halved first and the result squared.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Complex, Float

from latflow.fields.links._special_unitary_algebra import algebra_of
from latflow.fields.links._special_unitary_products import (
    Matrices,
    apart,
    matrix_primitive,
    product_of,
)

# The series is summed for norms up to one: the remainders are 1/13! and 1/19!.
_TERMS = {jnp.dtype(jnp.float32): 12, jnp.dtype(jnp.float64): 18}
_HALVINGS = 6


class _Powers(NamedTuple):
    """Polynomials a_0 + a_1 X (+ a_2 X^2), modulo the characteristic polynomial of X.

    X^2 = -square for N = 2; X^3 = -square X - i determinant for N = 3.
    """

    square: Float[Array, "..."]
    determinant: Float[Array, "..."] | None

    def times_x(self, a):
        if self.determinant is None:
            return -self.square * a[1], a[0]
        return _i(-self.determinant) * a[2], a[0] - self.square * a[2], a[1]

    def squared(self, a):
        if self.determinant is None:
            return a[0] * a[0] - self.square * a[1] * a[1], 2 * a[0] * a[1]
        cross, last = a[1] * a[2], a[2] * a[2]
        i_det = _i(self.determinant)
        return (
            a[0] * a[0] - 2 * i_det * cross,
            2 * a[0] * a[1] - 2 * self.square * cross - i_det * last,
            a[1] * a[1] + 2 * a[0] * a[2] - self.square * last,
        )


def exponential_times(velocity: Float[Array, "a ..."], matrices: Matrices) -> Matrices:
    """exp(sum_a v_a T_a) U, site by site.

    Relative rounding errors grow with |v|; beyond |v| of about 100 the series is cut too early.
    """
    x = algebra_of(velocity)
    if matrices.shape[0] > 3:
        return product_of(_series_of_matrices(velocity, x), matrices)
    coefficients = apart(_coefficients, velocity, x)
    powers = [matrices]
    for _ in coefficients[1:]:
        powers.append(product_of(x, powers[-1]))

    def combined(coefficients, powers):
        flat = [power.reshape(*power.shape[:2], -1) for power in powers]
        terms = [c * power for c, power in zip(coefficients, flat, strict=True)]
        return sum(terms[1:], terms[0]).reshape(matrices.shape)

    return apart(combined, coefficients, powers)


def _coefficients(velocity, x) -> tuple[Complex[Array, "..."], ...]:
    """Those of exp X = f_0 + f_1 X (+ f_2 X^2), as flat arrays."""
    n, flat = x.shape[0], velocity.reshape(velocity.shape[0], -1)
    # Eigenvalues of X are i times numbers of modulus at most sqrt(4 square / 3).
    square = jnp.sum(flat * flat, axis=0) / 4
    scale, halvings = _scale(square * (4 / 3))
    determinant = None
    if n == 3:
        # X = iQ: det X = -i det Q, and det Q is real.
        determinant = _determinant(x.reshape(3, 3, -1)) * scale**3
    ring = _Powers(square * scale**2, determinant)
    terms = _TERMS[velocity.dtype]
    one = jnp.ones_like(square).astype(x.dtype)
    a = (one, *(jnp.zeros_like(one),) * (n - 1))
    for k in range(terms, 0, -1):
        a = tuple(c / k for c in ring.times_x(a))
        a = (a[0] + 1, *a[1:])
    for k in range(_HALVINGS):
        squared = ring.squared(a)
        a = tuple(jnp.where(k < halvings, s, c) for s, c in zip(squared, a, strict=True))
    return tuple(c * scale**power for power, c in enumerate(a))


def _scale(norm2):
    """2^-k and k for the smallest k with norm 2^-k <= 1."""
    scale, halvings = jnp.ones_like(norm2), jnp.zeros(norm2.shape, jnp.int32)
    for k in range(_HALVINGS):
        longer = norm2 > 4.0**k
        scale = jnp.where(longer, scale / 2, scale)
        halvings = halvings + longer.astype(jnp.int32)
    return scale, halvings


def _determinant(x):
    """det Q of the Hermitian traceless Q = -i X."""
    q = x.imag, -x.real
    diagonal = [q[0][i, i] for i in range(3)]
    off = [jax.lax.complex(q[0][i, j], q[1][i, j]) for i, j in ((0, 1), (1, 2), (2, 0))]
    triple = (off[0] * off[1] * off[2]).real
    squares = [(o * jnp.conj(o)).real for o in off]
    return (
        diagonal[0] * diagonal[1] * diagonal[2]
        + 2 * triple
        - diagonal[2] * squares[0]
        - diagonal[0] * squares[1]
        - diagonal[1] * squares[2]
    )


def _series_of_matrices(velocity, x):
    """exp X for any N: Horner's scheme for the series, and squarings."""
    n = x.shape[0]
    flat = velocity.reshape(velocity.shape[0], -1)
    # No eigenvalue exceeds the Frobenius norm.
    scale, halvings = _scale(jnp.sum(flat * flat, axis=0) / 2)
    x = x.reshape(n, n, -1) * scale
    one = jnp.eye(n, dtype=x.dtype)[..., None]
    total = jnp.broadcast_to(one, x.shape)
    for k in range(_TERMS[velocity.dtype], 0, -1):
        total = product_of(x, total) / k + one
    for k in range(_HALVINGS):
        total = jnp.where(k < halvings, product_of(total, total), total)
    return total.reshape(n, n, *velocity.shape[1:])


def _i(values):
    """i times real numbers."""
    return jax.lax.complex(jnp.zeros_like(values), values)


move_p = matrix_primitive(
    "latflow_su_move", lambda matrices, velocity: exponential_times(velocity, matrices)
)
