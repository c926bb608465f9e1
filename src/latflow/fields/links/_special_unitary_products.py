"""Products of small complex matrices on all sites, in the form that XLA compiles to fast loops.

Matrices have their components first, (N, N, ...): the innermost loop then runs over sites, and
over the batch of chains behind them, and vectorises. XLA's own product of many tiny matrices is a
loop with a library call for each of them.
"""

from collections.abc import Callable
from functools import cache, partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.extend.core import Primitive
from jax.interpreters import ad
from jaxtyping import Array, Complex

from latflow.batching import apart, batch_last

Matrices = Complex[Array, "n n ..."]
Numbers = Complex[Array, "..."]


def matrix_primitive(name: str, function: Callable, *, several: bool = False) -> Primitive:
    """A primitive that keeps its batch last (:func:`~latflow.batching.batch_last`), and has the
    derivatives that JAX finds for ``function``; which returns a list if ``several``."""
    primitive = _compiled(name, function, several)

    def differentiate(operands, tangents, **parameters):
        tangents = [ad.instantiate_zeros(tangent) for tangent in tangents]
        return jax.jvp(partial(function, **parameters), tuple(operands), tuple(tangents))

    ad.primitive_jvps[primitive] = differentiate
    return primitive


def linear_primitive(name: str, function: Callable, transposed: Callable) -> Primitive:
    """The same for a linear function: ``transposed(cotangent, *operands, **parameters)`` gives the
    cotangents of its operands, of which it knows the shapes only."""
    primitive = _compiled(name, function)
    ad.deflinear2(
        primitive,
        lambda cotangent, *operands, **parameters: transposed(cotangent, *operands, **parameters),
    )
    return primitive


def _compiled(name: str, function: Callable, several: bool = False) -> Primitive:
    primitive = batch_last(name, function, several=several)

    @cache
    def compiled(**parameters):
        return jax.jit(partial(function, **parameters))

    primitive.def_impl(lambda *operands, **parameters: compiled(**parameters)(*operands))
    return primitive


def adjoint_of(matrices: Matrices) -> Matrices:
    """The adjoint of each matrix."""
    return jnp.conj(jnp.swapaxes(matrices, 0, 1))


class Form(NamedTuple):
    """In which form a matrix is a factor of a product; none of them costs anything."""

    is_transposed: bool = False
    is_conjugate: bool = False


PLAIN, ADJOINT = Form(), Form(True, True)


def product_of(
    first: Matrices, second: Matrices, forms: tuple[Form, Form] = (PLAIN, PLAIN)
) -> Matrices:
    """The product of matrices, site by site, or of their adjoints."""

    def product(first, second):
        shape = first.shape
        # Sites and chains as one axis: the innermost loop is long for any lattice and batch.
        first, second = (x.reshape(*shape[:2], -1) for x in (first, second))
        terms = []
        for k in range(shape[0]):
            column = first[k] if forms[0].is_transposed else first[:, k]
            row = second[:, k] if forms[1].is_transposed else second[k]
            column = jnp.conj(column) if forms[0].is_conjugate else column
            row = jnp.conj(row) if forms[1].is_conjugate else row
            terms.append(column[:, None] * row[None])
        return sum(terms[1:], terms[0]).reshape(shape)

    # Of no sites there is none; nothing can be stored there.
    return apart(product, first, second) if first.size else first


def rolled(values: Array, axis: int, step: int) -> Array:
    """result(x) = values(x + step axis), where ``axis`` counts the axes of the array.

    All that lies behind the axis moves in blocks of memory.
    """
    shape, cut = values.shape, step % values.shape[axis]
    if cut == 0:
        return values

    def moved(values):
        flat = values.reshape(*shape[:axis], -1)
        block = cut * (flat.shape[axis] // shape[axis])
        first = jax.lax.slice_in_dim(flat, block, None, axis=axis)
        last = jax.lax.slice_in_dim(flat, 0, block, axis=axis)
        return jnp.concatenate([first, last], axis).reshape(shape)

    return apart(moved, values)


def matrix_product(
    first: Matrices, second: Matrices, adjoints: tuple[bool, bool] = (False, False)
) -> Matrices:
    """The product of the matrices or, where ``adjoints`` says so, of their adjoints, site by site;
    a batch stays last."""
    forms = tuple(ADJOINT if is_adjoint else PLAIN for is_adjoint in adjoints)
    return product_p.bind(first, second, forms=forms)


def displaced(matrices: Matrices, axis: int, n: int) -> Matrices:
    """The matrices seen n steps ahead along an axis of the array; a batch stays last."""
    return roll_p.bind(matrices, axis=axis, step=n)


def rotated_rows(matrices: Matrices, a: Numbers, b: Numbers, rows: tuple[int, int]) -> Matrices:
    """The product of [[a, b], [-b*, a*]], on two rows, with each matrix; a batch stays last."""
    return rotated_p.bind(matrices, a, b, rows=rows)


def _rotated(matrices, a, b, *, rows):
    i, j = rows

    def result(matrices, a, b):
        shape, a, b = matrices.shape, a.reshape(-1), b.reshape(-1)
        flat = list(matrices.reshape(*shape[:2], -1))
        flat[i], flat[j] = a * flat[i] + b * flat[j], jnp.conj(a) * flat[j] - jnp.conj(b) * flat[i]
        return jnp.stack(flat).reshape(shape)

    return apart(result, matrices, a, b)


def _of_factor(factor: Form, cotangent: Matrices, other: Matrices, form: Form, is_first: bool):
    """The cotangent of a factor from that of the product, (c o^T) or (o^T c), in the factor's form.

    JAX transposes a product of complex numbers without a conjugate, and a conjugate as itself.
    """
    is_conjugate = factor.is_conjugate
    # c and o^T; transposed, the product is that of the transposed in the other order.
    turned = Form(factor.is_transposed, is_conjugate)
    other_turned = Form(
        form.is_transposed == factor.is_transposed, form.is_conjugate != is_conjugate
    )
    pair = ((cotangent, turned), (other, other_turned))
    if is_first == factor.is_transposed:
        pair = pair[::-1]
    (left, left_form), (right, right_form) = pair
    return product_p.bind(left, right, forms=(left_form, right_form))


product_p = _compiled(
    "latflow_matrix_product", lambda first, second, *, forms: product_of(first, second, forms)
)
ad.defbilinear(
    product_p,
    lambda cotangent, _, second, *, forms: _of_factor(forms[0], cotangent, second, forms[1], True),
    lambda cotangent, first, _, *, forms: _of_factor(forms[1], cotangent, first, forms[0], False),
)
rotated_p = matrix_primitive("latflow_matrix_rows", _rotated)
adjoint_p = linear_primitive(
    "latflow_matrix_adjoint", adjoint_of, lambda cotangent, _: [adjoint_p.bind(cotangent)]
)
roll_p = linear_primitive(
    "latflow_matrix_roll",
    lambda values, *, axis, step: rolled(values, axis, step),
    lambda cotangent, _, *, axis, step: [roll_p.bind(cotangent, axis=axis, step=-step)],
)
stack_p = linear_primitive(
    "latflow_matrix_stack",
    lambda *values, axis: jnp.stack(values, axis),
    lambda cotangent, *values, axis: [
        jax.lax.index_in_dim(cotangent, i, axis, keepdims=False) for i in range(len(values))
    ],
)
