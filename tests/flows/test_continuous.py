"""What is special about continuous flows: symmetry group, solvers, scores, other lattices."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from pydantic import ValidationError

from latflow.fields import RealScalar
from latflow.flows import Chain, ContinuousSettings, PowerSpectrumSettings
from latflow.lattice import Lattice
from latflow.models import Model
from latflow.not_trained import parameters_of
from latflow.priors import FreeFieldSettings
from latflow.theories import Phi4
from latflow.training import path_gradient, reverse_kl

from .cases import randomised

SMALL = {"channels": 2, "harmonics": 3, "times": 2}


def continuous(shape, scale=0.3, **settings):
    flow = ContinuousSettings(**(SMALL | settings)).build(
        RealScalar(Lattice(shape)), jax.random.key(0)
    )
    return randomised(flow, seed=3, scale=scale)


def fields(shape, count=4, seed=1):
    return np.random.default_rng(seed).normal(size=(count, *shape))


@pytest.mark.parametrize(
    "shape", [(3, 3), *(pytest.param(s, marks=pytest.mark.slow) for s in ((3, 5), (2, 4, 4)))]
)
def test_reflections_and_permutations_of_equal_axes_commute(shape):
    flow = continuous(shape, precise_steps=3)
    transform = jax.jit(jax.vmap(lambda z: flow.forward(z)))
    z = fields(shape)
    x, log_det = transform(z)
    ways = [lambda f, a=axis: np.flip(f, a) for axis in range(1, z.ndim)]
    equal = [(a, b) for a in range(1, z.ndim) for b in range(1, a) if z.shape[a] == z.shape[b]]
    ways += [lambda f, p=pair: np.swapaxes(f, *p) for pair in equal]
    for way in ways:
        moved, moved_log_det = transform(way(z))
        np.testing.assert_allclose(moved, way(np.asarray(x)), rtol=1e-11, atol=1e-11)
        np.testing.assert_allclose(moved_log_det, log_det, rtol=1e-11)
    # It moves the field, and not each site by itself.
    assert np.abs(x - z).max() > 0.1
    one = np.zeros((1, *shape))
    one[0][(0,) * len(shape)] = 1.0
    assert np.abs(transform(one)[0]).reshape(-1)[1:].max() > 1e-3


@pytest.mark.slow
def test_the_error_falls_with_the_order_of_the_method():
    """Field, log-determinant and its distance from that of the Jacobian of the very same map."""
    shape, z = (4, 4), fields((4, 4), 1)[0]

    def solved(steps, precision):
        name = "precise_steps" if precision == "double" else "steps"
        flow = continuous(shape, **{name: steps})

        def with_jacobian(z):
            def transformed(z):
                x, log_det = flow.forward(z)
                return x, (x, log_det)

            return jax.jacfwd(transformed, has_aux=True)(z)

        jacobian, (x, log_det) = jax.jit(with_jacobian)(z)
        expected = np.linalg.slogdet(np.asarray(jacobian).reshape(16, 16))[1]
        return np.asarray(x), float(log_det), float(expected)

    exact = solved(24, "double")
    assert abs(exact[1] - exact[2]) < 1e-12
    few, more = solved(2, "double"), solved(4, "double")
    for index in (0, 1):
        errors = [np.abs(one[index] - exact[index]).max() for one in (few, more)]
        assert errors[0] > 2**6.5 * errors[1] > 0
    assert abs(few[1] - few[2]) > 2**6.5 * abs(more[1] - more[2]) > 0


@pytest.mark.slow
def test_solvers_agree():
    """Adapted steps have no forward-mode derivatives, so the registry of flows has fixed ones."""
    shape, z = (3, 4), fields((3, 4))
    fixed = continuous(shape)
    adapted = continuous(shape, solver="adaptive")
    for way in ("forward", "inverse"):
        one = jax.jit(jax.vmap(lambda z, way=way: getattr(fixed, way)(z)))(z)
        other = jax.jit(jax.vmap(lambda z, way=way: getattr(adapted, way)(z)))(z)
        np.testing.assert_allclose(one[0], other[0], atol=1e-10)
        np.testing.assert_allclose(one[1], other[1], atol=1e-9)
    # The methods for single precision, in which the errors are those of few steps.
    single = eqx.combine(
        jax.tree.map(lambda leaf: leaf.astype(jnp.float32), parameters_of(fixed)[0]),
        parameters_of(fixed)[1],
    )
    x, log_det = jax.jit(jax.vmap(lambda z: single.forward(z)))(z.astype(np.float32))
    expected = jax.jit(jax.vmap(lambda z: fixed.forward(z)))(z)
    assert x.dtype == jnp.float32 and log_det.dtype == jnp.float64
    np.testing.assert_allclose(x, expected[0], atol=2e-4)
    np.testing.assert_allclose(log_det, expected[1], atol=2e-3)


@pytest.mark.slow
def test_gradients_do_not_depend_on_how_they_are_found():
    shape, z = (3, 2), jnp.asarray(fields((3, 2), 1)[0])

    def gradient(**settings):
        parameters, rest = parameters_of(continuous(shape, **settings))

        def number(parameters):
            x, log_det = eqx.combine(parameters, rest).forward(z)
            return jnp.sum(jnp.sin(x) * np.arange(6.0).reshape(shape)) + log_det

        return jax.tree.leaves(jax.jit(jax.grad(number))(parameters))

    expected = gradient()
    for settings in (
        {"gradient": "store"},
        {"solver": "adaptive"},
        {"solver": "adaptive", "gradient": "adjoint"},
    ):
        for one, other in zip(expected, gradient(**settings), strict=True):
            np.testing.assert_allclose(other, one, rtol=1e-7, atol=1e-8)


def test_velocities_in_single_precision_leave_the_density_double():
    """Fields, round trips and log q to the rounding of single velocities: 6e-8, and some of it."""
    double = continuous((6, 6), precise_steps=8)
    single = continuous((6, 6), precise_steps=8, velocity_precision="single")

    def both_ways(flow, z):
        x, log_det = flow.forward(z)
        back, log_det_back = flow.inverse(x)
        return x, log_det, back - z, log_det + log_det_back

    z = fields((6, 6), 64)
    x, log_det, back, sums = jax.jit(jax.vmap(lambda z: both_ways(single, z)))(z)
    exact, exact_log_det, *_ = jax.jit(jax.vmap(lambda z: both_ways(double, z)))(z)
    assert x.dtype == log_det.dtype == jnp.float64
    assert 1e-8 < np.abs(x - exact).max() < 1e-6
    assert np.abs(back).max() < 1e-6
    assert np.abs(sums).max() < 1e-6
    assert np.abs(log_det - exact_log_det).max() < 1e-6


def test_the_divergence_is_that_of_the_rounded_velocities():
    """In double precision: else what is rounded has one sign on all sites and in all draws."""
    flow, times = continuous((4, 4)), jnp.array([0.0, 0.3, 1.0])
    at, exact = flow.coefficients(times, jnp.float32), flow.coefficients(times)
    assert at.linear.dtype == at.kernels.dtype == at.functions.dtype == jnp.float32
    linear, kernels, functions = (np.asarray(x, float) for x in at[:3])
    order = np.arange(1, 4)[:, None] * float(flow.frequency(jnp.float64))
    slopes = np.einsum("tfc,tc->tf", functions, kernels.mean((1, 2)))[..., None] * order
    np.testing.assert_allclose(at.slopes, slopes, rtol=1e-14)
    np.testing.assert_allclose(at.expansion, linear.mean((1, 2)), rtol=1e-14)
    assert 1e-10 < np.abs(at.slopes / exact.slopes - 1).max() < 1e-5


def test_single_velocities_need_steps_of_one_length():
    with pytest.raises(ValidationError, match='needs solver = "fixed"'):
        ContinuousSettings(solver="adaptive", velocity_precision="single")


def test_an_adjoint_needs_adapted_steps():
    with pytest.raises(ValidationError, match='needs solver = "adaptive"'):
        ContinuousSettings(gradient="adjoint")


@pytest.mark.parametrize("new", [(8, 8), (6, 6), (4, 10), (2, 2)])
def test_kernels_move_to_other_lattices(new):
    """Between fields that live on the offsets of the smaller lattice nothing changes."""
    flow = continuous((4, 4), scale=0.2)
    moved = flow.moved_to(Lattice(new))
    assert moved.space == RealScalar(Lattice(new))
    at = jnp.asarray(0.4)

    def kernel(flow):
        """On offsets, of the field itself and of every channel."""
        found = flow.coefficients(at)
        lattice = flow.space.lattice
        eigenvalues = np.concatenate([found.linear[..., None], found.kernels], axis=-1)
        return np.fft.ifftn(eigenvalues, axes=range(lattice.ndim)).real

    old_kernel, new_kernel = kernel(flow), kernel(moved)
    total = new_kernel.sum(axis=(0, 1))
    np.testing.assert_allclose(total, old_kernel.sum(axis=(0, 1)), rtol=1e-10, atol=1e-10)
    if min(new) > 4:
        near = [(0, 0), (0, 1), (1, 1), (1, 0)]
        for site in near:
            np.testing.assert_allclose(new_kernel[site], old_kernel[site], atol=1e-10)
        np.testing.assert_allclose(new_kernel[0, 2], old_kernel[0, 2] / 2, atol=1e-10)
        np.testing.assert_allclose(new_kernel[3:-2, 3:-2], 0, atol=1e-10)
        # There and back: the kernel was folded around the lattice that it came from.
        back = moved.moved_to(Lattice((4, 4)))
        np.testing.assert_allclose(kernel(back), old_kernel, atol=1e-10)


def test_smooth_kernels_are_the_same_functions_of_momentum_on_every_lattice():
    flow = continuous((4, 4), nodes=6)
    assert flow.linear.shape == (2, 12)

    def eigenvalues(flow):
        found = flow.coefficients(jnp.asarray(0.4))
        return np.concatenate([found.linear[..., None], found.kernels], axis=-1)

    # On 4 x 4 sites p^2 is 0, 2, 4, 6 or 8: the hats at 8, 4, 2, and 1/4 are used, 1 and 1/2 not.
    old = eigenvalues(flow)
    unused = eqx.tree_at(lambda f: f.linear, flow, flow.linear.at[:, 3:5].add(1.0))
    np.testing.assert_allclose(eigenvalues(unused), old, rtol=1e-12)
    large = flow.moved_to(Lattice((16, 16)))
    assert large.space == RealScalar(Lattice((16, 16)))
    new = eigenvalues(large)
    np.testing.assert_allclose(new[::4, ::4], old, rtol=1e-12, atol=1e-12)
    # Where the small lattice has no momenta, its smallest ones speak: nothing starts at zero.
    np.testing.assert_allclose(large.linear[:, 3:5], flow.linear[:, [2, 2]])
    # There they can be learnt, and are not forgotten on the way to still larger lattices.
    learnt = eqx.tree_at(lambda f: f.linear, large, large.linear.at[:, 4].add(1.0))
    assert np.abs(eigenvalues(learnt) - new)[..., 0].max() > 0.1
    larger = learnt.moved_to(Lattice((32, 32)))
    np.testing.assert_allclose(
        eigenvalues(larger)[::2, ::2], eigenvalues(learnt), rtol=1e-12, atol=1e-12
    )


def test_smooth_kernels_tell_directions_apart():
    flow = continuous((6, 6), nodes=2)
    kernel = flow.coefficients(jnp.asarray(0.4)).linear
    offsets = np.fft.ifftn(kernel).real
    # (2, 1) and (1, 2) are one orbit; (2, 0) and (1, 1) have independent numbers.
    np.testing.assert_allclose(offsets, offsets.T, atol=1e-12)
    near = [
        eqx.tree_at(lambda f, b=b: f.linear, flow, flow.linear.at[0, b].add(1.0)) for b in range(8)
    ]
    changes = [
        (np.fft.ifftn(f.coefficients(jnp.asarray(0.4)).linear).real - offsets)[[0, 1, 2], [1, 1, 2]]
        for f in near
    ]
    assert np.linalg.matrix_rank(np.array(changes), tol=1e-8) == 3


def model_of(flow, shape):
    prior = FreeFieldSettings(m2=0.5, zeta=1.5).build(RealScalar(Lattice(shape)))
    return Model(prior, flow, "double")


@pytest.fixture(scope="module")
def models():
    shape = (2, 4)
    flow = continuous(shape, scale=0.15)
    spectrum = randomised(
        PowerSpectrumSettings(bins=2, zero_mode_bins=2).build(flow.space, jax.random.key(0)), 2
    )
    return [model_of(flow, shape), model_of(Chain((spectrum, flow)), shape)]


@pytest.mark.parametrize("index", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_the_score_is_the_gradient_of_the_density(models, index):
    model = models[index]
    z = jnp.asarray(fields((2, 4), 1)[0])

    def carried(z):
        return model.flow.transform_with_score(z, jax.grad(model.prior.log_prob)(z))

    x, log_det, score = jax.jit(carried)(z)
    np.testing.assert_allclose(
        score, jax.jit(jax.grad(lambda x: model.log_prob(x)))(x), rtol=1e-8, atol=1e-9
    )
    np.testing.assert_allclose(log_det, jax.jit(lambda z: model.flow.forward(z))(z)[1], rtol=1e-12)


def gradients_of(objective, model, theory, keys):
    parameters, static = parameters_of(model)

    def loss(parameters, key):
        return objective(eqx.combine(parameters, static), theory, key)[0]

    each = jax.jit(jax.vmap(jax.value_and_grad(loss), in_axes=(None, 0)))(parameters, keys)
    flat = [np.asarray(leaf).reshape(keys.size, -1) for leaf in jax.tree.leaves(each[1])]
    return np.asarray(each[0]), np.concatenate(flat, axis=1)


def through_the_inverse(model, theory, key):
    """The path gradient as it is defined, of any flow."""
    field, _ = model.sample_and_log_prob(key)
    parameters, static = parameters_of(model)
    frozen = eqx.combine(jax.lax.stop_gradient(parameters), static)
    log_weight = theory.log_prob(field) - frozen.log_prob(field)
    return -log_weight, log_weight


@pytest.mark.slow
@pytest.mark.parametrize("index", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_path_gradient_is_that_through_the_inverse(models, index):
    theory = Phi4.aks(Lattice((2, 4)), m2=-4.0, lam=6.0)
    keys = jax.random.split(jax.random.key(1), 3)
    fast = gradients_of(path_gradient, models[index], theory, keys)
    slow = gradients_of(through_the_inverse, models[index], theory, keys)
    np.testing.assert_allclose(fast[0], slow[0], rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(fast[1], slow[1], rtol=1e-6, atol=1e-7)


@pytest.mark.slow
def test_path_gradient_has_the_mean_of_the_plain_one(models):
    """In every component within 5 standard errors: about 40 of them, false alarms below 1e-4."""
    theory = Phi4.aks(Lattice((2, 4)), m2=-4.0, lam=6.0)
    keys = jax.random.split(jax.random.key(2), 512)
    _, path = gradients_of(path_gradient, models[0], theory, keys)
    _, plain = gradients_of(reverse_kl, models[0], theory, keys)
    difference = path - plain
    error = difference.std(axis=0, ddof=1) / np.sqrt(keys.size)
    assert (np.abs(difference.mean(axis=0)) < 5 * error + 1e-9).all()
    # A test that sees something: gradients are far from zero on this scale.
    assert (np.abs(plain.mean(axis=0)) > 5 * error).any()


def test_a_field_that_outruns_its_steps_is_seen():
    """A wild equation in few steps: the way back does not lead back, and models say so."""
    shape = (4, 4)
    wild = model_of(continuous(shape, scale=3.0, precise_steps=2), shape)
    tame = model_of(continuous(shape, scale=0.1), shape)
    keys = jax.random.split(jax.random.key(0), 8)
    assert float(jax.jit(jax.vmap(lambda key: wild.disagreement(key)))(keys).max()) > 1e-3
    assert float(jax.jit(jax.vmap(lambda key: tame.disagreement(key)))(keys).max()) < 1e-8
