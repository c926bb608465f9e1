"""Sines and cosines by polynomials against those of NumPy in higher precision."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from latflow.trigonometry import cosine, sine


@pytest.mark.parametrize("dtype", [jnp.float32, jnp.float64])
@pytest.mark.parametrize("largest", [1e-3, 7.0, 1e4])
def test_errors_are_of_the_order_of_rounding(dtype, largest):
    random = np.random.default_rng(0)
    zeros = np.arange(-4, 5) * np.pi / 2
    angles = jnp.asarray(np.append(random.uniform(-largest, largest, 20000), zeros), dtype)
    exact = np.asarray(angles).astype(np.longdouble)
    for function, reference in ((sine, np.sin), (cosine, np.cos)):
        found = jax.jit(function)(angles)
        assert found.dtype == dtype
        error = np.abs(np.asarray(found).astype(np.longdouble) - reference(exact)).max()
        assert error < 2 * float(jnp.finfo(dtype).eps)


def test_derivatives():
    angles = jnp.linspace(-7, 7, 101)
    for function, slope in ((sine, jnp.cos), (cosine, lambda x: -jnp.sin(x))):
        np.testing.assert_allclose(jax.vmap(jax.grad(function))(angles), slope(angles), atol=1e-14)
        curvature = jax.vmap(jax.grad(jax.grad(function)))(angles)
        np.testing.assert_allclose(curvature, -function(angles), atol=1e-14)
