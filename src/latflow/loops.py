"""Loops that keep the batch of chains last in memory, where ``jax.lax.scan`` puts it first."""

from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
from jax.core import ShapedArray
from jax.extend.core import ClosedJaxpr, Primitive, jaxpr_as_fun
from jax.interpreters import ad, batching, mlir
from jaxtyping import Array, PyTree

from latflow.batching import move_last


def loop(
    body: Callable, carry: PyTree[Array], xs: PyTree[Array] = None, length: int | None = None
) -> tuple[PyTree[Array], PyTree[Array]]:
    """``jax.lax.scan(body, carry, xs, length)``, with the batch last under ``vmap``.

    Where it is differentiated it is that scan: Markov chains need no derivative, and training
    differentiates a trajectory now and then.
    """
    leaves, carry_tree = jax.tree.flatten(carry)
    x_leaves, x_tree = jax.tree.flatten(xs)
    if length is None:
        length = x_leaves[0].shape[0]
    result_tree = None

    def flat_body(*operands):
        nonlocal result_tree
        carry = jax.tree.unflatten(carry_tree, operands[: len(leaves)])
        x = jax.tree.unflatten(x_tree, operands[len(leaves) :])
        results, result_tree = jax.tree.flatten(body(carry, x))
        return results

    closed = jax.make_jaxpr(flat_body)(*leaves, *_one_of_each(x_leaves))
    operands = (*closed.consts, *leaves, *x_leaves)
    sizes = (len(closed.consts), len(leaves))
    results = _loop_p.bind(*operands, jaxpr=closed.jaxpr, sizes=sizes, length=length)
    return jax.tree.unflatten(result_tree, results)


def _one_of_each(xs):
    return [jax.ShapeDtypeStruct(x.shape[1:], x.dtype) for x in xs]


def _parts(operands, sizes):
    """Constants, what is carried, and what is looped over."""
    n_consts, n_carry = sizes
    return operands[:n_consts], operands[n_consts : n_consts + n_carry], operands[sum(sizes) :]


def _call(jaxpr, *operands):
    """One turn. What the body closes over comes first among its operands."""
    n_closed = len(jaxpr.constvars)
    return jaxpr_as_fun(ClosedJaxpr(jaxpr, operands[:n_closed]))(*operands[n_closed:])


def _loop(*operands, jaxpr, sizes, length):
    consts, carry, xs = _parts(operands, sizes)

    def body(state, next_x):
        # A number that is looked up where it is used hinders vectorisation: so the next turn's
        # are looked up now, and stored with what is carried.
        carry, x = state
        results = _call(jaxpr, *consts, *carry, *x)
        return (results[: sizes[1]], next_x), results[sizes[1] :]

    state = list(carry), [x[0] for x in xs]
    (carry, _), stacked = jax.lax.scan(body, state, [jnp.roll(x, -1, 0) for x in xs], length)
    return [*carry, *stacked]


def _avals(*operands, jaxpr, sizes, length):
    results = [variable.aval for variable in jaxpr.outvars]
    stacked = [ShapedArray((length, *x.shape), x.dtype) for x in results[sizes[1] :]]
    return [*results[: sizes[1]], *stacked]


def _batch(operands, axes, *, jaxpr, sizes, length):
    size = next(x.shape[axis] for x, axis in zip(operands, axes, strict=True) if axis is not None)
    carried = range(sizes[0], sum(sizes))
    batched = [axis is not None or i in carried for i, axis in enumerate(axes)]
    operands = [
        move_last(x, axis, size) if has_batch else x
        for x, axis, has_batch in zip(operands, axes, batched, strict=True)
    ]
    turn = jax.vmap(partial(_call, jaxpr), [-1 if b else None for b in batched], -1)
    consts, carry, xs = _parts(operands, sizes)
    closed = jax.make_jaxpr(turn)(*consts, *carry, *_one_of_each(xs))
    sizes = (len(closed.consts) + sizes[0], sizes[1])
    results = _loop_p.bind(
        *closed.consts, *operands, jaxpr=closed.jaxpr, sizes=sizes, length=length
    )
    return results, [x.ndim - 1 for x in results]


def _differentiate(operands, tangents, **parameters):
    moves = [not isinstance(tangent, ad.Zero) for tangent in tangents]

    def results(moving):
        values = iter(moving)
        given = [next(values) if m else x for m, x in zip(moves, operands, strict=True)]
        return _loop(*given, **parameters)

    moving = [x for m, x in zip(moves, operands, strict=True) if m]
    along = [tangent for m, tangent in zip(moves, tangents, strict=True) if m]
    values, changes = jax.jvp(results, (moving,), (along,))
    # JAX's rules have their own name for the tangent of an integer.
    changes = [
        ad.Zero(jax.typeof(x).to_tangent_aval()) if change.dtype == jax.dtypes.float0 else change
        for x, change in zip(values, changes, strict=True)
    ]
    return values, changes


_loop_p = Primitive("latflow_loop")
_loop_p.multiple_results = True
_loop_p.def_impl(jax.jit(_loop, static_argnames=("jaxpr", "sizes", "length")))
_loop_p.def_abstract_eval(_avals)
mlir.register_lowering(_loop_p, mlir.lower_fun(_loop, multiple_results=True))
batching.primitive_batchers[_loop_p] = _batch
ad.primitive_jvps[_loop_p] = _differentiate
