"""One model for a range of couplings."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from latflow.errors import ConfigError
from latflow.flows import Conditional, CouplingLine, PowerSpectrumSettings, require_linear
from latflow.lattice import Lattice
from latflow.models import Model
from latflow.not_trained import parameters_of
from latflow.priors import IndependentNormalSettings
from latflow.theories import FreeScalar
from latflow.training import Trainer, TrainingSettings

from .cases import coupling, randomised

LATTICE = Lattice((4, 2))
LOW, HIGH = FreeScalar(LATTICE, m2=0.5), FreeScalar(LATTICE, m2=2.5)
LINE = CouplingLine.between(LOW, HIGH)


def theory(m2):
    return FreeScalar(LATTICE, m2=m2)


def conditional(degree=2, settings=None):
    flow = (settings or coupling(layers=1)).build(LOW.space, jax.random.key(0))
    return Conditional.of(flow, LINE, degree)


def test_it_starts_as_the_same_flow_everywhere():
    flow = conditional()
    z = LOW.space.random(jax.random.key(1), jnp.float32)
    forward = eqx.filter_jit(lambda flow, z: flow.forward(z))
    for m2 in (0.5, 1.0, 2.5):
        x, log_det = forward(flow.aimed_at(theory(m2)), z)
        expected, same = forward(flow.terms[0], z)
        np.testing.assert_array_equal(x, expected)
        np.testing.assert_array_equal(log_det, same)


def test_parameters_are_the_polynomials_that_they_shall_be():
    """By NumPy's Chebyshev polynomials; the place runs from -1 to 1 along the range."""
    flow = randomised(conditional(degree=3), 1)
    for m2, place in ((0.5, -1.0), (1.0, -0.5), (1.5, 0.0), (2.5, 1.0), (3.0, 1.5)):
        aimed = flow.aimed_at(theory(m2))
        np.testing.assert_allclose(aimed.place.value, place, atol=1e-14)
        terms = [jax.tree.leaves(parameters_of(term)[0]) for term in flow.terms]
        for found, *series in zip(
            jax.tree.leaves(parameters_of(aimed.here)[0]), *terms, strict=True
        ):
            expected = np.polynomial.chebyshev.chebval(place, np.stack(series))
            np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


def test_it_is_a_flow_at_every_coupling():
    """Round trip, Jacobian, symmetries, and another lattice."""
    flow = randomised(conditional(), 2).aimed_at(theory(0.9))
    z = jnp.asarray(np.random.default_rng(0).normal(size=LATTICE.shape))
    x, log_det = jax.jit(lambda z: flow.forward(z))(z)
    back, log_det_back = jax.jit(lambda x: flow.inverse(x))(x)
    np.testing.assert_allclose(back, z, atol=1e-12)
    np.testing.assert_allclose(log_det_back, -log_det, atol=1e-12)
    jacobian = jax.jit(jax.jacfwd(lambda z: flow.forward(z)[0]))(z).reshape(8, 8)
    np.testing.assert_allclose(log_det, np.linalg.slogdet(jacobian)[1], atol=1e-11)
    assert flow.symmetries == flow.terms[0].symmetries
    larger = flow.moved_to(Lattice((4, 4)))
    assert larger.space.lattice == Lattice((4, 4)) and larger.place.value == flow.place.value


@pytest.mark.slow
def test_training_serves_the_whole_range():
    """Free fields of all masses at once, which a spectrum with polynomial parameters can be."""
    settings = TrainingSettings(
        steps=600, batch=64, micro_batch=16, learning_rate=0.03, objective="path-gradient"
    )
    prior = IndependentNormalSettings().build(LOW.space)
    flow = conditional(4, PowerSpectrumSettings(bins=4))
    trainer = Trainer(settings, theory(1.0), 1)
    state = trainer.init(Model(prior, flow))
    state, metrics = trainer.advance(state, 600)
    assert metrics["ess"][-50:].mean() > 0.9 > metrics["ess"][0]
    model = state.model.cast("double")

    @jax.jit
    def log_weights(target):
        keys = jax.random.split(jax.random.key(5), 2000)
        return jax.vmap(lambda key: model.aimed_at(target).propose(target, key)[1])(keys)

    for m2 in (0.6, 1.3, 2.4):
        target = theory(m2)
        log_weight = np.asarray(log_weights(target))
        assert log_weight.var() < 0.1
        error = log_weight.std() / np.sqrt(2000)
        known = target.known()["log_z"].value
        np.testing.assert_allclose(np.log(np.exp(log_weight).mean()), known, atol=4 * error)


def test_what_is_not_on_the_line_is_refused():
    flow = conditional()
    with pytest.raises(ConfigError, match="same theory"):
        CouplingLine.between(LOW, LOW)
    bent = FreeScalar(LATTICE, m2=1.0, zeta=2.0)
    with pytest.raises(ConfigError, match="not between the ends"):
        flow.aimed_at(bent)
    with pytest.raises(ConfigError, match="linearly"):
        require_linear(LINE, theory(1.6))
    require_linear(LINE, theory(1.5))
