"""Independence Metropolis: weights, the block-wise run, starts, refusals."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from latflow.errors import ConfigError
from latflow.lattice import Lattice
from latflow.sampling import Independence, IndependenceSettings, start_chains
from latflow.kernels._kernel import Kernel
from latflow.theories import Phi4

from .targets import PHI4, model

MODEL = model(PHI4)


def measure(field):
    return {"mean": jnp.mean(field), "field": field}


@pytest.mark.parametrize(
    ("measurements", "thin", "block"),
    [(40, 1, 7), (13, 3, 7), (6, 5, 2)],
)
def test_blocks_give_the_same_chain_as_single_steps(measurements, thin, block):
    kernel = Independence(PHI4, MODEL, block)
    keys = jax.random.split(jax.random.key(2), (measurements, thin))
    start = kernel.init(jax.random.key(0), jnp.full((2, 2), 0.3))
    blocks = jax.jit(lambda k, s: kernel.run(k, s, measure))(keys, start)
    single = jax.jit(lambda k, s: Kernel.run(kernel, k, s, measure))(keys, start)
    for a, b in zip(jax.tree.leaves(blocks), jax.tree.leaves(single), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)
    moved = np.diff(np.asarray(blocks[1]["mean"])) != 0
    if thin == 1:
        assert 0 < moved.mean() < 1
        np.testing.assert_array_equal(moved, np.asarray(blocks[2]["accepted"])[1:] == 1)


def test_the_weight_in_the_state_is_that_of_the_field():
    """An index off by one in accept/reject would tear them apart."""
    kernel = Independence(PHI4, MODEL, 8)
    state = kernel.init(jax.random.key(0), jnp.full((2, 2), 0.3))
    run = jax.jit(lambda k, s: kernel.run(k, s, measure))
    log_weight = jax.jit(lambda field: -PHI4.action(field) - MODEL.log_prob(field))
    for number in range(20):
        keys = jax.random.split(jax.random.key(number), (5, 2))
        state, measured, _ = run(keys, state)
        np.testing.assert_allclose(state.log_weight, log_weight(state.field), rtol=1e-10)
        np.testing.assert_array_equal(measured["field"][-1], state.field)


def test_acceptance_is_the_ratio_of_weights():
    kernel = Independence(PHI4, MODEL)
    state = eqx.filter_jit(kernel.propose)(jax.random.key(9))
    step = eqx.filter_jit(kernel.step)
    for number in range(30):
        new, info = step(jax.random.key(number), state)
        ratio = np.exp(float(info["log_weight"]) - float(state.log_weight))
        np.testing.assert_allclose(info["acceptance"], min(1.0, ratio), rtol=1e-10)
        held = new.log_weight == info["log_weight"]
        assert bool(held) == bool(info["accepted"])
        if ratio >= 1:
            assert bool(info["accepted"])
        state = new


def test_starts():
    kernel = Independence(PHI4, MODEL)
    for start in ("hot", "cold", "prior"):
        states = start_chains(kernel, 1, "a", 3, start)
        expected = jax.vmap(lambda f: -PHI4.action(f) - MODEL.log_prob(f))(states.field)
        np.testing.assert_allclose(states.log_weight, expected, rtol=1e-10)
        assert (np.ptp(np.asarray(states.field), axis=0) > 0).all() == (start != "cold")


def test_proposals_with_no_finite_weight_are_never_held():
    class Broken(type(MODEL)):
        def sample_and_log_prob(self, key):
            field, log_prob = super().sample_and_log_prob(key)
            return field, jnp.where(field[0, 0] > 0, jnp.nan, log_prob)

    kernel = Independence(PHI4, Broken(MODEL.prior, MODEL.flow, "double"), 8)
    state = kernel.init(jax.random.key(0), jnp.full((2, 2), -0.3))
    keys = jax.random.split(jax.random.key(1), (64, 1))
    _, measured, infos = jax.jit(lambda k, s: kernel.run(k, s, measure))(keys, state)
    assert (np.asarray(measured["field"])[:, 0, 0] < 0).all()
    assert 0 < np.mean(infos["accepted"]) < 0.6


def test_block_length_bounds_the_proposals_of_all_chains():
    settings = IndependenceSettings(proposal_batch=100)
    assert settings.build_kernel(PHI4, MODEL, 32).proposals_at_once == 3
    assert settings.build_kernel(PHI4, MODEL, 500).proposals_at_once == 1


def test_no_model_is_refused_with_a_remedy():
    with pytest.raises(ConfigError, match=r"chains\.kernel.*\[model\]"):
        IndependenceSettings().build_kernel(PHI4, None, 1)


@pytest.mark.parametrize(
    ("extent", "chains", "wanted", "at_once"),
    [(4, 64, 1024, 16), (16, 64, 1024, 1), (16, 8, 1024, 8), (4, 8, 32, 4), (64, 1, 1024, 4)],
)
def test_what_is_proposed_at_once_stays_in_the_cache(extent, chains, wanted, at_once):
    """16384 sites over all chains, or what was asked for if that is less."""
    theory = Phi4.hopping(Lattice((extent, extent)), beta=0.5, lam=0.5)
    settings = IndependenceSettings(proposal_batch=wanted)
    assert settings.build_kernel(theory, model(theory), chains).proposals_at_once == at_once
