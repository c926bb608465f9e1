"""A share of the forward divergence: its optimum, its gradient, and what it does not leave out."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from pydantic import ValidationError

from latflow.fields import RealScalar
from latflow.flows import RescaleSettings
from latflow.lattice import Lattice
from latflow.models import Model
from latflow.priors import ConfigurationPool, IndependentNormal
from latflow.theories import FreeScalar
from latflow.training import Trainer, TrainingSettings, evaluate, forward_kl, weigh_fields

LATTICE = Lattice((2, 2))
SPACE = RealScalar(LATTICE)
SIZE = 4096


def settings(share, **rest):
    return TrainingSettings.model_validate(
        {
            "steps": 300, "batch": 256, "micro_batch": 256, "learning_rate": 0.03,
            "forward_kl": {"share": share, "pool": SIZE}, **rest,
        }
    )  # fmt: skip


def normal_pool(standard_deviation):
    """A pool of independent normal numbers whose mean square is exactly the given one."""
    fields = np.random.default_rng(8).standard_normal((SIZE, 2, 2))
    fields *= standard_deviation / np.sqrt(np.mean(fields**2))
    return ConfigurationPool.empty(SPACE, SIZE).with_fields(jnp.asarray(fields))


def rescaled_normal():
    """Independent normal numbers times one number, which is to be trained."""
    return Model(IndependentNormal(SPACE), RescaleSettings().build(SPACE, jax.random.key(0)))


def test_it_is_the_mean_of_minus_log_q_over_the_pool():
    """Against the normal density written out."""
    model, pool = rescaled_normal().cast("double"), normal_pool(1.7)
    keys = jax.random.split(jax.random.key(1), 2000)
    values = jax.vmap(lambda key: forward_kl(model, pool, key))(keys)
    exact = 0.5 * np.sum(np.asarray(pool.fields, np.float64) ** 2, axis=(1, 2))
    exact += 2 * np.log(2 * np.pi)
    assert np.abs(np.asarray(values)[:, None] - exact).min(axis=1).max() < 1e-6
    assert abs(values.mean() - exact.mean()) < 4 * exact.std() / np.sqrt(len(keys))


@pytest.mark.parametrize("share", [1.0, 0.5])
def test_the_optimum_has_the_moments_of_both(share):
    """For a width s of the model, widths a of the theory, b of the pool, in shares 1-c and c:

        loss / V = (1-c) (s^2 / (2 a^2) - log s) + c (b^2 / (2 s^2) + log s).

    Its minimum is found on a grid. A theory and a pool that differ tell the two parts apart."""
    zeta, mass, width = 1e-9, 0.5, 1.7
    theory = FreeScalar(LATTICE, m2=mass, zeta=zeta)
    trainer = Trainer(settings(share), theory, seed=4)
    state = trainer.init(rescaled_normal())
    state = type(state)(state.model, state.optimiser, state.step, normal_pool(width))
    state, metrics = trainer.advance(state, 300)
    s = np.linspace(0.5, 3.0, 25001)
    loss = (1 - share) * (s**2 * mass / 2 - np.log(s)) + share * (width**2 / (2 * s**2) + np.log(s))
    field, _ = state.model.flow.forward(jnp.ones((2, 2), jnp.float32))
    np.testing.assert_allclose(np.asarray(field), s[np.argmin(loss)], rtol=0.02)
    assert np.isfinite(metrics["loss"]).all()


def test_given_fields_weigh_what_they_weigh_when_the_model_draws_them():
    """log w through the flow's inverse is log w through the flow."""
    theory = FreeScalar(LATTICE, m2=0.5, zeta=1.0)
    drawn = evaluate(rescaled_normal(), theory, 1, n_samples=64, n_fields=64)
    weights = weigh_fields(rescaled_normal(), theory, jnp.asarray(drawn["fields"]))
    np.testing.assert_allclose(weights, drawn["log_weight"], rtol=1e-10, atol=1e-10)
    assert np.std(weights) > 0.1


def test_without_a_share_nothing_changes():
    """The state has no pool, so that checkpoints are as they were."""
    theory = FreeScalar(LATTICE, m2=0.5, zeta=1.0)
    trainer = Trainer(TrainingSettings(steps=2, batch=16, micro_batch=16), theory, seed=4)
    assert trainer.init(rescaled_normal()).target is None


@pytest.mark.parametrize("objective", ["force-matching", "lag-one-autocorrelation"])
def test_it_goes_with_divergences_only(objective):
    with pytest.raises(ValidationError, match="path-gradient"):
        settings(0.5, objective=objective)
