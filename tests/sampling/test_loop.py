"""The loop of the chain driver is ``jax.lax.scan``, whatever is batched around it."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from latflow.loops import loop

KEY = jax.random.key(0)


def body(shift):
    def turn(carry, x):
        field, count = carry
        step, key = x
        noise = jax.random.normal(key, field.shape)
        field = 0.9 * field + step * noise + shift
        return (field, count + 1), {"mean": field.mean(), "noise": noise}

    return turn


def run(loop, field, steps, keys, shift):
    carry, stacked = loop(body(shift), (field, jnp.zeros((), jnp.int32)), (steps, keys))
    return carry, stacked


def arguments(batch=None):
    shape = () if batch is None else (batch,)
    field = jax.random.normal(KEY, (*shape, 3, 4))
    steps = jax.random.uniform(KEY, (*shape, 5))
    keys = jax.random.split(KEY, (*shape, 5))
    shift = jax.random.normal(KEY, shape)
    return field, steps, keys, shift


def assert_same(one, other):
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-13), one, other)


def test_one_chain():
    assert_same(run(loop, *arguments()), run(jax.lax.scan, *arguments()))


@pytest.mark.parametrize(
    "batched",
    [
        (0, 0, 0, 0),
        (0, None, 0, None),
        (None, None, 0, None),
        (0, None, None, None),
        (None,) * 3 + (0,),
    ],
)
def test_any_arguments_may_be_batched(batched):
    """Those without a batch are shared; constants of the body may have one, too."""
    whole, single = arguments(6), arguments()
    mixed = [w if axis == 0 else s for w, s, axis in zip(whole, single, batched, strict=True)]
    ours, theirs = (
        jax.jit(jax.vmap(lambda *a, scan=scan: run(scan, *a), in_axes=batched))(*mixed)
        for scan in (loop, jax.lax.scan)
    )
    assert_same(ours, theirs)


def test_within_another_loop_and_two_batches():
    def nested(scan, field, keys):
        def outer(field, keys):
            field, means = scan(
                lambda f, k: (f + jax.random.normal(k, f.shape), f.sum()), field, keys
            )
            return field, means

        return scan(outer, field, keys)

    field = jax.random.normal(KEY, (2, 3, 4))
    keys = jax.random.split(KEY, (2, 3, 5, 6))
    ours, theirs = (
        jax.vmap(jax.vmap(lambda f, k, scan=scan: nested(scan, f, k)))(field, keys)
        for scan in (loop, jax.lax.scan)
    )
    assert_same(ours, theirs)


def test_without_arguments_to_loop_over():
    carry, stacked = loop(lambda c, _: (2 * c, c), jnp.ones(2), length=4)
    np.testing.assert_array_equal(carry, [16, 16])
    np.testing.assert_array_equal(stacked[:, 0], [1, 2, 4, 8])


@pytest.mark.parametrize("order", ["gradient of the batch", "batch of gradients"])
def test_gradients_are_those_of_scan(order):
    """Whichever of ``grad`` and ``vmap`` comes first; integers are carried along."""
    field, steps, keys, shift = arguments(6)

    def one(loop, field, shift, steps, keys):
        (end, _), stacked = run(loop, field, steps, keys, shift)
        return jnp.sum(end**2) + jnp.sum(stacked["mean"] ** 3)

    def gradients(loop):
        if order == "batch of gradients":
            return jax.vmap(jax.grad(lambda *xs: one(loop, *xs), (0, 1)))(field, shift, steps, keys)
        whole = jax.vmap(lambda *xs: one(loop, *xs))
        return jax.grad(lambda *xs: whole(*xs).sum(), (0, 1))(field, shift, steps, keys)

    assert_same(jax.jit(lambda: gradients(loop))(), jax.jit(lambda: gradients(jax.lax.scan))())
