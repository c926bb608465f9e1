"""The manifold SU(N): membership, algebra, exponential, Haar measure, projection, gradients."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.linalg import expm

from latflow.errors import FieldError
from latflow.fields.links import (
    SULinks,
    generators,
    matrix_product,
    planes,
    plaquette,
    plaquette_gradient,
    plaquette_sum,
    staple_sum,
    staples,
)
from latflow.lattice import Lattice

from .chains import SIGMAS

GROUPS = [2, 3, 4]


def space_of(n, shape=(2, 3)):
    return SULinks(Lattice(shape), n)


def hot(space, seed=0, dtype=jnp.float64):
    return jax.jit(lambda key: space.random(key, dtype))(jax.random.key(seed))


def matrices(elements):
    """With the components last."""
    return np.moveaxis(np.asarray(elements), (0, 1), (-2, -1))


def distance_to_group(elements):
    u = matrices(elements)
    n = u.shape[-1]
    unitarity = np.abs(u @ np.conj(np.swapaxes(u, -1, -2)) - np.eye(n)).max()
    return max(unitarity, np.abs(np.linalg.det(u) - 1).max())


@pytest.mark.parametrize("n", [2, 3, 4, 5])
def test_generators_span_the_algebra(n):
    t = generators(n)
    assert t.shape == (n * n - 1, n, n)
    np.testing.assert_allclose(t, -np.conj(t.transpose(0, 2, 1)))
    np.testing.assert_allclose(np.trace(t, axis1=1, axis2=2), 0, atol=1e-15)
    gram = np.einsum("aij,bji->ab", t, t)
    np.testing.assert_allclose(gram, -np.eye(n * n - 1) / 2, atol=1e-15)


@pytest.mark.first_cases(2)
@pytest.mark.parametrize("n", GROUPS)
def test_fields_are_in_the_group_and_of_the_declared_structure(n):
    space = space_of(n)
    for dtype in (jnp.float32, jnp.float64):
        for field in (hot(space, dtype=dtype), space.cold(dtype)):
            structure = space.structure(dtype)
            assert field.shape == structure.shape and field.dtype == structure.dtype
            assert distance_to_group(field) < 50 * jnp.finfo(dtype).eps
            space.check(field)
    assert space.n_variables == (n * n - 1) * 12 and space.n_numbers == 2 * n * n * 12
    with pytest.raises(FieldError, match="complex"):
        space.check(space.cold(jnp.float64).real)
    with pytest.raises(FieldError):
        SULinks(Lattice((2, 2)), 1)


@pytest.mark.parametrize("adjoints", [(False, True), (True, False), (False, False), (True, True)])
def test_products_and_their_derivatives(adjoints):
    """Of adjoints as well, against JAX's own, forward and back, twice, and in a batch."""
    numbers = jax.random.normal(jax.random.key(0), (4, 2, 3, 3, 3, 5))
    first, second, along, across = jax.lax.complex(numbers[:, 0], numbers[:, 1])

    def plain(*factors):
        pairs = zip(factors, adjoints, strict=True)
        factors = (jnp.conj(jnp.swapaxes(x, 0, 1)) if turned else x for x, turned in pairs)
        return jnp.einsum("ij...,jk...->ik...", *factors)

    def derivatives(product):
        def back(first, second):
            return jax.vjp(product, first, second)[1](along)

        def everything(*factors):
            return jax.jvp(back, factors, (across, along)), product(*factors)

        return everything

    for turn in (lambda f: f, jax.vmap):
        product = turn(lambda first, second: matrix_product(first, second, adjoints))
        found = jax.jit(derivatives(product))(first, second)
        expected = jax.jit(derivatives(turn(plain)))(first, second)
        for one, other in zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True):
            np.testing.assert_allclose(one, other, atol=1e-12)


@pytest.mark.first_cases(2)
@pytest.mark.parametrize("n", GROUPS)
def test_motion_is_the_exponential_of_the_algebra(n):
    """Short and long steps, and degenerate eigenvalues, against SciPy."""
    space = space_of(n)
    field, move = hot(space), jax.jit(space.move)
    momentum = space.momentum(jax.random.key(1), jnp.float64)
    degenerate = jnp.zeros_like(momentum).at[-1].set(1.7)
    for velocity in (0 * momentum, 1e-9 * momentum, 0.3 * momentum, 20 * momentum, degenerate):
        algebra = np.einsum("aij,a...->...ij", generators(n), velocity)
        expected = np.array([expm(x) for x in algebra.reshape(-1, n, n)])
        expected = expected.reshape(algebra.shape) @ matrices(field)
        np.testing.assert_allclose(matrices(move(field, velocity)), expected, atol=3e-13)
    single = move(field.astype(jnp.complex64), (0.3 * momentum).astype(jnp.float32))
    exact = move(field, 0.3 * momentum)
    assert single.dtype == jnp.complex64
    np.testing.assert_allclose(single, exact, atol=3e-6)


@pytest.mark.parametrize("n", GROUPS)
def test_motion_is_reversible_and_stays_in_the_group(n):
    space = space_of(n)
    field, move = hot(space), jax.jit(space.move)
    velocity = space.momentum(jax.random.key(1), jnp.float64)
    there = move(field, velocity)
    assert distance_to_group(there) < 1e-13
    np.testing.assert_allclose(move(there, -velocity), field, atol=1e-13)
    # Steps along one direction add up.
    np.testing.assert_allclose(move(there, velocity), move(field, 2 * velocity), atol=1e-12)


@pytest.mark.first_cases(2)
@pytest.mark.parametrize("n", GROUPS)
def test_the_derivative_of_motion_is_that_of_a_group(n):
    """d/dt exp(t v) U at zero is v U; JAX's derivative goes through the series."""
    space = space_of(n)
    field = hot(space)
    velocity = space.momentum(jax.random.key(1), jnp.float64)
    slope = jax.jit(lambda v: jax.jvp(lambda t: space.move(field, t * v), (0.0,), (1.0,))[1])(
        velocity
    )
    algebra = np.einsum("aij,a...->...ij", generators(n), velocity)
    np.testing.assert_allclose(matrices(slope), algebra @ matrices(field), atol=1e-13)


@pytest.mark.parametrize("n", GROUPS)
def test_projection_removes_rounding_and_nothing_else(n):
    space, random = space_of(n), np.random.default_rng(0)
    field, project = hot(space), jax.jit(space.project)
    np.testing.assert_allclose(project(field), field, atol=1e-14)
    noise = random.normal(size=(2, *field.shape)) * 1e-4
    projected = project(field + noise[0] + 1j * noise[1])
    assert distance_to_group(projected) < 1e-14
    np.testing.assert_allclose(project(projected), projected, atol=1e-14)
    assert float(jnp.abs(projected - field).max()) < 5e-3


@pytest.mark.parametrize("n", GROUPS)
def test_haar_moments(n):
    """<tr U> = 0, <|tr U|^2> = 1, <U_ij U*_kl> = delta_ik delta_jl / n, <(tr U)^n> = 1."""
    count = 40000
    u = matrices(hot(SULinks(Lattice((count // 2,)), n)))[0]
    u = np.concatenate([u, matrices(hot(SULinks(Lattice((count // 2,)), n), seed=1))[0]])
    trace = np.trace(u, axis1=1, axis2=2)
    powers = {"1": (trace, 0), "2": (np.abs(trace) ** 2, 1), "n": (trace**n, 1)}
    if n > 2:
        powers["square"] = (trace**2, 0)
    for name, (series, exact) in powers.items():
        error = np.std(series.real) / np.sqrt(len(u))
        assert abs(series.real.mean() - exact) < SIGMAS * error, name
    pairs = np.einsum("xij,xkl->ijkl", u, np.conj(u)) / len(u)
    exact = np.einsum("ik,jl->ijkl", np.eye(n), np.eye(n)) / n
    # Entries have a modulus below one: 5 sigma for up to 256 of them.
    assert np.abs(pairs - exact).max() < 5 / n / np.sqrt(len(u)) * np.sqrt(2)


@pytest.mark.parametrize("n", GROUPS)
def test_momenta_have_the_density_of_their_energy(n):
    space = space_of(n, (40, 40))
    momentum = space.momentum(jax.random.key(0), jnp.float64)
    assert momentum.shape == (n * n - 1, 2, 40, 40)
    # Kinetic energy is -tr p^2, and half a unit for each variable.
    algebra = np.einsum("aij,a...->...ij", generators(n), momentum)
    energy = -(algebra * np.swapaxes(algebra, -1, -2)).sum().real
    np.testing.assert_allclose(space.kinetic(momentum), energy, rtol=1e-12)
    expected = space.n_variables / 2
    assert abs(energy - expected) < SIGMAS * np.sqrt(expected)


@pytest.mark.first_cases(2)
@pytest.mark.parametrize(("n", "shape"), [(2, (2, 3)), (3, (2, 3)), (3, (2, 2, 3)), (4, (3, 2))])
def test_plaquettes_and_their_gradient(n, shape):
    """The hand-written gradient is JAX's along the manifold, and that of finite differences."""
    space = space_of(n, shape)
    field = hot(space)
    total = n * sum(
        jnp.sum(space.real_trace(plaquette(space, field, mu, nu))) for mu, nu in planes(space)
    )
    np.testing.assert_allclose(plaquette_sum(field), total, rtol=1e-12)
    gradient = jax.jit(plaquette_gradient)(field)
    automatic = jax.jit(lambda field: space.gradient(plaquette_sum, field))(field)
    np.testing.assert_allclose(gradient, automatic, atol=1e-12)
    batch = jnp.stack([space.cold(jnp.float64), field])
    np.testing.assert_allclose(
        jax.jit(jax.vmap(plaquette_gradient))(batch)[1], gradient, atol=1e-13
    )
    for axis in range(len(shape)):
        mine, generic = staple_sum(field, axis), sum(staples(space, field, axis))
        np.testing.assert_allclose(mine, generic, atol=1e-13)


@pytest.mark.first_cases(2)
@pytest.mark.parametrize("n", GROUPS)
def test_elements_form_a_group_with_gauge_transformations(n):
    space = space_of(n)
    one = space.identity(jnp.float64)
    a, b = (space.random_elements(jax.random.key(i), jnp.float64) for i in range(2))
    np.testing.assert_allclose(space.multiply(a, space.inverse(a)), one, atol=1e-14)
    np.testing.assert_allclose(matrices(space.multiply(a, b)), matrices(a) @ matrices(b))
    np.testing.assert_allclose(
        space.product(a, b, (True, True)), space.inverse(space.multiply(b, a)), atol=1e-14
    )
    np.testing.assert_array_equal(matrices(space.shift(a, 1, 2))[0, 0], matrices(a)[0, 2])
    np.testing.assert_allclose(space.trace(one), 1)
    field = hot(space)
    links = [space.link(field, axis) for axis in range(2)]
    np.testing.assert_array_equal(space.field_of(links), field)
    there = space.transformed(field, a)
    assert distance_to_group(there) < 1e-13
    assert float(jnp.abs(there - field).max()) > 0.1
    np.testing.assert_allclose(plaquette_sum(there), plaquette_sum(field), atol=1e-12)
