"""Training flows between the Markov steps."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from latflow.annealing import (
    Annealed,
    Geometric,
    OfCouplings,
    Population,
    power_protocol,
    stacked,
)
from latflow.errors import ConfigError
from latflow.flows import Identity, PlaquetteSplineSettings, SiteSplineSettings
from latflow.kernels import HeatBathSettings, HMCSettings
from latflow.lattice import Lattice
from latflow.models import Model, with_density
from latflow.not_trained import parameters_of
from latflow.priors import IndependentNormal, Uniform
from latflow.theories.gauge import U1Gauge
from latflow.theories.scalar import Phi4
from latflow.training import Trainer, TrainingSettings, local_work, reverse_kl

THEORY = Phi4.field_strength(Lattice((2, 2)), zeta=0.4, m2=-1.0, g4=0.5)
HMC = HMCSettings.model_validate({"trajectory": 1.0, "steps": 3})


def annealed(levels=2, kernel=HMC):
    settings = SiteSplineSettings.model_validate({"bins": 2})
    layers = [settings.build(THEORY.space, jax.random.key(k)) for k in range(levels)]
    base = Model(IndependentNormal(THEORY.space, 1.2), Identity(THEORY.space), "double")
    return Annealed(base, Geometric(), power_protocol(levels), kernel, 1, stacked(layers)).cast(
        "double"
    )


@eqx.filter_jit
def gradient(objective, model, key):
    arrays, static = eqx.partition(model.layers, eqx.is_inexact_array)
    whole = lambda layers: eqx.tree_at(lambda one: one.layers, model, layers)  # noqa: E731
    return jax.grad(lambda a: objective(whole(eqx.combine(a, static)), THEORY, key)[0])(arrays)


def test_local_work_trains_each_level_for_itself():
    """A level's gradient does not change with what later levels do; that of the mean work does."""
    model, key = annealed(), jax.random.key(4)
    bent = eqx.tree_at(
        lambda one: jax.tree.leaves(one.layers),
        model,
        [leaf.at[1].add(0.3) for leaf in jax.tree.leaves(model.layers)],
    )
    for objective, same in ((local_work, True), (reverse_kl, False)):
        one, other = (jax.tree.leaves(gradient(objective, m, key)) for m in (model, bent))
        difference = max(float(jnp.abs(a[0] - b[0]).max()) for a, b in zip(one, other, strict=True))
        assert (difference < 1e-12) == same
        assert all(np.isfinite(leaf).all() for leaf in one)


def test_losses_are_the_work():
    model, key = annealed(), jax.random.key(5)
    for objective in (local_work, reverse_kl):
        loss, log_weight = eqx.filter_jit(objective)(model, THEORY, key)
        assert float(loss) == pytest.approx(-float(log_weight), abs=1e-12)
    with pytest.raises(ConfigError, match="annealing"):
        local_work(model.base, THEORY, key)


@pytest.mark.slow
@pytest.mark.parametrize("particles", [1, 4])
def test_kernels_without_derivatives_serve_local_work(particles):
    """A heat bath cannot be differentiated, and need not be."""
    theory = U1Gauge(Lattice((2, 2)), beta=1.0)
    settings = PlaquetteSplineSettings.model_validate({"bins": 2})
    layers = stacked([settings.build(theory.space, jax.random.key(k)) for k in range(2)])
    base = Model(Uniform(theory.space), Identity(theory.space), "double")
    path = OfCouplings(U1Gauge(Lattice((2, 2)), beta=0.0))
    heat_bath = HeatBathSettings.model_validate({})
    model = Annealed(base, path, power_protocol(2), heat_bath, 1, layers).cast("double")
    if particles > 1:
        model = Population(model, particles)
    arrays, static = parameters_of(model)

    @jax.jit
    def gradient(arrays, key):
        return jax.grad(lambda a: local_work(eqx.combine(a, static), theory, key)[0])(arrays)

    (layer, *_) = [x for x in jax.tree.leaves(gradient(arrays, jax.random.key(1))) if x.ndim > 1]
    assert np.isfinite(layer).all()
    assert float(jnp.abs(layer).max()) > 0


@pytest.mark.slow
@pytest.mark.parametrize("particles", [1, 4])
def test_training_lowers_the_variance_of_the_work(particles):
    model = annealed(3)
    proposer = model if particles == 1 else Population(model, particles)
    settings = TrainingSettings.model_validate(
        {"steps": 150, "batch": 64, "learning_rate": 0.03, "objective": "local-work"}
    )
    trainer = Trainer(settings, THEORY, 1)
    _, metrics = trainer.advance(trainer.init(proposer), 150)
    variance = metrics["log_weight_variance"]
    assert variance[-20:].mean() < 0.6 * variance[:10].mean()


def test_an_annealed_model_has_no_density():
    model = annealed()
    with pytest.raises(ConfigError, match="annealed"):
        with_density(model, "flow-hmc")
    with pytest.raises(ConfigError, match="start"):
        model.log_weight(THEORY, THEORY.space.cold(jnp.float64))


def test_it_moves_to_other_lattices():
    moved = annealed().moved_to(Lattice((4, 2)))
    theory = Phi4.field_strength(Lattice((4, 2)), zeta=0.4, m2=-1.0, g4=0.5)
    field, log_weight = eqx.filter_jit(moved.propose)(theory, jax.random.key(0))
    assert field.shape == (4, 2)
    assert np.isfinite(log_weight)


def test_population_of_equal_particles_needs_two():
    with pytest.raises(ConfigError, match="particles"):
        Population(annealed(), 1)
