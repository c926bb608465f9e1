"""Every prior of the registry: what it draws has the density that it states."""

import subprocess
import sys

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError
from scipy.stats import norm

from latflow.errors import ConfigError, FieldError
from latflow.fields import FieldSpace, RealScalar
from latflow.flows import ContinuousSettings
from latflow.lattice import Lattice
from latflow.models import Model
from latflow.not_trained import parameters_of
from latflow.priors import (
    PRIORS,
    EnsembleSettings,
    FreeField,
    FreeFieldSettings,
    IndependentCopies,
    IndependentNormalSettings,
    TwoPeakedFieldSettings,
    Uniform,
    UniformSettings,
)
from latflow.settings import one_of
from latflow.sublattices import halved, sublattices
from latflow.theories import Phi4
from latflow.training import path_gradient, reverse_kl

# Priors that are theories draw nothing by themselves: tests/test_ensemble_priors.py. Those of links
# are in tests/gauge/test_plaquette_priors.py.
CASES = [s() for s in PRIORS if not issubclass(s, EnsembleSettings) and RealScalar in s.spaces]
CASES += [IndependentNormalSettings(width=0.6), FreeFieldSettings(m2=0.4, zeta=0.7)]
cases = pytest.mark.parametrize("settings", CASES, ids=repr)
GAUSSIAN = [c for c in CASES if isinstance(c, IndependentNormalSettings | FreeFieldSettings)]


@cases
def test_density_is_normalised_and_has_the_moments_of_the_samples(settings):
    """Two sites, where a grid integrates the density to rounding.

    The six moments are compared at 5 standard errors: a false alarm in 3 10^5 seeds.
    """
    prior, draws = settings.build(RealScalar(Lattice((2,)))), 40_000
    assert prior.is_normalised
    grid, step = np.linspace(-12, 12, 241, retstep=True)
    pairs = np.stack(np.meshgrid(grid, grid), axis=-1).reshape(-1, 2)
    density = np.exp(jax.jit(jax.vmap(lambda field: prior.log_prob(field)))(pairs))
    assert density.sum() * step**2 == pytest.approx(1, abs=1e-10)

    keys = jax.random.split(jax.random.key(1), draws)
    samples = np.asarray(jax.jit(jax.vmap(lambda k: prior.sample(k, jnp.float64)))(keys))
    for powers in ((1, 0), (2, 0), (0, 2), (1, 1), (4, 0), (2, 2)):
        exact, square = (
            (density * pairs[:, 0] ** (n * powers[0]) * pairs[:, 1] ** (n * powers[1])).sum()
            * step**2
            for n in (1, 2)
        )
        error = np.sqrt((square - exact**2) / draws)
        estimate = (samples[:, 0] ** powers[0] * samples[:, 1] ** powers[1]).mean()
        assert abs(estimate - exact) < 5 * error, powers


@pytest.mark.parametrize("settings", GAUSSIAN, ids=repr)
def test_density_on_larger_lattices(settings):
    """Gaussian densities: log q = -phi K phi / 2 + slogdet(K) / 2 - V log(2 pi) / 2.

    Under its own samples -2 log q then varies as chi-squared with V degrees of freedom; mean
    and variance are compared at 5 standard errors (a false alarm in 10^6 seeds).
    """
    shape, draws = (2, 3, 3), 4000
    prior = settings.build(RealScalar(Lattice(shape)))
    volume = int(np.prod(shape))

    keys = jax.random.split(jax.random.key(2), draws)
    fields = np.asarray(jax.jit(jax.vmap(lambda k: prior.sample(k, jnp.float64)))(keys))
    images = [fields, -fields, *(np.roll(fields, 1, 1 + axis) for axis in range(len(shape)))]
    unit = np.eye(volume)
    probes = [np.zeros((1, volume)), unit, (unit[:, None] + unit).reshape(-1, volume)]
    everything = np.concatenate([*images, *(p.reshape(-1, *shape) for p in probes)])
    values = np.asarray(jax.jit(jax.vmap(lambda field: prior.log_prob(field)))(everything))
    parts = np.split(values, np.cumsum([draws] * len(images) + [1, volume]))
    log_prob, of_images, (at_zero,), of_unit, of_sums = parts[0], parts[1:-3], *parts[-3:]
    matrix = np.add.outer(of_unit, of_unit) - at_zero - of_sums.reshape(volume, volume)
    peak = 0.5 * np.linalg.slogdet(matrix)[1] - 0.5 * volume * np.log(2 * np.pi)
    squared = 2 * (peak - log_prob)
    assert abs(squared.mean() - volume) < 5 * np.sqrt(2 * volume / draws)
    assert abs(squared.var() / (2 * volume) - 1) < 5 * np.sqrt((2 + 12 / volume) / draws)
    assert at_zero == pytest.approx(peak, rel=1e-12)
    assert prior.symmetries == {"z2", "translation"}
    np.testing.assert_allclose(of_images, [log_prob] * len(of_images), rtol=1e-11)


@cases
@pytest.mark.parametrize("dtype", [jnp.float32, jnp.float64])
def test_samples_have_the_precision_asked_for_and_densities_are_double(settings, dtype):
    prior = settings.build(RealScalar(Lattice((4, 3))))
    field = jax.jit(lambda key: prior.sample(key, dtype))(jax.random.key(3))
    assert field.dtype == dtype and field.shape == (4, 3)
    log_prob = jax.jit(lambda field: prior.log_prob(field))
    assert log_prob(field).dtype == jnp.float64
    np.testing.assert_allclose(log_prob(field), log_prob(np.float64(field)), rtol=1e-6)


def test_free_field_prior_is_the_weight_of_its_theory():
    prior = FreeFieldSettings(m2=0.4, zeta=0.7).build(RealScalar(Lattice((3, 4))))
    assert isinstance(prior, FreeField)
    assert (float(prior.theory.m2), float(prior.theory.zeta)) == (0.4, 0.7)
    field = prior.sample(jax.random.key(4), jnp.float64)
    difference = prior.log_prob(field) - prior.theory.log_prob(field)
    assert difference == pytest.approx(-float(prior.theory.log_partition_function()), rel=1e-12)


def test_a_zero_mode_of_two_peaks_has_the_susceptibility_asked_for():
    """All other modes are those of the free field with the same numbers.

    20 000 draws; six means at 5 standard errors: a false alarm in 3 10^5 seeds.
    """
    space = RealScalar(Lattice((4, 3)))
    prior = TwoPeakedFieldSettings(m2=0.05, zeta=0.7, separation=2.0).build(space)
    free = FreeFieldSettings(m2=0.05, zeta=0.7).build(space)
    keys = jax.random.split(jax.random.key(5), 20_000)
    fields, others = (
        np.asarray(jax.jit(jax.vmap(lambda key, p=p: p.sample(key, jnp.float64)))(keys))
        for p in (prior, free)
    )
    mode = fields.sum((1, 2)) / np.sqrt(12)

    def agrees(values, expected):
        return abs(values.mean() - expected) < 5 * values.std() / len(values) ** 0.5

    assert agrees(mode, 0) and agrees(mode**2, 20.0)
    assert agrees(mode**4, (16 + 6 * 4 + 3) / 25 * 20.0**2)
    # One peak at each sign, and a valley that the free field does not have.
    assert agrees(1.0 * (np.abs(mode) < 1.0), np.diff(_two_peaks_below([-1.0, 1.0], 20.0, 2.0))[0])
    waves = [np.fft.rfft2(f)[:, 1, 0] for f in (fields, others)]
    assert agrees(np.abs(waves[0]) ** 2 - np.abs(waves[1]) ** 2, 0)
    assert agrees((mode**2 - 20.0) * np.abs(waves[0]) ** 2, 0)
    field, raised = jnp.asarray(fields[0]), jnp.asarray(fields[0] + 0.3)
    others_differ = free.log_prob(raised) - free.log_prob(field)
    assert prior.log_prob(field) == pytest.approx(float(prior.log_prob(-field)), rel=1e-12)
    assert abs(float(prior.log_prob(raised) - prior.log_prob(field) - others_differ)) > 0.01


def test_the_separation_is_learnt_and_its_path_gradient_has_the_mean_of_the_plain_one():
    """Nothing else of the prior is trained. 4096 draws, 5 standard errors: 6e-7 false alarms."""
    lattice = Lattice((2, 2))
    prior = TwoPeakedFieldSettings(m2=0.3, separation=1.5).build(RealScalar(lattice))
    parameters, rest = parameters_of(prior)
    assert [float(x) for x in jax.tree.leaves(parameters)] == [1.5]
    flow = ContinuousSettings(channels=1, harmonics=1, times=1).build(
        RealScalar(lattice), jax.random.key(0)
    )
    theory = Phi4.aks(lattice, m2=-4.0, lam=6.0)

    def gradients(objective):
        def loss(parameters, key):
            model = Model(eqx.combine(parameters, rest), flow, "double")
            return objective(model, theory, key)[0]

        keys = jax.random.split(jax.random.key(6), 4096)
        found = jax.jit(jax.vmap(jax.grad(loss), (None, 0)))(parameters, keys)
        return np.asarray(jax.tree.leaves(found)[0])

    path, plain = gradients(path_gradient), gradients(reverse_kl)
    error = (path - plain).std() / path.size**0.5
    assert abs((path - plain).mean()) < 5 * error
    assert abs(plain.mean()) > 20 * error


def _two_peaks_below(values, square, separation):
    width = np.sqrt(square / (1 + separation**2))
    centre = separation * width
    return [sum(norm.cdf((v - c) / width) for c in (centre, -centre)) / 2 for v in values]


def test_settings_are_told_by_their_kind_and_refuse_nonsense():
    adapter = TypeAdapter(one_of(PRIORS, "kind"))
    for settings in CASES:
        assert adapter.validate_python(settings.model_dump()) == settings
    for block in (
        {"kind": "flat"},
        {"kind": "normal", "width": 0},
        {"kind": "normal", "m2": 1},
        {"kind": "free-field", "m2": -1},
    ):
        with pytest.raises(ValidationError):
            adapter.validate_python(block)


@cases
def test_blocks_of_a_product_are_like_the_whole_and_others_are_refused(settings):
    prior = settings.build(RealScalar(Lattice((4, 6))))
    key = jax.random.key(5)
    if not prior.is_product:
        with pytest.raises(ConfigError, match=r"model\.prior\.kind: .*\"normal\".*\"psd\""):
            prior.sample_block(key, (2, 3), jnp.float64)
        return
    block = prior.sample_block(key, (2, 3), jnp.float32)
    assert block.shape == (2, 3) and block.dtype == jnp.float32
    whole = prior.sample_block(key, (4, 6), jnp.float64)
    np.testing.assert_array_equal(whole, prior.sample(key, jnp.float64))
    # The density of the whole is the product of those of its sites.
    alone = settings.build(RealScalar(Lattice((1, 1))))
    sites = jax.vmap(lambda site: alone.log_prob(site.reshape(1, 1)))(whole.reshape(-1))
    np.testing.assert_allclose(prior.log_prob(whole), sites.sum(), rtol=1e-12)


@cases
def test_independent_copies_are_the_prior_on_every_sublattice(settings):
    """Their densities add up; what is drawn has the variance of the prior, and no correlations.

    8000 draws of two sites of two sublattices each; 5 standard errors, false alarm 6e-6.
    """
    lattice = Lattice((4, 2))
    inner = settings.build(RealScalar(halved(lattice)))
    copies = IndependentCopies(inner)
    assert copies.is_normalised and copies.draws_independently
    assert copies.symmetries == inner.symmetries
    keys = jax.random.split(jax.random.key(1), 8000)
    draws = jax.jit(jax.vmap(lambda key: copies.sample(key, jnp.float64)))(keys)
    assert draws.shape == (8000, 4, 2)
    expected = sum(float(inner.log_prob(part)) for part in sublattices(draws[0]))
    assert float(copies.log_prob(draws[0])) == pytest.approx(expected, rel=1e-12)
    single = jax.jit(jax.vmap(lambda key: inner.sample(key, jnp.float64)))(keys)
    for site, partner in (((0, 0), (2, 0)), ((0, 0), (1, 0)), ((1, 1), (0, 1)), ((0, 0), (0, 0))):
        product = draws[:, *site] * draws[:, *partner]
        apart = (partner[0] - site[0], partner[1] - site[1])
        alike = single[:, 0, 0] * single[:, apart[0] // 2, 0]
        exact, noise = (0.0, 0.0) if any(n % 2 for n in apart) else (alike.mean(), alike.std())
        error = np.hypot(product.std(), noise) / np.sqrt(len(keys))
        assert abs(product.mean() - exact) < 5 * error, (site, partner)


def test_independent_copies_move_with_the_prior():
    copies = IndependentCopies(FreeFieldSettings(m2=0.4).build(RealScalar(Lattice((2, 3)))))
    moved = copies.moved_to(Lattice((8, 4)))
    other = IndependentCopies(FreeFieldSettings(m2=0.4).build(RealScalar(Lattice((4, 2)))))
    assert eqx.tree_equal(moved, other)
    with pytest.raises(ConfigError, match="even extents"):
        copies.moved_to(Lattice((8, 3)))


class Circle(FieldSpace):
    """An angle on every site."""

    lattice: Lattice
    is_compact = True

    @property
    def n_variables(self):
        """One for each site."""
        return self.lattice.volume

    def structure(self, dtype):
        """One array."""
        return jax.ShapeDtypeStruct(self.lattice.shape, jnp.dtype(dtype))

    def random(self, key, dtype):
        """Uniform angles."""
        return jax.random.uniform(key, self.lattice.shape, dtype, 0, 2 * np.pi)

    def cold(self, dtype):
        """Zero."""
        return jnp.zeros(self.lattice.shape, dtype)

    def momentum(self, key, dtype):
        """Standard normal."""
        return jax.random.normal(key, self.lattice.shape, dtype)

    def kinetic(self, momentum):
        """Half the square."""
        return 0.5 * jnp.sum(momentum * momentum)

    def move(self, field, velocity):
        """Around the circle."""
        return jnp.mod(field + velocity, 2 * np.pi)

    def project(self, field):
        """Nothing to do."""
        return field


def test_uniform_prior_on_compact_spaces_and_on_no_others():
    """Moments of 4000 draws at 5 standard errors; density one in the normalised measure."""
    space = Circle(Lattice((4, 6)))
    prior = UniformSettings().build(space)
    assert prior == Uniform(space) and prior.is_normalised and prior.draws_independently
    keys = jax.random.split(jax.random.key(2), 4000)
    angles = np.asarray(jax.vmap(lambda key: prior.sample(key, jnp.float32))(keys), np.float64)
    for power in (1, 2):
        for wave in (np.cos(power * angles), np.sin(power * angles)):
            assert abs(wave.mean()) < 5 * wave.std() / np.sqrt(wave.size)
    log_prob = prior.log_prob(jnp.asarray(angles[0]))
    assert log_prob == 0 and log_prob.dtype == jnp.float64
    with pytest.raises(FieldError, match="a field has"):
        prior.log_prob(jnp.asarray(angles))
    with pytest.raises(ConfigError, match="compact space"):
        UniformSettings().build(RealScalar(Lattice((4, 6))))


@cases
def test_what_is_no_field_of_the_space_is_refused(settings):
    prior = settings.build(RealScalar(Lattice((4, 6))))
    for wrong in (np.zeros((2, 4, 6)), np.zeros((6, 4)), np.zeros(24), np.zeros((4, 6), int)):
        for way in (prior.log_prob, jax.jit(lambda field: prior.log_prob(field))):
            with pytest.raises(FieldError, match="a field has"):
                way(jnp.asarray(wrong))
    with pytest.raises(FieldError, match="a field has"):
        jax.vmap(prior.log_prob)(np.zeros((2, 3, 4, 6)))


@cases
def test_other_spaces_are_refused_by_name(settings):
    with pytest.raises(ConfigError, match="RealScalar, not of Circle") as caught:
        settings.build(Circle(Lattice((4, 6))))
    assert caught.value.key == "model.prior.kind"


def test_priors_and_kernels_refuse_to_be_single_silently():
    """In a process where nobody switched double precision on."""
    code = (
        "from latflow.errors import PrecisionError\n"
        "from latflow.fields import RealScalar\n"
        "from latflow.lattice import Lattice\n"
        "from latflow.priors import IndependentNormal\n"
        "try: IndependentNormal(RealScalar(Lattice((2, 2))))\n"
        "except PrecisionError: print('prior')\n"
        "import jax; jax.config.update('jax_enable_x64', True)\n"
        "from latflow.theories import Phi4\n"
        "theory = Phi4.hopping(Lattice((2, 2)), beta=0.3, lam=0.5)\n"
        "from latflow.kernels.scalar import ClusterFlips\n"
        "jax.config.update('jax_enable_x64', False)\n"
        "try: ClusterFlips(theory)\n"
        "except PrecisionError: print('cluster')\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert ended.stdout == "prior\ncluster\n", ended.stderr
