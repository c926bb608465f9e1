"""Primitives that keep a batch last."""

import jax
import jax.numpy as jnp
import numpy as np
from jax.interpreters import ad

from latflow.batching import batch_last, move_last


def product(field, factor, *, power):
    return field * factor**power


PRODUCT = batch_last("latflow_test_product", product)


def test_batches_end_up_last_and_shared_arguments_are_spread():
    field, factor = jnp.arange(6.0).reshape(2, 3), jnp.array([2.0, 3.0, 5.0])
    bind = lambda *arrays: PRODUCT.bind(*arrays, power=2)  # noqa: E731
    np.testing.assert_array_equal(bind(field, factor * jnp.ones((2, 3))), field * factor**2)
    fields = jnp.stack([field, 2 * field, 3 * field, 4 * field])
    shared = jax.jit(jax.vmap(bind, in_axes=(0, None)))(fields, field)
    np.testing.assert_array_equal(shared, fields * field**2)
    both = jax.vmap(jax.vmap(bind), in_axes=(0, 1))(fields, jnp.moveaxis(fields, 0, 1))
    np.testing.assert_array_equal(both, fields**3)


def test_the_inner_batch_is_the_last_axis():
    """What the function sees: lattice axes first, then a batch."""
    seen = []

    def watched(field):
        seen.append(field.shape)
        return field

    primitive = batch_last("latflow_test_watched", watched)
    jax.vmap(primitive.bind)(jnp.zeros((7, 2, 3)))
    assert (2, 3, 7) in seen


def test_members_are_taken_in_turn_where_a_shared_array_has_a_batch():
    """One program for one member, none for a batch of them; derivatives come through."""
    seen = []

    def scaled(weights, field):
        seen.append((weights.shape, field.shape))
        return [weights * field]

    primitive = batch_last(
        "latflow_test_scaled", scaled, shared=range(1), several=True, in_turn=True
    )
    ad.primitive_jvps[primitive] = lambda xs, ts: jax.jvp(
        lambda *xs: scaled(*xs), xs, tuple(map(ad.instantiate_zeros, ts))
    )
    weights, fields = jnp.arange(12.0).reshape(4, 3), jnp.ones((3, 4)) * 2
    total = lambda w: jnp.sum(jax.vmap(primitive.bind, in_axes=(0, 1))(w, fields)[0] ** 2)  # noqa: E731
    np.testing.assert_allclose(jax.grad(total)(weights), 8 * weights)
    assert set(seen) == {((3,), (3,))}


def test_move_last():
    values = jnp.zeros((2, 3, 4))
    assert move_last(values, 0, 2).shape == (3, 4, 2)
    assert move_last(values, None, 5).shape == (2, 3, 4, 5)
