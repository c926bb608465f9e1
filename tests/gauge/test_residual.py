"""Residual flows: how steep a step may be, the way back, and that training helps."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from latflow.analysis import effective_sample_size
from latflow.errors import ConfigError
from latflow.fields.links import SULinks, U1Links
from latflow.flows import ResidualFlowSettings
from latflow.flows.gauge.residual import OneLinkLoops
from latflow.lattice import Lattice
from latflow.models import Model
from latflow.priors import Uniform
from latflow.theories import SUGauge, U1Gauge
from latflow.training import Trainer, TrainingSettings


def space_of(n, shape):
    return U1Links(Lattice(shape)) if n == 1 else SULinks(Lattice(shape), n)


def build(n, shape, **given):
    return ResidualFlowSettings(**given).build(space_of(n, shape), jax.random.key(0))


def with_weights(flow, weights):
    """The same weights in all layers, in double precision."""
    weights = jnp.broadcast_to(jnp.asarray(weights, jnp.float64), flow.weights.shape)
    return eqx.tree_at(lambda flow: flow.weights, flow, weights)


@pytest.mark.parametrize("n", [1, 2, *(pytest.param(n, marks=pytest.mark.slow) for n in (3, 4))])
def test_no_function_is_steeper_than_its_coefficient(n):
    """At random links and staples, and where all plaquettes are one: there plaquettes reach it."""
    loops = OneLinkLoops(space_of(n, (2, 2, 2)))
    staples = [space_of(n, (60,)).random_elements(jax.random.key(k), jnp.float64) for k in range(4)]
    parts = [loops.matrices(one) for one in staples]
    # The sum of four random staples is smaller than of four equal ones: some of each.
    total = jnp.concatenate([sum(parts), 4 * parts[0], 3 * parts[0] + parts[1]], axis=-1)
    one = jnp.eye(n).reshape(n, n, 1) * jnp.full((1,), 4.0)
    w = jnp.concatenate([total, one.astype(total.dtype)], axis=-1)
    adjoint = jnp.conj(jnp.swapaxes(w, 0, 1))
    square = jnp.einsum("ijx,jkx->ikx", adjoint, w)
    link = loops.space.identity(jnp.float64).reshape(*([n, n] if n > 1 else []), -1)[..., :1]
    response = jax.jit(lambda c: loops.response(link, w, square, c)[1])
    for index, name in enumerate(loops.names):
        c = np.zeros(len(loops.names))
        c[index] = 0.8
        stretch = np.moveaxis(np.asarray(response(jnp.asarray(c))), -1, 0)
        norms = np.linalg.norm(stretch, ord=2, axis=(1, 2))
        assert norms.max() <= 0.8 * (1 + 1e-12), name
        assert norms.max() > 0.3, name
        if name == "plaquettes":
            np.testing.assert_allclose(norms[-1], 0.8, rtol=1e-12)


@pytest.mark.parametrize("n", [1, pytest.param(3, marks=pytest.mark.slow)])
def test_the_way_back_is_exact_where_steps_are_as_long_as_they_may_be(n):
    """To 1e-12, from cold and random fields: weights of 10^3 saturate the bound."""
    flow = build(n, (4, 4), layers=2, contraction=0.98)
    space, plaquettes = flow.space, np.eye(flow.weights.shape[1])[0]
    fields = jnp.stack([space.cold(jnp.float64), space.random(jax.random.key(2), jnp.float64)])
    # Away from order and, where the map almost stops to be invertible at cold fields, towards it.
    for sign in (-1, 1):
        way = with_weights(flow, sign * 1e3 * plaquettes)
        x, log_det = jax.jit(jax.vmap(lambda z: way.transform(z)))(fields)  # noqa: B023
        z, back_log_det = jax.jit(jax.vmap(lambda x: way.transform_back(x)))(x)  # noqa: B023
        difference = space.project(z - fields) if n == 1 else z - fields
        assert np.abs(difference).max() < 1e-12
        np.testing.assert_allclose(back_log_det, -log_det, rtol=1e-11)
    if n == 1:
        # det(1 - c) for every link that has only ones around it, 8 in each of two layers.
        c = 0.98e3 / (np.sqrt(1e6 + 1 / 9) + 2 / 3)
        np.testing.assert_allclose(log_det[0], 16 * np.log(1 - c), rtol=1e-9)


def test_refusals_and_what_a_step_leaves_alone():
    for shape in ((4, 3), (4,)):
        with pytest.raises(ConfigError, match="even extents, got") as caught:
            build(1, shape)
        assert caught.value.key == "theory.shape"
    with pytest.raises(ConfigError, match="even extents"):
        build(1, (4, 4)).moved_to(Lattice((4, 3)))
    for wrong in (0.0, 1.0):
        with pytest.raises(ValueError, match="contraction"):
            ResidualFlowSettings(contraction=wrong)
    # Five layers in two dimensions: the first mask comes again.
    touched = {}
    for layers in (3, 5):
        flow = with_weights(build(1, (4, 6), layers=layers), [0.3, 0.2, 0.1])
        z = flow.space.random(jax.random.key(2), jnp.float64)
        touched[layers] = np.asarray(jax.jit(lambda z: flow.transform(z)[0])(z)) != z  # noqa: B023
    assert [int(touched[layers].sum()) for layers in (3, 5)] == [36, 48]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("theory", "least"),
    [(U1Gauge(Lattice((8, 8)), beta=1.0), 0.35), (SUGauge(Lattice((4, 4)), n=2, beta=1.5), 0.7)],
    ids=["U(1)", "SU(2)"],
)
def test_training_raises_the_ess(theory, least):
    """Measured after training: 0.46 and 0.86."""
    flow = ResidualFlowSettings(layers=8).build(theory.space, jax.random.key(0))
    model = Model(Uniform(theory.space), flow)
    settings = TrainingSettings(steps=100, batch=64, micro_batch=64, learning_rate=0.03)
    trainer = Trainer(settings, theory, seed=1)
    state, _ = trainer.advance(trainer.init(model), settings.steps)
    before, after = (evaluated(one, theory) for one in (model, state.model))
    assert before < 0.3 < least < after, (before, after)


def evaluated(model, theory):
    """The ESS of 2048 fresh samples, in single precision."""
    propose = jax.jit(jax.vmap(lambda key: model.propose(theory, key)[1]))
    log_weights = np.asarray(propose(jax.random.split(jax.random.key(3), 2048)))
    return effective_sample_size(log_weights).value
