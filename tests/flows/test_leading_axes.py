"""Functions of leading axes, sums by tables and splines with parameters at every site."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from latflow.batching import stored, unstacked
from latflow.flows._signed_sums import SignedSums, signed_sums
from latflow.flows._spline import Knots, evaluate, evaluate_inverse
from latflow.flows.gauge._half_turn import half_turn, half_turn_spline, half_turn_spline_inverse
from latflow.leading_axes import on_leading_axes

pytestmark = pytest.mark.usefixtures("strict_promotion")


def normal(seed, *shape):
    return jnp.asarray(np.random.default_rng(seed).normal(size=shape))


def close(found, expected, tolerance=1e-11):
    jax.tree.map(
        lambda f, e: np.testing.assert_allclose(f, e, rtol=tolerance, atol=tolerance),
        found,
        expected,
    )


def transformed(function, first, second):
    """Every transform of a function of two arrays, with a leading batch, to one of another."""
    one, other = first[0], second[0]

    def number(x, y):
        return jnp.sum(jnp.sin(function(x, y)))

    def batched(x, y):
        return jnp.sum(jnp.cos(jax.vmap(function)(x, y)))

    tangents = jnp.cos(first), jnp.sin(second)
    return {
        "value": function(one, other),
        "vmap": jax.vmap(function)(first, second),
        "vmap of one": jax.vmap(function, (None, 0))(one, second),
        "jvp": jax.jvp(function, (one, other), (tangents[0][0], tangents[1][0])),
        "grad": jax.grad(number, (0, 1))(one, other),
        "grad of vmap": jax.grad(batched, (0, 1))(first, second),
        "vmap of grad": jax.vmap(jax.grad(number, (0, 1)))(first, second),
        "jvp of grad": jax.jvp(jax.grad(batched, (0, 1)), (first, second), tangents),
        "hessian": jax.hessian(number, (0, 1))(one, other),
    }


def curved(x, y):
    rows = unstacked(y)
    return [jnp.where(x > 0, x * rows[0], 0) + stored([jnp.exp(rows[1])])[0] * x]


def test_functions_of_leading_axes_under_every_transform():
    arguments = normal(1, 3, 4), normal(2, 3, 2, 4)
    found = jax.jit(lambda *xs: transformed(lambda x, y: on_leading_axes(curved, x, y)[0], *xs))
    plain = jax.jit(
        lambda *xs: transformed(lambda x, y: jnp.where(x > 0, x * y[0], 0) + jnp.exp(y[1]) * x, *xs)
    )
    close(found(*arguments), plain(*arguments))


def test_a_batch_reaches_the_function_as_a_trailing_axis():
    seen = []

    def watched(x):
        seen.append(x.shape)
        return [jnp.where(x > 1, 1, x)]

    jax.make_jaxpr(jax.vmap(jax.grad(lambda x: on_leading_axes(watched, x)[0].sum())))(
        jnp.zeros((7, 2))
    )
    assert (2, 7) in seen


def test_signed_sums_are_a_sparse_matrix():
    terms = np.array([[0, 1, 2], [3, 0, 0], [4, 4, 1], [2, 1, 0]])
    signs = np.array([[1, -1, 1], [1, 0, 0], [-1, -1, 1], [1, 1, 0]])
    table = SignedSums(5, terms, signs)
    matrix = np.zeros((4, 5))
    for (n, t), term in np.ndenumerate(terms):
        matrix[n, term] += signs[n, t]
    rows = normal(3, 2, 5)
    found = jax.vmap(lambda x: signed_sums(x, table))(rows)
    close(found, rows @ matrix.T)
    close(jax.jacrev(lambda x: signed_sums(x, table))(rows[0]), matrix)
    close(jax.vmap(lambda x: signed_sums(x, table.transposed))(found), found @ matrix)


@pytest.mark.parametrize("is_inverse", [False, True])
def test_half_turn_splines_are_rational_quadratic_splines(is_inverse):
    """Values, slopes and all first derivatives, against the general splines."""
    bins, sites = 3, 40
    rows = 1.5 * normal(4, 3 * bins + 1, sites)
    # Both ends and a knot as well, where one bin is as good as another.
    angles = jnp.asarray(np.random.default_rng(5).uniform(0, np.pi, sites))
    angles = angles.at[0].set(0.0).at[1].set(np.pi)
    # At the ends the slope of the logarithm is that of one side here, half of it there.
    weights = normal(6, 2, sites).at[1, :2].set(0.0)

    def fast(angles, rows):
        function = half_turn_spline_inverse if is_inverse else half_turn_spline
        return jnp.stack(function(angles, list(rows)))

    def general(angles, rows):
        positions, values = (
            jnp.stack(half_turn(list(part))) for part in (rows[:bins], rows[bins : 2 * bins])
        )
        knots = Knots(positions, values, jnp.exp(rows[2 * bins :]))
        return jnp.stack((evaluate_inverse if is_inverse else evaluate)(angles, knots))

    def results(function):
        loss = lambda *xs: jnp.sum(weights * function(*xs))  # noqa: E731
        return function(angles, rows), jax.grad(loss, (0, 1))(angles, rows)

    close(jax.jit(lambda: results(fast))(), jax.jit(lambda: results(general))(), 1e-9)
