"""What every flow of SU(N) links must satisfy: the flows of the registry that serve them.

In double precision: round trips, log-determinants against the Jacobian in algebra coordinates,
gauge covariance, centre, charge conjugation, independence of batch-mates, gradients.
"""

from functools import lru_cache

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from latflow.errors import ConfigError
from latflow.fields import RealScalar
from latflow.fields.links import SULinks, matrix_product
from latflow.flows import (
    FLOWS,
    GradientFlowSettings,
    PlaquetteSpectral,
    PlaquetteSpectralSettings,
    ResidualFlowSettings,
)
from latflow.flows.gauge.spectral import ClassMap, rebuilt, spectrum_of
from latflow.lattice import Lattice
from latflow.not_trained import parameters_of
from latflow.theories import SUGauge

from .test_link_flows import randomised

BATCH = 2
SU_FLOWS = [flow for flow in FLOWS if SULinks in flow.spaces]
CASES = [
    ("SU(2)", PlaquetteSpectralSettings(bins=3), 2, (2, 3)),
    ("SU(3)", PlaquetteSpectralSettings(bins=3, waves=2), 3, (3, 2)),
    ("SU(4)", PlaquetteSpectralSettings(bins=2, waves=1), 4, (1, 2)),
    ("gradient flow of SU(2) in 4D", GradientFlowSettings(
        beta=1.0, loops="plaquettes", precise_steps=8), 2, (2, 2, 2, 2)),
    ("gradient flow of SU(2)", GradientFlowSettings(
        beta=1.0, start="next", precise_steps=8), 2, (3, 4)),
    ("gradient flow of SU(3)", GradientFlowSettings(
        beta=1.5, start="next", precise_steps=8), 3, (3, 3)),
    ("gradient flow of SU(3) in 3D", GradientFlowSettings(
        beta=0.8, precise_steps=6), 3, (3, 3, 3)),
    ("gradient flow of SU(4)", GradientFlowSettings(
        beta=1.0, start="next", precise_steps=6), 4, (3, 3)),
    ("residual, SU(2)", ResidualFlowSettings(layers=1), 2, (4, 2)),
    ("residual, SU(3)", ResidualFlowSettings(layers=2), 3, (4, 2)),
    ("residual, SU(4)", ResidualFlowSettings(layers=2), 4, (4, 2)),
    ("residual, SU(2) in 3D", ResidualFlowSettings(layers=3), 2, (4, 2, 2)),
    ("residual, SU(3) in 4D", ResidualFlowSettings(layers=4), 3, (2, 2, 2, 2)),
]  # fmt: skip
NAMES = [name for name, *_ in CASES]


def cases(*quick):
    """All names as parameters of a test; but for those given they are slow: they compile long."""
    return pytest.mark.parametrize(
        "name", [pytest.param(n, marks=[pytest.mark.slow] * (n not in quick)) for n in NAMES]
    )


flows = cases("SU(2)")


@lru_cache
def examined(name):
    _, settings, n, shape = CASES[NAMES.index(name)]
    space = SULinks(Lattice(shape), n)
    flow = randomised(settings.build(space, jax.random.key(0)))
    keys = jax.random.split(jax.random.key(1), BATCH)
    z = jax.vmap(lambda key: space.random(key, jnp.float64))(keys)
    forward = jax.jit(jax.vmap(lambda z: flow.forward(z)))
    inverse = jax.jit(jax.vmap(lambda x: flow.inverse(x)))
    return flow, space, z, forward, inverse, forward(z)


@cases("SU(2)", "SU(3)", "residual, SU(2)")
def test_round_trip_both_ways(name):
    _, space, z, forward, inverse, (x, log_det) = examined(name)
    back, back_log_det = inverse(x)
    np.testing.assert_allclose(back, z, atol=1e-9)
    np.testing.assert_allclose(back_log_det, -log_det, rtol=1e-9, atol=1e-9)
    y, down = inverse(z)
    there, up = forward(y)
    np.testing.assert_allclose(there, z, atol=1e-9)
    np.testing.assert_allclose(up, -down, rtol=1e-9, atol=1e-9)
    assert np.abs(x - z).max() > 0.05
    np.testing.assert_allclose(jax.vmap(space.project)(x), x, atol=1e-12)


@flows
def test_log_det_is_that_of_the_jacobian_in_algebra_coordinates(name):
    """dF F^+ = J dv for z moved to exp(v) z: Haar's measure is that of v at zero."""
    flow, space, z, _, _, (x, log_det) = examined(name)
    image = x[0]

    def coordinates(v):
        moved, _ = flow.forward(space.move(z[0], v))
        return space.coefficients(space.product(moved, image, (False, True)))

    zero = jnp.zeros((space.n**2 - 1, space.lattice.ndim, *space.lattice.shape))
    jacobian = np.asarray(jax.jit(jax.jacfwd(coordinates))(zero))
    sign, expected = np.linalg.slogdet(jacobian.reshape(zero.size, -1))
    assert sign > 0
    np.testing.assert_allclose(log_det[0], expected, rtol=1e-9, atol=1e-9)
    assert abs(expected) > 1e-3


@flows
def test_symmetries_are_those_claimed(name):
    flow, space, z, forward, _, (x, log_det) = examined(name)
    gauge = space.random_elements(jax.random.key(9), jnp.float64)
    turned = jax.vmap(lambda field: space.transformed(field, gauge))
    root = jnp.exp(2j * jnp.pi / space.n)
    actions = {
        "gauge": [turned],
        "centre": [lambda field: field.at[:, :, :, 0, 0].multiply(root)],
        "charge-conjugation": [jnp.conj],
        "translation": [
            lambda field, axis=axis: jnp.roll(field, 1, 4 + axis)
            for axis in range(space.lattice.ndim)
        ],
    }
    if "even-translation" in flow.symmetries:
        actions["even-translation"] = [lambda field: jnp.roll(field, 2, 4)]
    for symmetry, images in actions.items():
        off = 0.0
        for image in images:
            moved, moved_log_det = forward(image(z))
            off = max(off, np.abs(moved - image(x)).max(), np.abs(moved_log_det - log_det).max())
        assert (off < 1e-9) == (symmetry in flow.symmetries), symmetry
    spectral_of_four = space.n == 4 and isinstance(flow, PlaquetteSpectral)
    assert ("charge-conjugation" in flow.symmetries) != spectral_of_four


@flows
def test_a_configuration_does_not_depend_on_its_batch_mates(name):
    _, _, z, forward, _, (x, log_det) = examined(name)
    moved, moved_log_det = forward(z[::-1])
    np.testing.assert_allclose(moved[1], x[0], rtol=1e-11, atol=1e-11)
    np.testing.assert_allclose(moved_log_det[0], log_det[1], rtol=1e-11, atol=1e-11)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["SU(2)", "SU(3)", "residual, SU(2)"])
def test_gradients_of_parameters_and_of_the_field(name):
    """Against finite differences along one direction each; no parameter is dead."""
    flow, space, z, *_ = examined(name)
    parameters, rest = eqx.partition(flow, eqx.is_inexact_array)
    theory = SUGauge(space.lattice, n=space.n, beta=1.3)

    def total(parameters, v):
        flow = eqx.combine(parameters, rest)
        field = space.move(z[0], v)
        (x, up), (y, down) = flow.forward(field), flow.inverse(field)
        return theory.action(x) + theory.action(y) ** 2 / 10 + 0.3 * up - 0.7 * down

    zero = jnp.zeros((space.n**2 - 1, 2, *space.lattice.shape))
    value = jax.jit(total)
    gradients = jax.jit(jax.grad(total, argnums=(0, 1)))(parameters, zero)
    direction = jax.tree.map(
        lambda p: np.cos(7 * np.asarray(p) + np.arange(p.shape[-1])), parameters
    )
    force = np.cos(np.arange(zero.size)).reshape(zero.shape)
    step = 1e-6
    for change, gradient in (((direction, 0 * force), gradients), ((None, force), gradients)):
        moves = change[0] or jax.tree.map(lambda p: 0 * np.asarray(p), parameters)

        def along(step, moves=moves, velocity=change[1]):
            moved = jax.tree.map(lambda p, q: np.asarray(p) + step * q, parameters, moves)
            return float(value(moved, step * velocity))

        pairs = zip(jax.tree.leaves(gradient), jax.tree.leaves((moves, change[1])), strict=True)
        slope = sum((np.asarray(g) * d).sum() for g, d in pairs)
        expected = (8 * (along(step) - along(-step)) - along(2 * step) + along(-2 * step)) / 12
        np.testing.assert_allclose(slope, expected / step, rtol=1e-5, atol=1e-6)
    assert all(np.abs(g).max() > 1e-6 for g in jax.tree.leaves(gradients[0])), "a dead parameter"


@pytest.mark.first_cases(2)
@pytest.mark.parametrize("n", [2, 3, 4])
def test_spectra(n):
    """Rebuilt matrices, the canonical cell, and the centre, whose eigenvalues are the same."""
    space = SULinks(Lattice((200,)), n)
    matrices = space.random_elements(jax.random.key(1), jnp.float64)
    spectrum, same = jax.jit(
        lambda matrices: ((found := spectrum_of(matrices)), rebuilt(found, found.angles))
    )(matrices)
    np.testing.assert_allclose(same, matrices, atol=1e-12)
    angles = np.asarray(spectrum.angles)
    np.testing.assert_allclose(angles.sum(axis=0), 0, atol=1e-12)
    assert (np.diff(angles, axis=0) <= 0).all() and (angles[0] - angles[-1] <= 2 * np.pi).all()
    traces = np.asarray(jnp.trace(matrices))
    np.testing.assert_allclose(np.exp(1j * angles).sum(axis=0), traces, atol=1e-12)

    class_map = randomised(ClassMap.identity(n, 3, 2))
    centre = np.exp(2j * np.pi * np.arange(n) / n)
    units = jnp.asarray(np.eye(n)[:, :, None] * centre, jnp.complex128)
    spectrum = jax.jit(spectrum_of)(units)
    image, log_stretch = class_map(spectrum.angles)
    np.testing.assert_allclose(jax.jit(rebuilt)(spectrum, spectrum.angles), units, atol=1e-12)
    np.testing.assert_allclose(image, spectrum.angles, atol=1e-6)
    assert np.isfinite(log_stretch).all()
    back, _ = class_map.inverse(image)
    np.testing.assert_allclose(back, spectrum.angles, atol=1e-6)


@pytest.mark.first_cases(1)
@pytest.mark.parametrize("n", [3, 2, 4])
def test_spectra_where_eigenvalues_almost_meet(n):
    """Two eigenvalues, or all of them near the centre: the function of a matrix is as exact as
    elsewhere, its inverse too, and it commutes with conjugations."""
    space = SULinks(Lattice((20,)), n)
    frames, turns = (space.random_elements(jax.random.key(i), jnp.float64) for i in (0, 1))
    each = randomised(ClassMap.identity(n, 3, 2))

    def conjugated(by, matrices):
        return matrix_product(matrix_product(by, matrices), by, (False, True))

    @jax.jit
    def there_and_back(matrices):
        spectrum = spectrum_of(matrices)
        image, log_stretch = each(spectrum.angles)
        moved = rebuilt(spectrum, image)
        spectrum = spectrum_of(moved)
        before, back_log_stretch = each.inverse(spectrum.angles)
        return moved, rebuilt(spectrum, before), log_stretch + back_log_stretch

    numbers = np.random.default_rng(1)
    centre = 2 * np.pi * numbers.integers(0, n, 20) / n
    for gap in (1e-3, 1e-7, 1e-11, 0.0):
        two = numbers.uniform(-3, 3, (n, 20))
        two[1] = two[0] + gap * numbers.uniform(0.5, 1, 20)
        near = gap * numbers.normal(size=(n, 20))
        for angles in (two - two.mean(axis=0), near - near.mean(axis=0) + centre):
            diagonal = jnp.asarray(np.eye(n)[:, :, None] * np.exp(1j * angles))
            matrices = space.project(conjugated(frames, diagonal))
            moved, back, rest = there_and_back(matrices)
            np.testing.assert_allclose(back, matrices, atol=1e-9)
            np.testing.assert_allclose(jax.jit(space.project)(moved), moved, atol=1e-10)
            turned, *_ = there_and_back(conjugated(turns, matrices))
            np.testing.assert_allclose(turned, conjugated(turns, moved), atol=1e-9)
            # Closer to each other the gaps themselves are lost in rounding, relative to them.
            assert gap < 1e-3 or np.abs(rest).max() < 1e-9


@pytest.mark.parametrize("settings", SU_FLOWS, ids=lambda s: s.__name__)
def test_every_flow_starts_at_the_identity_in_single_precision_and_moves(settings):
    space = SULinks(Lattice((4, 4)), 3)
    flow = settings().build(space, jax.random.key(0))
    assert all(x.dtype == jnp.float32 for x in jax.tree.leaves(parameters_of(flow)[0]))
    z = space.random(jax.random.key(1), jnp.float32)
    x, log_det = jax.jit(lambda z: flow.forward(z))(z)
    assert x.dtype == jnp.complex64 and log_det.dtype == jnp.float64
    assert np.abs(x - z).max() < 1e-4 and abs(float(log_det)) < 1e-2
    assert any(isinstance(case, settings) for _, case, *_ in CASES), "no case of it"
    moved = flow.moved_to(Lattice((4, 6)))
    assert moved.space == SULinks(Lattice((4, 6)), 3)


def test_refusals():
    key = jax.random.key(0)
    for settings in SU_FLOWS:
        with pytest.raises(ConfigError, match="not of RealScalar"):
            settings().build(RealScalar(Lattice((2, 2))), key)
    for shape in ((2, 2, 2), (1, 1)):
        with pytest.raises(ConfigError, match="needs two dimensions") as caught:
            PlaquetteSpectralSettings().build(SULinks(Lattice(shape), 2), key)
        assert caught.value.key == "theory.shape"
