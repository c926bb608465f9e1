"""Products of small complex matrices on all sites, in the form that XLA compiles to fast loops.

Matrices have their components first, (N, N, ...): the innermost loop then runs over sites, and
over the batch of chains behind them, and vectorises. XLA's own product of many tiny matrices is a
loop with a library call for each of them.
"""

from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
from jax.extend.core import Primitive
from jax.interpreters import ad
from jax.lax import optimization_barrier as barrier
from jaxtyping import Array, Complex

from latflow.batching import batch_last

Matrices = Complex[Array, "n n ..."]


def matrix_primitive(name: str, function: Callable) -> Primitive:
    """A primitive that keeps its batch last (:func:`~latflow.batching.batch_last`), and has the
    derivatives that JAX finds for ``function``."""
    primitive = batch_last(name, function)

    def differentiate(operands, tangents, **parameters):
        tangents = [ad.instantiate_zeros(tangent) for tangent in tangents]
        return jax.jvp(partial(function, **parameters), tuple(operands), tuple(tangents))

    ad.primitive_jvps[primitive] = differentiate
    return primitive


def adjoint_of(matrices: Matrices) -> Matrices:
    """The adjoint of each matrix."""
    return jnp.conj(jnp.swapaxes(matrices, 0, 1))


def product_of(first: Matrices, second: Matrices) -> Matrices:
    """The product of matrices, site by site; adjoint operands cost nothing."""
    shape = first.shape
    # Sites and chains as one axis: the innermost loop is long, whatever the lattice and the batch.
    first, second = (x.reshape(*shape[:2], -1) for x in (first, second))
    terms = [first[:, k, None] * second[None, k] for k in range(shape[0])]
    # The barrier keeps XLA from making the product again in everything that uses it.
    return barrier(sum(terms[1:], terms[0])).reshape(shape)


def rolled(values: Array, axis: int, step: int) -> Array:
    """result(x) = values(x + step axis), where ``axis`` counts the axes of the array.

    All that lies behind the axis moves in blocks of memory.
    """
    shape, cut = values.shape, step % values.shape[axis]
    if cut == 0:
        return values
    flat = values.reshape(*shape[:axis], -1)
    cut = cut * (flat.shape[axis] // shape[axis])
    first = jax.lax.slice_in_dim(flat, cut, None, axis=axis)
    last = jax.lax.slice_in_dim(flat, 0, cut, axis=axis)
    return barrier(jnp.concatenate([first, last], axis)).reshape(shape)


def _product(first, second, *, adjoints):
    operands = (first, second)
    pairs = zip(operands, adjoints, strict=True)
    return product_of(*(adjoint_of(x) if is_adjoint else x for x, is_adjoint in pairs))


product_p = matrix_primitive("latflow_matrix_product", _product)
adjoint_p = matrix_primitive("latflow_matrix_adjoint", adjoint_of)
roll_p = matrix_primitive(
    "latflow_matrix_roll", lambda values, *, axis, step: rolled(values, axis, step)
)
stack_p = matrix_primitive("latflow_matrix_stack", lambda *values, axis: jnp.stack(values, axis))
