"""Priors that are theories: their density, their pool, and the sublattices of eq. (9)."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from latflow.errors import ConfigError
from latflow.fields import ProductSpace, RealScalar
from latflow.flows import Identity
from latflow.lattice import Lattice
from latflow.models import Model
from latflow.not_trained import parameters_of
from latflow.priors import (
    PRIORS,
    ConfigurationPool,
    EnsemblePrior,
    EnsembleSettings,
    InterleavedSettings,
)
from latflow.sampling import BlockUpdatingSettings, FlowHMCSettings, IndependenceSettings
from latflow.settings import one_of
from latflow.sublattices import interleave, sublattices
from latflow.theories import Phi4

THEORY = {"kind": "phi4", "beta": 0.5, "lam": 0.5}
KINDS = {"ensemble": EnsembleSettings, "interleaved": InterleavedSettings}
kinds = pytest.mark.parametrize("kind", KINDS)


def prior_of(kind, shape=(4, 6), **options):
    settings = KINDS[kind](theory=THEORY, **{"pool": 8, "chains": 4, **options})
    prior = settings.build(RealScalar(Lattice(shape)))
    pool = np.random.default_rng(0).normal(size=(8, *shape)).astype(np.float32)
    filled = prior.pool.with_fields(jnp.asarray(pool))
    return eqx.tree_at(lambda prior: prior.pool, prior, filled), pool


def test_sublattices_are_those_of_equation_9():
    """phi(2n) = Phi_1(n), ..., in two dimensions, written out as the paper does."""
    parts = jnp.asarray(np.random.default_rng(1).normal(size=(4, 3, 5)))
    field = interleave(parts)
    assert field.shape == (6, 10)
    for x in range(3):
        for y in range(5):
            assert field[2 * x, 2 * y] == parts[0, x, y]
            assert field[2 * x, 2 * y + 1] == parts[1, x, y]
            assert field[2 * x + 1, 2 * y] == parts[2, x, y]
            assert field[2 * x + 1, 2 * y + 1] == parts[3, x, y]


@pytest.mark.parametrize("extents", [(3,), (2, 3), (2, 1, 3), (1, 2, 2, 3)])
def test_interleaving_in_any_dimension(extents):
    parts = jnp.asarray(np.random.default_rng(1).normal(size=(2 ** len(extents), *extents)))
    field = interleave(parts)
    np.testing.assert_array_equal(sublattices(field), parts)
    np.testing.assert_array_equal(interleave(sublattices(field)), field)


@pytest.mark.parametrize("shape", [(4, 6), (4, 2, 6), (8,)])
def test_density_is_that_of_independent_copies(shape):
    prior, pool = prior_of("interleaved", shape)
    half = Phi4.hopping(Lattice(tuple(n // 2 for n in shape)), beta=0.5, lam=0.5)
    assert eqx.tree_equal(prior.theory, half)
    field = jnp.asarray(pool[0], jnp.float64)
    corners = np.ndindex(*(2,) * len(shape))
    copies = [field[tuple(slice(e, None, 2) for e in corner)] for corner in corners]
    expected = -sum(float(half.action(copy)) for copy in copies)
    assert float(prior.log_prob(field)) == pytest.approx(expected, rel=1e-12)
    assert not prior.is_normalised and not prior.draws_independently and not prior.is_product


def test_density_of_an_ensemble_is_its_theory():
    prior, pool = prior_of("ensemble")
    theory = Phi4.hopping(Lattice((4, 6)), beta=0.5, lam=0.5)
    field = jnp.asarray(pool[0], jnp.float64)
    assert float(prior.log_prob(field)) == pytest.approx(-float(theory.action(field)), rel=1e-12)
    gradient = jax.grad(prior.log_prob)(field)
    np.testing.assert_allclose(gradient, theory.force(field), rtol=1e-10, atol=1e-12)


@kinds
def test_symmetries_are_those_claimed(kind):
    """A translation by one site exchanges the sublattices, which are alike."""
    prior, pool = prior_of(kind)
    assert prior.symmetries == {"z2", "translation"}
    field = jnp.asarray(pool[0], jnp.float64)
    value = float(prior.log_prob(field))
    for image in (-field, jnp.roll(field, 1, 0), jnp.roll(field, 1, 1)):
        assert float(prior.log_prob(image)) == pytest.approx(value, rel=1e-12)


@kinds
@pytest.mark.parametrize("dtype", [jnp.float32, jnp.float64])
def test_draws_are_from_the_pool_all_alike(kind, dtype):
    """Counts of 8 configurations in 8000 draws: chi-squared below 29.9, false alarm 1e-4."""
    prior, pool = prior_of(kind)
    keys = jax.random.split(jax.random.key(3), 8000)
    draws = np.asarray(jax.jit(jax.vmap(lambda key: prior.sample(key, dtype)))(keys))
    assert draws.dtype == dtype
    same = (draws[:, None] == pool[None]).all(axis=(2, 3))
    assert (same.sum(axis=1) == 1).all()
    counts = same.sum(axis=0)
    assert ((counts - 1000) ** 2 / 1000).sum() < 29.9


@kinds
def test_the_pool_is_nothing_to_train_nor_to_cast(kind):
    prior, pool = prior_of(kind)
    assert not jax.tree.leaves(parameters_of(prior)[0])
    model = Model(prior, Identity(prior.space)).cast("double")
    np.testing.assert_array_equal(model.prior.pool.fields, pool)
    assert model.prior.pool.fields.dtype == jnp.float32
    assert {leaf.dtype for leaf in jax.tree.leaves(model.prior.theory)} == {jnp.dtype("float64")}
    field, log_prob = model.sample_and_log_prob(jax.random.key(0))
    assert field.dtype == log_prob.dtype == jnp.float64
    assert float(log_prob) == float(prior.log_prob(field))


@kinds
def test_chains_fill_the_pool_and_are_found_again_in_it(kind):
    """Every configuration is used once, and parts of one come from different chains."""
    prior, _ = prior_of(kind)
    extents = prior.theory.space.lattice.shape
    chains, kept = 4, 2 * prior.n_parts
    random = np.random.default_rng(5)
    made = random.normal(size=(chains, kept, *extents)).astype(np.float32)
    filled = prior.refilled(made)
    assert filled.pool.fields.shape == prior.pool.fields.shape
    np.testing.assert_array_equal(filled.youngest(chains), made[:, -1])
    parts = np.asarray(jax.vmap(lambda field: filled.parts(field))(filled.pool.fields))
    flat = made.reshape(-1, int(np.prod(extents)))
    used = [
        [int(np.flatnonzero((flat == part.ravel()).all(axis=1))[0]) for part in group]
        for group in parts
    ]
    assert sorted(number for group in used for number in group) == list(range(chains * kept))
    for group in used:
        assert len({number // kept for number in group}) == min(chains, prior.n_parts)


@kinds
def test_moved_to_another_lattice_the_couplings_stay_and_the_pool_is_empty(kind):
    prior, _ = prior_of(kind)
    moved = Model(prior, Identity(prior.space)).moved_to(Lattice((8, 4))).prior
    assert isinstance(moved, EnsemblePrior)
    fresh = KINDS[kind](theory=THEORY, pool=8, chains=4).build(RealScalar(Lattice((8, 4))))
    assert eqx.tree_equal(moved, fresh)


@kinds
def test_kernels_that_need_independent_draws_refuse_it_and_flow_hmc_does_not(kind):
    prior, pool = prior_of(kind)
    theory = Phi4.hopping(Lattice((4, 6)), beta=0.6, lam=0.5)
    model = Model(prior, Identity(prior.space), "double")
    with pytest.raises(ConfigError, match=r'kernel: "independence".*"flow-hmc"'):
        IndependenceSettings().build_kernel(theory, model, 1)
    with pytest.raises(ConfigError, match=r"model\.prior\.kind"):
        BlockUpdatingSettings().build_kernel(theory, model, 1)
    kernel = FlowHMCSettings().build_kernel(theory, model, 1)
    start = np.asarray(kernel.field(kernel.start(jax.random.key(0), "prior", jnp.float64)))
    assert any(np.allclose(start, field, atol=1e-6) for field in pool)


@kinds
def test_settings_are_checked(kind):
    adapter = TypeAdapter(one_of(PRIORS, "kind"))
    block = {"kind": kind, "theory": THEORY}
    settings = adapter.validate_python(block)
    assert settings == KINDS[kind](theory=THEORY)
    assert adapter.validate_python(settings.model_dump(exclude_none=True)) == settings
    for wrong in (
        {"kind": kind},
        block | {"pool": 100, "chains": 64},
        block | {"reuse": 0},
        block | {"kernel": "independence"},
        block | {"theory": THEORY | {"shape": (4, 4)}},
    ):
        with pytest.raises(ValidationError):
            adapter.validate_python(wrong)
    with pytest.raises(ConfigError, match=r"model\.prior\.theory\.lam"):
        KINDS[kind](theory={"kind": "phi4", "beta": 0.5}).build(RealScalar(Lattice((4, 4))))


def test_odd_extents_cannot_be_interleaved():
    with pytest.raises(ConfigError, match=r'model\.prior\.kind.*even.*"ensemble"'):
        prior_of("interleaved", (4, 3))


def test_pools_of_any_field_keep_their_structure_in_single_precision():
    """A field of two parts, one of them complex, from two chains of three configurations."""
    space = ProductSpace(
        {"links": LinkSpaceLike(Lattice((2, 4))), "spins": RealScalar(Lattice((2, 4)))}
    )
    pool = ConfigurationPool.empty(space, 6)
    assert pool.size == 6 and not jax.tree.leaves(parameters_of(pool)[0])
    random = np.random.default_rng(2)
    links = random.normal(size=(2, 3, 2, 4)) + 1j * random.normal(size=(2, 3, 2, 4))
    made = {"links": links, "spins": random.normal(size=(2, 3, 2, 4))}
    filled = pool.refilled(made)
    assert jax.tree.map(lambda leaf: leaf.dtype.name, filled.fields) == {
        "links": "complex64",
        "spins": "float32",
    }
    youngest = filled.youngest(2)
    np.testing.assert_array_equal(youngest["links"], made["links"][:, -1].astype(np.complex64))
    drawn = filled.draw(jax.random.key(0), jnp.float64)
    space.check(drawn)
    assert drawn["links"].dtype == jnp.complex128
    numbers = np.abs(made["links"].reshape(6, 2, 4) - drawn["links"]).max(axis=(1, 2))
    assert numbers.min() < 1e-6 and (numbers < 1e-6).sum() == 1


class LinkSpaceLike(RealScalar):
    """Complex numbers on every site."""

    def structure(self, dtype):
        """One complex array."""
        complex_of = {"float32": jnp.complex64, "float64": jnp.complex128}
        return jax.ShapeDtypeStruct(self.lattice.shape, complex_of[jnp.dtype(dtype).name])
