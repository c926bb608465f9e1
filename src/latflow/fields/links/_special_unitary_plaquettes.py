"""The sum of all plaquettes of an SU(N) field and its gradient: the hot loop of Wilson actions."""

import jax.numpy as jnp
from jaxtyping import Array, Complex, Float

from latflow.fields.links._special_unitary_algebra import coefficients_of
from latflow.fields.links._special_unitary_products import (
    ADJOINT,
    PLAIN,
    apart,
    matrix_primitive,
    product_of,
    rolled,
)
from latflow.precision import sum_in_double

MatrixField = Complex[Array, "n n axes ..."]

BY_ADJOINT, ADJOINT_BY = (PLAIN, ADJOINT), (ADJOINT, PLAIN)


def plaquette_sum(field: MatrixField) -> Float[Array, ""]:
    """Sum over sites and planes of Re tr P, as it is in double precision."""
    return sum_in_double(_traces_p.bind(field.astype(jnp.complex128), ndim=field.ndim - 3))


def plaquette_gradient(field: MatrixField) -> Float[Array, "a axes ..."]:
    """The gradient g_a of the sum of Re tr P along the manifold: Re tr(T_a U A), A the staples.

    Both halves of a plaquette, U_mu(x) U_nu(x+mu) and U_nu(x) U_mu(x+nu), are made once, for the
    four links whose staples contain them.
    """
    return _gradient_p.bind(field, ndim=field.ndim - 3)


def staple_sum(field: MatrixField, axis: int) -> Complex[Array, "n n ..."]:
    """The sum A of the staples of the links along an axis: Re tr(U A) is that of plaquettes."""
    return _staples_p.bind(field, axis=axis, ndim=field.ndim - 3)


def _halves(field, mu, nu):
    """Displaced links and both ways around a corner: U_nu(x+mu), U_mu(x+nu), there and back."""
    along, across = field[:, :, mu], field[:, :, nu]
    beside, above = rolled(across, 2 + mu, 1), rolled(along, 2 + nu, 1)
    return beside, above, product_of(along, beside), product_of(across, above)


def _planes(ndim):
    return [(mu, nu) for mu in range(ndim) for nu in range(mu + 1, ndim)]


def _traces(field, *, ndim):
    """The sum over planes of Re tr P on each site: Re tr(A B+) is the real product of entries."""

    def traces(there, back):
        there, back = (x.reshape(*x.shape[:2], -1) for x in (there, back))
        return jnp.sum(there.real * back.real + there.imag * back.imag, axis=(0, 1))

    total = [apart(traces, *_halves(field, mu, nu)[2:]) for mu, nu in _planes(ndim)]
    return jnp.reshape(sum(total[1:], total[0]), field.shape[3:])


def _gradient(field, *, ndim):
    terms = [[] for _ in range(ndim)]
    for mu, nu in _planes(ndim):
        beside, above, there, back = _halves(field, mu, nu)
        terms[mu].append(product_of(beside, back, BY_ADJOINT))
        terms[nu].append(product_of(above, there, BY_ADJOINT))
        below = product_of(there, field[:, :, nu], ADJOINT_BY)
        left = product_of(back, field[:, :, mu], ADJOINT_BY)
        terms[mu].append(rolled(below, 2 + nu, -1))
        terms[nu].append(rolled(left, 2 + mu, -1))

    def stacked(terms):
        flat = [[x.reshape(*x.shape[:2], -1) for x in each] for each in terms]
        return jnp.stack([sum(each[1:], each[0]) for each in flat], axis=2)

    staples = apart(stacked, terms).reshape(field.shape)
    # -2 Re tr(T_a M) are the coefficients of the projection of M.
    return -0.5 * coefficients_of(product_of(field, staples))


def _staples(field, *, axis, ndim):
    along, terms = field[:, :, axis], []
    for nu in range(ndim):
        if nu == axis:
            continue
        beside, _, there, back = _halves(field, axis, nu)
        terms.append(product_of(beside, back, BY_ADJOINT))
        terms.append(rolled(product_of(there, field[:, :, nu], ADJOINT_BY), 2 + nu, -1))
    flat = [x.reshape(-1) for x in terms]
    return apart(lambda *flat: sum(flat[1:], flat[0]), *flat).reshape(along.shape)


_traces_p = matrix_primitive("latflow_su_traces", _traces)
_gradient_p = matrix_primitive("latflow_su_gradient", _gradient)
_staples_p = matrix_primitive("latflow_su_staples", _staples)
