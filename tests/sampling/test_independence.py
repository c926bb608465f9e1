"""Independence Metropolis: weights, the block-wise run, starts, refusals."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from latflow.errors import ConfigError
from latflow.fields import FieldSpace, RealScalar
from latflow.kernels import Kernel
from latflow.lattice import Lattice
from latflow.models import Proposer
from latflow.sampling import Independence, IndependenceSettings, run_segment, start_chains
from latflow.theories import FreeScalar, Phi4
from latflow.training import evaluate

from .targets import PHI4, assert_agrees, model

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
    with pytest.raises(ConfigError, match=r"^kernel.*\[model\]"):
        IndependenceSettings().build_kernel(PHI4, None, 1)


@pytest.mark.parametrize(
    ("extent", "chains", "wanted", "at_once"),
    [(4, 64, 1024, 16), (16, 64, 1024, 1), (16, 8, 1024, 8), (4, 8, 32, 4), (64, 1, 1024, 4)],
)
def test_what_is_proposed_at_once_stays_in_the_cache(extent, chains, wanted, at_once):
    """16384 numbers over all chains, or what was asked for if that is less."""
    theory = Phi4.hopping(Lattice((extent, extent)), beta=0.5, lam=0.5)
    settings = IndependenceSettings(proposal_batch=wanted)
    assert settings.build_kernel(theory, model(theory), chains).proposals_at_once == at_once


class Shifted(Proposer):
    """Draws normal numbers along a way whose weight is known, and no density of a given field."""

    space: FieldSpace
    precision: str = "double"

    def propose(self, theory, key):
        """A draw of width one, whose weight is unbiased but noisy, as that of a stochastic map."""
        draw, noise = jax.random.split(key)
        field = jax.random.normal(draw, self.space.lattice.shape, jnp.float64)
        log_density = -0.5 * jnp.sum(field**2) - 0.5 * field.size * np.log(2 * np.pi)
        log_noise = 0.3 * jax.random.normal(noise) - 0.5 * 0.3**2
        return field, -theory.action(field) - log_density + log_noise

    def moved_to(self, lattice):
        """The same there."""
        return Shifted(RealScalar(lattice), self.precision)

    def cast(self, precision):
        """Nothing to cast."""
        return self


def test_a_proposer_without_a_density_serves_for_all_but_a_given_field():
    """Uncoupled sites with <phi^2> = 1 / m^2; the rule of targets.py."""
    theory = FreeScalar(Lattice((2, 2)), m2=0.8, zeta=1e-12)
    kernel = IndependenceSettings().build_kernel(theory, Shifted(theory.space), 4)
    states = start_chains(kernel, 1, "a", 512, "prior")
    _, segment = run_segment(
        kernel, states, 1, "a", "sampling", 0, 1600, 1, lambda f: {"phi2": jnp.mean(f**2)}
    )
    assert_agrees("phi2", np.asarray(segment.measurements["phi2"]), 1 / 0.8)
    with pytest.raises(ConfigError, match=r'^start: Shifted knows.*start = "prior"'):
        start_chains(kernel, 1, "a", 2, "hot")
    result = evaluate(Shifted(theory.space), theory, 1, 4000, n_fields=2)
    # <w> = Z, at 5 standard errors.
    weights = np.exp(result["log_weight"] - theory.log_partition_function())
    assert abs(weights.mean() - 1) < 5 * weights.std() / np.sqrt(4000)
    assert result["fields"].shape == (2, 2, 2)
