"""What every flow of links must satisfy: the flows of the registry that serve U(1), and variants.

In double precision: round trips, log-determinants against the Jacobian in algebra coordinates
(angles), gauge covariance, translations, charge conjugation, independence of batch-mates.
"""

from functools import lru_cache

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from latflow.errors import ConfigError, FieldError
from latflow.fields import RealScalar
from latflow.fields.links import U1Links, plaquette_angles, wrapped
from latflow.flows import (
    FLOWS,
    GradientFlowSettings,
    LinkCouplingSettings,
    PlaquetteSplineSettings,
    ResidualFlowSettings,
    closure,
)
from latflow.flows.nets import ConvolutionSettings
from latflow.lattice import Lattice
from latflow.not_trained import parameters_of

BATCH = 3
NET = ConvolutionSettings(hidden=(3,))
LINK_FLOWS = [flow for flow in FLOWS if U1Links in flow.spaces]
# Every class with its own settings, then variants: name, settings, shape.
CASES = [
    ("couplings", LinkCouplingSettings(layers=2, bins=3), (4, 6)),
    ("couplings without charge conjugation", LinkCouplingSettings(
        layers=2, bins=2, equivariance="none", net=NET), (2, 4)),
    ("couplings in 3D", LinkCouplingSettings(layers=3, bins=2, net=NET), (2, 4, 2)),
    ("couplings in 4D", LinkCouplingSettings(
        layers=1, bins=2, equivariance="none", net=ConvolutionSettings(hidden=())), (2, 2, 2, 2)),
    ("plaquettes", PlaquetteSplineSettings(bins=4), (4, 4)),
    ("plaquettes on odd extents", PlaquetteSplineSettings(bins=3), (3, 5)),
    ("plaquettes on two sites", PlaquetteSplineSettings(bins=2), (1, 2)),
    ("gradient flow", GradientFlowSettings(
        beta=1.0, start="next", steps=2, precise_steps=8), (3, 4)),
    ("gradient flow in 3D", GradientFlowSettings(
        beta=0.7, loops="plaquettes", powers=2, precise_steps=8), (2, 3, 2)),
    ("residual", ResidualFlowSettings(layers=2), (4, 4)),
    ("residual in 3D", ResidualFlowSettings(layers=3), (2, 4, 2)),
    ("residual in 4D", ResidualFlowSettings(layers=2, contraction=0.99), (2, 2, 2, 4)),
]  # fmt: skip
NAMES = [name for name, _, _ in CASES]
SELDOM = {
    "couplings in 3D",
    "couplings without charge conjugation",
    "couplings in 4D",
    "plaquettes on two sites",
    "gradient flow in 3D",
    "residual in 3D",
    "residual in 4D",
}


def cases(seldom):
    """All names as parameters of a test, those that are tested seldom marked as slow."""
    return pytest.mark.parametrize(
        "name", [pytest.param(n, marks=[pytest.mark.slow] * (n in seldom)) for n in NAMES]
    )


flows = cases(SELDOM)


def randomised(tree, scale=0.15):
    """The same tree in double precision, with noise on every parameter."""
    random = np.random.default_rng(3)
    parameters, rest = eqx.partition(tree, eqx.is_inexact_array)
    noisy = jax.tree.map(
        lambda leaf: np.asarray(leaf, np.float64) + scale * random.normal(size=leaf.shape),
        parameters,
    )
    return eqx.combine(jax.device_put(noisy), rest)


def distance(one, other):
    """Largest distance around the circle."""
    return float(np.abs(np.asarray(wrapped(jnp.asarray(one) - jnp.asarray(other)))).max())


@lru_cache
def examined(name):
    """The flow, some fields, their images, and how to get more."""
    _, settings, shape = CASES[NAMES.index(name)]
    space = U1Links(Lattice(shape))
    flow = randomised(settings.build(space, jax.random.key(0)))
    z = jax.vmap(lambda key: space.random(key, jnp.float64))(
        jax.random.split(jax.random.key(1), BATCH)
    )
    forward = jax.jit(jax.vmap(lambda z: flow.forward(z)))
    inverse = jax.jit(jax.vmap(lambda x: flow.inverse(x)))
    return flow, space, z, forward, inverse, forward(z)


@flows
def test_round_trip_both_ways(name):
    _, _, z, forward, inverse, (x, log_det) = examined(name)
    back, back_log_det = inverse(x)
    assert distance(back, z) < 1e-9
    np.testing.assert_allclose(back_log_det, -log_det, rtol=1e-9, atol=1e-9)
    y, down = inverse(z)
    there, up = forward(y)
    assert distance(there, z) < 1e-9
    np.testing.assert_allclose(up, -down, rtol=1e-9, atol=1e-9)
    assert distance(x, z) > 0.05


@flows
def test_log_det_is_that_of_the_jacobian_in_angles(name):
    flow, _, z, _, _, (_, log_det) = examined(name)
    jacobian = jax.jit(jax.jacfwd(lambda z: flow.forward(z)[0]))(z[0])
    sign, expected = np.linalg.slogdet(np.asarray(jacobian).reshape(z[0].size, -1))
    assert sign > 0
    np.testing.assert_allclose(log_det[0], expected, rtol=1e-9, atol=1e-9)
    assert abs(expected) > 1e-3


@flows
def test_symmetries_are_those_claimed_and_no_others(name):
    flow, space, z, forward, _, (x, log_det) = examined(name)
    gauge = space.random_elements(jax.random.key(9), jnp.float64)
    turned = jax.vmap(lambda field: space.transformed(field, gauge))
    ndim = space.lattice.ndim
    claimed = closure(flow.symmetries)
    actions = {
        "gauge": [turned],
        # The links along axis 0 that cross one plane.
        "centre": [lambda field: field.at[:, 0, 0].add(0.9)],
        "charge-conjugation": [lambda field: -field],
        "translation": [
            lambda field, axis=axis: jnp.roll(field, 1, 2 + axis) for axis in range(ndim)
        ],
        "even-translation": [
            lambda field, axis=axis: jnp.roll(field, 2, 2 + axis) for axis in range(ndim)
        ],
    }
    for symmetry, images in actions.items():
        visible = symmetry != "even-translation" or max(space.lattice.shape) > 2
        broken = []
        for image in images:
            moved, moved_log_det = forward(image(z))
            off = max(distance(moved, image(x)), float(np.abs(moved_log_det - log_det).max()))
            broken.append(off > 1e-4)
            if symmetry in claimed:
                assert off < 1e-9, symmetry
        if visible and symmetry not in claimed:
            assert any(broken), f"{symmetry} is a symmetry and not claimed"
    assert "gauge" in claimed


@flows
def test_a_configuration_does_not_depend_on_its_batch_mates(name):
    _, _, z, forward, _, (x, log_det) = examined(name)
    moved, moved_log_det = forward(z[jnp.array([2, 0, 1])])
    np.testing.assert_allclose(moved[1], x[0], rtol=1e-11, atol=1e-11)
    np.testing.assert_allclose(moved_log_det[0], log_det[2], rtol=1e-11, atol=1e-11)


@cases(SELDOM | {"gradient flow", "plaquettes on odd extents"})
def test_gradients_of_all_parameters(name):
    """Under vmap, against a finite difference along one direction; no parameter is dead."""
    flow, _, z, _, _, _ = examined(name)
    parameters, rest = eqx.partition(flow, eqx.is_inexact_array)

    def both_ways(parameters, z):
        flow = eqx.combine(parameters, rest)
        (x, up), (y, down) = flow.forward(z), flow.inverse(z)
        weight = jnp.arange(1.0, z.size + 1).reshape(z.shape) / z.size
        return jnp.sum(weight * (jnp.sin(x) + jnp.cos(y))) + 0.3 * up - 0.7 * down

    total = jax.jit(
        jax.value_and_grad(lambda p: jax.vmap(both_ways, in_axes=(None, 0))(p, z).sum())
    )
    direction = jax.tree.map(lambda p: np.cos(7 * np.asarray(p) + 1), parameters)

    def along(step):
        return float(
            total(jax.tree.map(lambda p, d: np.asarray(p) + step * d, parameters, direction))[0]
        )

    _, gradient = total(parameters)
    slope = sum(
        jax.tree.leaves(jax.tree.map(lambda g, d: (np.asarray(g) * d).sum(), gradient, direction))
    )
    step = 1e-6
    expected = (8 * (along(step) - along(-step)) - (along(2 * step) - along(-2 * step))) / 12
    scale = max(float(np.abs(g).max()) for g in jax.tree.leaves(gradient))
    np.testing.assert_allclose(slope, expected / step, rtol=1e-5, atol=1e-6 * scale)
    assert all(np.abs(g).max() > 1e-6 for g in jax.tree.leaves(gradient)), "a dead parameter"


@pytest.mark.parametrize("settings", LINK_FLOWS, ids=lambda s: s.__name__)
def test_every_flow_starts_at_the_identity_in_single_precision(settings):
    space = U1Links(Lattice((4, 4)))
    flow = settings().build(space, jax.random.key(0))
    leaves = jax.tree.leaves(parameters_of(flow)[0])
    assert leaves and all(leaf.dtype == jnp.float32 for leaf in leaves)
    z = space.random(jax.random.key(1), jnp.float32)
    x, log_det = jax.jit(lambda z: flow.forward(z))(z)
    assert x.dtype == jnp.float32 and log_det.dtype == jnp.float64
    assert distance(x, z) < 1e-5 and abs(float(log_det)) < 1e-4
    assert any(isinstance(case, settings) for _, case, _ in CASES), "no case of it"


@flows
def test_the_flow_moves_to_other_sizes_with_its_parameters(name):
    flow, space, *_ = examined(name)
    other = Lattice(tuple(2 * extent for extent in space.lattice.shape))
    moved = flow.moved_to(other)
    assert moved.space == U1Links(other)
    leaves, before = (
        jax.tree.leaves(eqx.filter(one, eqx.is_inexact_array)) for one in (moved, flow)
    )
    assert len(leaves) == len(before)
    assert all(np.array_equal(a, b) for a, b in zip(leaves, before, strict=True))


def test_couplings_change_half_of_the_links_of_one_axis_at_a_time():
    space = U1Links(Lattice((4, 6)))
    flow = randomised(
        LinkCouplingSettings(layers=4, bins=2, net=NET).build(space, jax.random.key(0))
    )
    z = space.random(jax.random.key(2), jnp.float64)
    touched = np.zeros((2, 4, 6), int)
    for layer in flow.flows:
        changed = np.abs(np.asarray(wrapped(layer.forward(z)[0] - z))) > 1e-12
        assert changed.sum() == 12
        touched += changed
    assert (touched == 1).all()


def test_plaquettes_go_through_one_map():
    """All but the last by f and an equal share; the last one as the constraint wants."""
    space = U1Links(Lattice((3, 4)))
    flow = randomised(PlaquetteSplineSettings(bins=4).build(space, jax.random.key(0)))
    z = space.random(jax.random.key(2), jnp.float64)
    before, after = (
        wrapped(plaquette_angles(space, field)).reshape(-1) for field in (z, flow.forward(z)[0])
    )
    shares = wrapped(after[:-1] - flow.each(before[:-1])[0])
    assert distance(shares, shares[0]) < 1e-12
    sum_ = wrapped(-jnp.sum(flow.each(before[:-1])[0]))
    assert distance(after[-1], flow.last(sum_)[0]) < 1e-12
    assert abs(float(shares[0])) > 1e-4


def test_refusals():
    for settings in LINK_FLOWS:
        with pytest.raises(ConfigError, match=r"U1Links.*, not of") as caught:
            settings().build(RealScalar(Lattice((4, 4))), jax.random.key(0))
        assert caught.value.key == "model.flow.kind"
        flow = settings().build(U1Links(Lattice((4, 4))), jax.random.key(0))
        for wrong in (jnp.zeros((4, 4)), jnp.zeros((2, 4, 6)), jnp.zeros((2, 4, 4), complex)):
            with pytest.raises(FieldError, match="a field has"):
                flow.forward(wrong)
    key = jax.random.key(0)
    with pytest.raises(ConfigError, match="even extents, got"):
        LinkCouplingSettings().build(U1Links(Lattice((4, 3))), key)
    with pytest.raises(ConfigError, match="odd activation"):
        LinkCouplingSettings(net=ConvolutionSettings(activation="silu")).build(
            U1Links(Lattice((4, 4))), key
        )
    for shape in ((2, 2, 2), (1, 1)):
        with pytest.raises(ConfigError, match="more than one site, got"):
            PlaquetteSplineSettings().build(U1Links(Lattice(shape)), key)
