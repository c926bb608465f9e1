"""Block updating: blocks, single updates, its limit of one block, starts, refusals."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from latflow.analysis import gamma_method
from latflow.errors import ConfigError
from latflow.flows import Identity
from latflow.lattice import Lattice
from latflow.models import Model
from latflow.priors import FreeField, IndependentNormal
from latflow.sampling import BlockUpdating, BlockUpdatingSettings, Independence, start_chains
from latflow.sampling.latent._blocks import block_corners, block_shape
from latflow.theories import Phi4

from .targets import PHI4, SIGMAS, model, product_model, sample

MODEL = product_model(PHI4, noise=0.1)
LARGE = Phi4.hopping(Lattice((4, 6)), beta=0.3, lam=0.5)


def kernel(blocks, theory=PHI4, model=MODEL):
    return BlockUpdatingSettings(blocks=blocks).build_kernel(theory, model, 1)


@pytest.mark.parametrize(
    ("shape", "blocks", "expected"),
    [
        ((8, 8), 1, (8, 8)),
        ((8, 8), 4, (4, 4)),
        ((8, 8), 16, (2, 2)),
        ((8, 8), 64, (1, 1)),
        ((8, 8), 2, (8, 4)),
        ((4, 16), 2, (4, 8)),
        ((4, 16), 4, (2, 8)),
        ((4, 16), 8, (2, 4)),
        ((4, 6), 3, (4, 2)),
        ((12,), 4, (3,)),
        ((4, 4, 4), 8, (2, 2, 2)),
        ((4, 4, 4, 6), 24, (2, 2, 2, 2)),
        ((3, 5), 15, (1, 1)),
    ],
)
def test_blocks_are_as_cubic_as_can_be_and_fill_the_lattice(shape, blocks, expected):
    assert block_shape(shape, blocks) == expected
    visits = np.zeros(shape, int)
    corners = block_corners(shape, expected)
    assert corners.shape == (blocks, len(shape))
    for corner in corners:
        visits[tuple(slice(c, c + n) for c, n in zip(corner, expected, strict=True))] += 1
    assert (visits == 1).all()


def test_one_block_is_independence_metropolis_with_the_same_proposals():
    block, whole = kernel(1), Independence(PHI4, MODEL)
    update, step = eqx.filter_jit(block.update), eqx.filter_jit(whole.step)
    state = block.init(jax.random.key(0), jnp.full((2, 2), 0.3))
    other = whole.init(jax.random.key(0), jnp.full((2, 2), 0.3))
    decisions = []
    for number in range(40):
        state, info = update(jax.random.key(number), block.corners[0], state)
        other, expected = step(jax.random.key(number), other)
        np.testing.assert_allclose(state.field, other.field, rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(state.log_weight, other.log_weight, rtol=1e-12)
        for name in expected:
            np.testing.assert_allclose(info[name], expected[name], rtol=1e-11)
        decisions.append(bool(info["accepted"]))
    assert 0.1 < np.mean(decisions) < 0.9


@pytest.mark.slow
def test_one_block_accepts_as_often_as_independence_and_more_blocks_more_often():
    """Compared at 3.5 standard errors of each: a false alarm in 2000 seeds."""
    results = {}
    for name, built in (
        ("independence", Independence(PHI4, MODEL, 50)),
        (1, kernel(1)),
        (2, kernel(2)),
        (4, kernel(4)),
    ):
        infos, _ = sample(built, 150, n_chains=256)
        results[name] = gamma_method(infos["acceptance"])
    whole, one = results["independence"], results[1]
    assert abs(whole.value - one.value) < SIGMAS * np.hypot(whole.error, one.error)
    assert max(whole.error, one.error) < 0.02 * whole.value
    assert one.value + 0.02 < results[2].value < results[4].value - 0.02


def test_an_update_changes_its_own_block_only():
    block = kernel(6, LARGE, product_model(LARGE))
    assert block.block_shape == (2, 2)
    update = eqx.filter_jit(block.update)
    state = block.start(jax.random.key(0), "prior", jnp.float64)
    log_weight = jax.jit(lambda field: -LARGE.action(field) - block.model.log_prob(field))
    decisions = []
    for number in range(30):
        corner = block.corners[number % 6]
        new, info = update(jax.random.key(number), corner, state)
        decisions.append(bool(info["accepted"]))
        changed = np.asarray(new.latent != state.latent)
        inside = np.zeros((4, 6), bool)
        inside[corner[0] : corner[0] + 2, corner[1] : corner[1] + 2] = True
        np.testing.assert_array_equal(changed, inside if decisions[-1] else False)
        assert np.asarray(new.field != state.field).all() == decisions[-1]
        ratio = np.exp(float(info["log_weight"] - state.log_weight))
        np.testing.assert_allclose(info["acceptance"], min(1.0, ratio), rtol=1e-10)
        # The three parts of a state belong together, whatever was decided.
        field, _ = block.model.flow.forward(new.latent)
        np.testing.assert_allclose(new.field, field, rtol=1e-12)
        np.testing.assert_allclose(new.log_weight, log_weight(new.field), rtol=1e-9)
        state = new
    assert 0 < np.mean(decisions) < 1


def test_a_step_redraws_every_block_in_turn():
    block = kernel(6, LARGE, product_model(LARGE))
    state = block.start(jax.random.key(3), "prior", jnp.float64)
    update, key = eqx.filter_jit(block.update), jax.random.key(4)
    swept, info = eqx.filter_jit(block.step)(key, state)
    infos = []
    for corner, own in zip(block.corners, jax.random.split(key, 6), strict=True):
        state, one = update(own, corner, state)
        infos.append(one)
    for a, b in zip(swept, state, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)
    for name in ("acceptance", "accepted"):
        np.testing.assert_allclose(info[name], np.mean([one[name] for one in infos]), rtol=1e-10)
    assert info["log_weight"] == swept.log_weight


def test_the_program_does_not_grow_with_the_number_of_blocks():
    theory = Phi4.hopping(Lattice((8, 8)), beta=0.3, lam=0.5)
    proposals = Model(IndependentNormal(theory.space), Identity(theory.space), "double")
    sizes = []
    for blocks in (4, 64):
        block = kernel(blocks, theory, proposals)
        state = block.init(jax.random.key(0), jnp.zeros((8, 8)))
        program = jax.make_jaxpr(lambda key, state, block=block: block.step(key, state))(
            jax.random.key(0), state
        )
        sizes.append(str(program).count("\n"))
    assert abs(sizes[0] - sizes[1]) <= 4


def test_starts():
    block = kernel(4)
    log_weight = jax.jit(jax.vmap(lambda field: -PHI4.action(field) - MODEL.log_prob(field)))
    for start in ("hot", "cold", "prior"):
        states = start_chains(block, 1, "a", 3, start)
        np.testing.assert_allclose(states.log_weight, log_weight(states.field), rtol=1e-10)
        fields, _ = jax.vmap(MODEL.flow.forward)(states.latent)
        np.testing.assert_allclose(fields, states.field, rtol=1e-10, atol=1e-12)
        assert (np.ptp(np.asarray(states.field), axis=0) > 0).all() == (start != "cold")


def test_proposals_with_no_finite_weight_are_never_held():
    class Broken(Phi4):
        def action(self, field):
            return jnp.where(field[0, 0] > 0, jnp.nan, super().action(field))

    broken = Broken(Lattice((2, 2)), h=PHI4.h, a=PHI4.a, g=PHI4.g)
    block = kernel(4, broken)
    state = block.init(jax.random.key(0), jnp.full((2, 2), -0.3))
    keys = jax.random.split(jax.random.key(1), (64, 1))
    run = jax.jit(lambda keys, state: block.run(keys, state, lambda field: field[0, 0]))
    _, corner, infos = run(keys, state)
    assert (np.asarray(corner) < 0).all()
    assert 0 < np.mean(infos["accepted"]) < 0.9


def test_a_prior_that_only_claims_to_be_a_product_would_be_seen():
    """What the refusal is for: redrawing correlated sites one by one is wrong by far."""

    class Liar(FreeField):
        is_product = True

        def sample_block(self, key, shape, dtype):
            return self.sample(key, dtype)[tuple(slice(n) for n in shape)]

    free = model(PHI4)
    lying = BlockUpdating(PHI4, Model(Liar(free.prior.theory), free.flow, "double"), (1, 1))
    _, measured = sample(lying, 150, n_chains=256)
    result = gamma_method(measured["schwinger_dyson"])
    assert abs(result.value - 1) > max(0.05, 5 * result.error)


@pytest.mark.parametrize(
    ("blocks", "shape", "message"),
    [
        (3, (2, 2), r"^blocks: .*2 x 2 sites .* 1, 2 or 4 blocks, not into 3"),
        (5, (8, 8), r"1, 2, 4, 8, 16, 32 or 64 blocks"),
        (7, (3,), r"1 or 3 blocks"),
        (7, (24, 24), r"1, 2, 3, 4, 6, 8, 9, 12, 16, 18, \.\.\. or 576 blocks"),
    ],
)
def test_numbers_of_blocks_that_do_not_fit_are_refused_with_those_that_do(blocks, shape, message):
    with pytest.raises(ConfigError, match=message):
        block_shape(shape, blocks)


def test_refusals_name_the_remedy():
    with pytest.raises(ConfigError, match=r"model\.prior\.kind: .*correlated.*\"psd\""):
        kernel(4, model=model(PHI4))
    with pytest.raises(ConfigError, match=r"^kernel.*\[model\]"):
        kernel(4, model=None)
    with pytest.raises(ValueError, match="do not fill"):
        BlockUpdating(PHI4, MODEL, (2, 3))
    with pytest.raises(ValueError, match="do not fill"):
        BlockUpdating(PHI4, MODEL, (2,))
