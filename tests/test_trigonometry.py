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


def test_signs_where_two_zeros_are_equally_near():
    """Multiples of pi, in a program that compilers cut into pieces: a sum, then one over nodes."""
    grid = np.linspace(-np.pi, np.pi, 48, endpoint=False)
    three = np.stack(np.meshgrid(grid, grid, grid), axis=-1).reshape(-1, 3)
    angles = np.concatenate([three, -three.sum(axis=1, keepdims=True)], axis=1).reshape(-1, 2, 2)
    nodes = np.linspace(-0.7, 0.7, 35)

    def turned(x):
        cosines, sines = jnp.sum(cosine(x)), jnp.sum(sine(x))
        return jax.scipy.special.logsumexp(cosines * np.cos(nodes) - sines * np.sin(nodes))

    cosines, sines = np.cos(angles).sum((1, 2)), np.sin(angles).sum((1, 2))
    exponents = cosines[:, None] * np.cos(nodes) - sines[:, None] * np.sin(nodes)
    exact = np.log(np.exp(exponents).sum(axis=1))
    np.testing.assert_allclose(jax.jit(jax.vmap(turned))(angles), exact, atol=1e-12)
