"""Products of small complex matrices on all sites, in the form that XLA compiles to fast loops.

Matrices have their components first, (N, N, ...): the innermost loop then runs over sites, and
over the batch of chains behind them, and vectorises. XLA's own product of many tiny matrices is a
loop with a library call for each of them.
"""

from collections.abc import Callable
from functools import cache, partial

import jax
import jax.numpy as jnp
from jax.extend.core import Primitive
from jax.interpreters import ad
from jaxtyping import Array, Complex

from latflow.batching import apart, batch_last

Matrices = Complex[Array, "n n ..."]
Numbers = Complex[Array, "..."]


def matrix_primitive(name: str, function: Callable) -> Primitive:
    """A primitive that keeps its batch last (:func:`~latflow.batching.batch_last`), and has the
    derivatives that JAX finds for ``function``."""
    primitive = batch_last(name, function)

    @cache
    def compiled(**parameters):
        return jax.jit(partial(function, **parameters))

    def differentiate(operands, tangents, **parameters):
        tangents = [ad.instantiate_zeros(tangent) for tangent in tangents]
        return jax.jvp(partial(function, **parameters), tuple(operands), tuple(tangents))

    primitive.def_impl(lambda *operands, **parameters: compiled(**parameters)(*operands))
    ad.primitive_jvps[primitive] = differentiate
    return primitive


def adjoint_of(matrices: Matrices) -> Matrices:
    """The adjoint of each matrix."""
    return jnp.conj(jnp.swapaxes(matrices, 0, 1))


def product_of(first: Matrices, second: Matrices) -> Matrices:
    """The product of matrices, site by site."""

    def product(first, second):
        shape = first.shape
        # Sites and chains as one axis: the innermost loop is long for any lattice and batch.
        first, second = (x.reshape(*shape[:2], -1) for x in (first, second))
        terms = [first[:, k, None] * second[None, k] for k in range(shape[0])]
        return sum(terms[1:], terms[0]).reshape(shape)

    return apart(product, first, second)


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


def matrix_product(first: Matrices, second: Matrices) -> Matrices:
    """The product of matrices, site by site; a batch stays last."""
    return product_p.bind(first, second, adjoints=(False, False))


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


def _product(first, second, *, adjoints):
    operands = (first, second)
    pairs = zip(operands, adjoints, strict=True)
    return product_of(*(adjoint_of(x) if is_adjoint else x for x, is_adjoint in pairs))


product_p = matrix_primitive("latflow_matrix_product", _product)
rotated_p = matrix_primitive("latflow_matrix_rows", _rotated)
adjoint_p = matrix_primitive("latflow_matrix_adjoint", adjoint_of)
roll_p = matrix_primitive(
    "latflow_matrix_roll", lambda values, *, axis, step: rolled(values, axis, step)
)
stack_p = matrix_primitive("latflow_matrix_stack", lambda *values, axis: jnp.stack(values, axis))
