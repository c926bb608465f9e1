"""Functions that keep a batch last in memory, where ``vmap`` would put it first.

XLA's innermost loop on a CPU runs over the last axis. With a batch there, it runs over
configurations, and a displacement on the lattice is another block of memory. The batching rules
of JAX put a batch first, above all for concatenations, reshapes and loops
(see ``docs/performance.md``).
"""

from collections.abc import Callable, Container
from typing import Any

import jax
import jax.numpy as jnp
from jax.core import ShapedArray
from jax.extend.core import Primitive
from jax.interpreters import ad, batching, mlir
from jaxtyping import Array

EVERY = range(2**31)
"""All operands of a primitive, however many."""


def batch_last(
    name: str,
    function: Callable,
    *,
    shared: Container[int] = (),
    several: bool = False,
    shape: Callable | None = None,
    in_turn: bool = False,
) -> Primitive:
    """A primitive that hands its batch on to ``function`` as further, trailing axes.

    Args:
        name: of the primitive.
        function: ``function(*arrays, **parameters)`` returns one array. Where all arrays get
            the same trailing axes, so must the result.
        shared: positions of arrays that stay without a batch where others have one, such as
            weights: the result has trailing axes then, too. With a batch in one of them, the
            function is batched as JAX does it.
        several: whether the function returns a list of arrays.
        shape: ``shape(*arrays, **parameters)``, shape and dtype of the result, where tracing
            the function would take long to find out.
        in_turn: with a batch in one of the shared arrays, members are taken one after another:
            for functions of so many numbers that one member fills a vector.
    """
    primitive = Primitive(name)
    primitive.multiple_results = several

    def traced_shape(*arrays, **parameters):
        structs = [jax.ShapeDtypeStruct(x.shape, x.dtype) for x in arrays]
        return jax.eval_shape(lambda *xs: function(*xs, **parameters), *structs)

    def shape_of(*arrays, **parameters):
        result = (shape or traced_shape)(*arrays, **parameters)
        if several:
            return [ShapedArray(one.shape, one.dtype) for one in result]
        return ShapedArray(result.shape, result.dtype)

    def at_once(arrays, axes, parameters):
        return jax.vmap(lambda *xs: function(*xs, **parameters), in_axes=axes)(*arrays)

    def one_after_another(arrays, axes, parameters):
        own = {i: jnp.moveaxis(arrays[i], a, 0) for i, a in enumerate(axes) if a is not None}

        def one(own):
            return primitive.bind(*(own.get(i, x) for i, x in enumerate(arrays)), **parameters)

        return jax.lax.map(one, own)

    def batch(arrays, axes, **parameters):
        if any(a is not None and position in shared for position, a in enumerate(axes)):
            result = (one_after_another if in_turn else at_once)(arrays, axes, parameters)
            return result, [0] * len(result) if several else 0
        size = next(x.shape[a] for x, a in zip(arrays, axes, strict=True) if a is not None)
        arrays = [
            x if position in shared else move_last(x, axis, size)
            for position, (x, axis) in enumerate(zip(arrays, axes, strict=True))
        ]
        result = primitive.bind(*arrays, **parameters)
        return result, [x.ndim - 1 for x in result] if several else result.ndim - 1

    primitive.def_impl(function)
    primitive.def_abstract_eval(shape_of)
    mlir.register_lowering(primitive, mlir.lower_fun(function, multiple_results=several))
    batching.primitive_batchers[primitive] = batch
    return primitive


def stacked(parts: list[Array]) -> Array:
    """``jnp.stack(parts)``, along a new first axis, with the batch last under ``vmap``."""
    return _stacked_p.bind(*parts)


def unstacked(values: Array) -> list[Array]:
    """The parts of :func:`stacked`; the gradient is one stack of theirs, not a sum of pads."""
    return _unstacked_p.bind(values)


def apart(function: Callable, *operands: Any) -> Any:
    """``function(*operands)``, computed once and stored, whatever uses it.

    XLA would make a value again within each loop that uses it, and a chain of products again
    and again: its loop fusion on CPUs is not stopped by an optimization barrier, which is taken
    out before. It is stopped by a condition, even one that never holds.
    """

    def never(*operands):
        shapes = jax.eval_shape(function, *operands)
        return jax.tree.map(lambda x: jnp.zeros(x.shape, x.dtype), shapes)

    def on_cpu(*operands):
        number = jax.tree.leaves(operands)[0].ravel()[0].real
        return jax.lax.cond((number != number) & (number == number), never, function, *operands)

    return jax.lax.platform_dependent(*operands, cpu=on_cpu, default=function)


def stored(values: list[Array]) -> list[Array]:
    """The same values, stored, whatever uses them; so are the cotangents that come back.

    :func:`apart` for values at hand: it can stand between functions that are differentiated.
    """
    return _stored_p.bind(*values)


def move_last(values, axis: int | None, size: int):
    """The values with their batch axis, or a new one where there is none, last."""
    if axis is None:
        return jnp.broadcast_to(values[..., None], (*values.shape, size))
    return jnp.moveaxis(values, axis, -1)


_stacked_p = batch_last("latflow_stacked", lambda *parts: jnp.stack(parts))
ad.deflinear2(
    _stacked_p,
    lambda gradient, *parts: [
        jax.lax.index_in_dim(gradient, i, 0, keepdims=False) for i in range(len(parts))
    ],
)


def _store(*values):
    return list(apart(lambda *same: same, *values))


_stored_p = batch_last(
    "latflow_stored",
    _store,
    several=True,
    shape=lambda *values: [jax.ShapeDtypeStruct(x.shape, x.dtype) for x in values],
)
ad.deflinear2(
    _stored_p,
    lambda gradients, *_: stored([ad.instantiate_zeros(gradient) for gradient in gradients]),
)


def _unstack(values):
    return [jax.lax.index_in_dim(values, i, 0, keepdims=False) for i in range(values.shape[0])]


def _restacked(gradients, values):
    filled = [ad.instantiate_zeros(gradient) for gradient in gradients]
    return [stacked(filled)]


_unstacked_p = batch_last("latflow_unstacked", _unstack, several=True)
ad.deflinear2(_unstacked_p, _restacked)
