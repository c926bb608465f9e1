"""Learnt transport: exact for any drift and any number of steps, and trained without a trajectory.

Comparisons are with 3 standard deviations (false alarms 0.3 %) at fixed seeds, with errors below
1 %.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from latflow import fast_random as random
from latflow.analysis import log_partition_function, log_partition_function_from_target
from latflow.annealing import DriftSettings, Geometric, OfCouplings, Transported
from latflow.errors import ConfigError
from latflow.flows import Identity
from latflow.lattice import Lattice
from latflow.models import Model
from latflow.not_trained import parameters_of
from latflow.priors import FreeField, IndependentNormal
from latflow.runs import check_buildable, config_from
from latflow.theories import FreeScalar, Phi4
from latflow.training import Trainer, TrainingSettings, evaluate, local_work, transport_residual

from .test_exactness import PHI4, SMALL, agrees, phi4_log_z

FREE = FreeScalar(SMALL, m2=1.0, zeta=0.3)
START = FreeScalar(SMALL, m2=1.8, zeta=0.3)


def drift_on(space, noise=0.3, **settings):
    """A vector field that nobody trained, and that is not zero."""
    small = {"channels": 2, "harmonics": 2, "times": 2, **settings}
    drift = DriftSettings(**small).build(space, jax.random.key(0))
    numbers = np.random.default_rng(1)
    parameters, rest = eqx.partition(drift, eqx.is_inexact_array)
    return eqx.combine(
        jax.tree.map(
            lambda leaf: jnp.asarray(
                np.asarray(leaf, np.float64) + noise * numbers.normal(size=leaf.shape)
            ),
            parameters,
        ),
        rest,
    )


def transported(steps=4, noise=0.3, diffusion=0.3):
    base = Model(IndependentNormal(PHI4.space, 0.8), Identity(PHI4.space), "double")
    return Transported(base, Geometric(), drift_on(PHI4.space, noise), steps, diffusion)


def of_free(steps=3):
    base = Model(FreeField(START), Identity(FREE.space), "double")
    return Transported(base, OfCouplings(START), drift_on(FREE.space, 0.2), steps, 0.2)


def test_exponential_of_the_work_is_unbiased_with_few_steps():
    log_weight = evaluate(transported(6, 0.1), PHI4, 1, 32768)["log_weight"]
    agrees(log_partition_function(log_weight), phi4_log_z(PHI4))


@pytest.mark.slow
def test_the_way_back_gives_the_same_log_z():
    proposer = of_free()

    @eqx.filter_jit
    def back(keys):
        def one(key):
            field = FREE.exact_sampler()(key, jnp.float64)
            return proposer.log_weight_back(FREE, field, jax.random.fold_in(key, 1))

        return jax.lax.map(one, keys, batch_size=256)

    exact = FREE.known()["log_z"].value
    log_weight = np.asarray(back(jax.random.split(jax.random.key(5), 32768)))
    agrees(log_partition_function_from_target(log_weight), exact)
    # Along a path of couplings the base is paid for at its beginning.
    agrees(log_partition_function(evaluate(proposer, FREE, 1, 32768)["log_weight"]), exact)


def test_divergence_is_the_trace_of_the_jacobian():
    drift = drift_on(Phi4.field_strength(Lattice((2, 3)), zeta=0.4, m2=-1.0, g4=0.5).space)
    field, time = jax.random.normal(jax.random.key(0), (2, 3)), jnp.asarray(0.3)
    velocity, divergence = drift.velocity(field, time)
    jacobian = jax.jacfwd(lambda x: drift.velocity(x, time)[0])(field).reshape(6, 6)
    assert velocity.shape == (2, 3)
    assert float(divergence) == pytest.approx(float(jnp.trace(jacobian)), rel=1e-10)


def test_residual_of_the_exact_drift_is_the_same_for_all_fields():
    """S_t = m2_t phi^2 / 2 with m2_t = 1.8 - 0.8 t: carried on by b = 0.8 phi / (2 m2_t)."""
    start, end = (FreeScalar(SMALL, m2=m2, zeta=1e-12) for m2 in (1.8, 1.0))
    base = Model(FreeField(start), Identity(end.space), "double")
    drift = drift_on(end.space, 0.0, times=1)
    flat = (jnp.full_like(drift.linear, 0.4 / 1.8), jnp.zeros_like(drift.kernels))
    exact = eqx.tree_at(lambda one: (one.linear, one.kernels), drift, flat)
    for one, same in ((exact, True), (drift, False)):
        proposer = Transported(base, OfCouplings(start), one, 4, 1.0)
        found = [
            float(proposer.residual(end, jax.random.normal(jax.random.key(k), SMALL.shape), 0))
            for k in range(3)
        ]
        assert (np.ptp(found) < 1e-9) == same
    # What is left is minus the derivative of log Z, V (0.8 / 2 m2).
    assert found != pytest.approx([-0.4 / 1.8 * SMALL.volume] * 3)


@pytest.mark.slow
def test_no_gradient_passes_the_trajectory():
    """The gradient is that of the residuals at given fields."""
    proposer, key = transported(2), jax.random.key(2)
    parameters, rest = parameters_of(proposer)

    @jax.jit
    def loss(parameters):
        return transport_residual(eqx.combine(parameters, rest), PHI4, key)[0]

    ways = [proposer.forward(PHI4, one)[1] for one in random.split(key, 2)]

    @jax.jit
    def by_hand(parameters):
        model = eqx.combine(parameters, rest)
        first, second = (
            jnp.stack([model.residual(PHI4, way[k], k) for k in range(proposer.steps)])
            for way in ways
        )
        return jnp.mean((first - second) ** 2 / 2)

    for one, other in zip(
        jax.tree.leaves(jax.grad(loss)(parameters)),
        jax.tree.leaves(jax.grad(by_hand)(parameters)),
        strict=True,
    ):
        assert np.allclose(one, other, rtol=1e-8, atol=1e-10)


@pytest.mark.slow
def test_training_lowers_the_variance_of_the_work():
    theory = Phi4.field_strength(Lattice((4, 4)), zeta=0.4, m2=-1.0, g4=0.5)
    base = Model(IndependentNormal(theory.space, 0.8), Identity(theory.space), "double")
    drift = DriftSettings(channels=2, harmonics=3).build(theory.space, jax.random.key(0))
    proposer = Transported(base, Geometric(), drift, 16, 0.5)
    settings = TrainingSettings(
        steps=300, batch=64, micro_batch=64, learning_rate=0.02, objective="transport-residual"
    )
    trainer = Trainer(settings, theory, 1)
    state, metrics = trainer.advance(trainer.init(proposer), 300)
    variance = metrics["log_weight_variance"]
    assert variance[-20:].mean() < 0.5 * variance[:10].mean()
    assert metrics["loss"][-20:].mean() < 0.5 * metrics["loss"][:10].mean()
    moved = state.model.moved_to(Lattice((4, 2))).cast("double")
    assert moved.forward(
        Phi4.field_strength(Lattice((4, 2)), zeta=0.4, m2=-1.0, g4=0.5), jax.random.key(0)
    )[0].field.shape == (4, 2)


CONFIG = {
    "theory": {"kind": "phi4", "convention": "field-strength", "shape": [2, 2], "zeta": 0.4,
               "m2": -1.0, "g4": 0.5},
    "model": {"prior": {"kind": "normal"}, "annealing": {"levels": 4, "drift": {}}},
    "training": {"evaluation_samples": 64},
}  # fmt: skip


def with_annealing(**keys):
    model = {**CONFIG["model"], "annealing": {"drift": {}, **keys}}
    return {**CONFIG, "model": model}


def test_a_configuration_builds_it_with_its_own_objective():
    config = config_from(CONFIG)
    assert config.training.objective == "transport-residual" and config.training.steps > 0
    check_buildable(config)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (with_annealing(particles=4), "drift goes without"),
        (with_annealing(layer=[{"kind": "psd"}]), "drift goes without"),
        ({**CONFIG, "training": {"objective": "local-work"}}, "transport-residual"),
        ({**with_annealing(), "theory": {"kind": "u1", "shape": [4, 4], "beta": 1.0},
          "model": {"prior": {"kind": "uniform"}, "annealing": {"drift": {}}}}, "real scalar"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_a_line(wrong, says):
    with pytest.raises(ConfigError, match=says) as error:
        check_buildable(config_from(wrong))
    assert "\n" not in str(error.value)


def test_other_models_have_no_drift():
    proposer = transported()
    with pytest.raises(ConfigError, match="drift"):
        transport_residual(proposer.base, PHI4, jax.random.key(0))
    with pytest.raises(ConfigError, match="annealing"):
        local_work(proposer, PHI4, jax.random.key(0))
    assert proposer.details(PHI4, jax.random.key(0))["work"].shape == (4,)
