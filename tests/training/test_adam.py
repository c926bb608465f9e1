"""Adam, against that of Optax."""

import jax
import jax.numpy as jnp
import numpy as np
import optax

from latflow.training._adam import scale_by_adam


def test_as_optax():
    ours, theirs = scale_by_adam(0.9, 0.99), optax.scale_by_adam(0.9, 0.99)
    parameters = {"a": jnp.zeros(5), "b": jnp.zeros((2, 3), jnp.float32)}
    states = [ours.init(parameters), theirs.init(parameters)]
    random = np.random.default_rng(1)
    for _ in range(30):
        gradients = jax.tree.map(
            lambda p: jnp.asarray(random.normal(size=p.shape), p.dtype), parameters
        )
        (one, states[0]), (other, states[1]) = (
            each.update(gradients, state, parameters)
            for each, state in zip((ours, theirs), states, strict=True)
        )
        for name, tolerance in (("a", 1e-13), ("b", 1e-5)):
            assert one[name].dtype == parameters[name].dtype
            np.testing.assert_allclose(one[name], other[name], rtol=tolerance)
