"""What every flow must satisfy. A flow of the registry ``FLOWS`` is tested without a word here."""

from functools import lru_cache

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from latflow.errors import ConfigError, FieldError
from latflow.fields import ProductSpace, RealScalar
from latflow.flows import FLOWS
from latflow.lattice import Lattice
from latflow.not_trained import parameters_of

from .cases import CASES, DIFFERENTIATED, TESTED, build, cases

pytestmark = pytest.mark.usefixtures("strict_promotion")
flows = pytest.mark.parametrize("name", TESTED)

BATCH = 3


def latents(shape, seed=0):
    """Latent configurations, some sites far in the tails."""
    return 1.5 * np.random.default_rng(seed).standard_t(5, (BATCH, *shape))


def images_of(z):
    """Symmetry images of a batch, by name of the symmetry."""
    axes = range(z.ndim - 1)
    return {
        "z2": [-z],
        "translation": [np.roll(z, 1, 1 + axis) for axis in axes],
        "even-translation": [np.roll(z, 2, 1 + axis) for axis in axes],
    }


def arrays(tree):
    """As NumPy arrays, whose arithmetic does not need to be compiled."""
    return jax.tree.map(np.asarray, tree)


@lru_cache
def examined(name):
    """Everything about one flow that the tests below look at; few and small compilations."""
    flow, shape = build(name)
    z = latents(shape)
    forward = jax.jit(jax.vmap(lambda z: flow.forward(z)))
    inverse = jax.jit(jax.vmap(lambda x: flow.inverse(x)))
    jacobian = jax.jit(jax.jacrev(lambda z: (lambda y: (y[0], y))(flow.forward(z)), has_aux=True))
    inverse_jacobian = jax.jit(jax.jacfwd(lambda x: flow.inverse(x)[0]))
    x, y = arrays(forward(z)), arrays(inverse(z))
    return {
        "forward": lambda z: arrays(forward(z)),
        "x": x,
        "y": y,
        "inverse of x": arrays(inverse(x[0])),
        "forward of y": arrays(forward(y[0])),
        "alone": [arrays(jacobian(one)[1]) for one in z],
        "jacobian": jacobian(z[0])[0],
        "inverse jacobian": inverse_jacobian(z[0]),
    }


@lru_cache
def gradients(name):
    """Parameter gradients of a number that depends on all outputs of a flow in both directions."""
    flow, shape = build(name)
    parameters, rest = parameters_of(flow)
    direction = jax.tree.map(lambda p: np.cos(7 * np.asarray(p) + 1), parameters)
    z = latents(shape)
    weight = np.random.default_rng(1).normal(size=shape)

    def both_ways(parameters, z):
        flow = eqx.combine(parameters, rest)
        (x, up), (y, down) = flow.forward(z), flow.inverse(z)
        return (jnp.arcsinh(x) * weight + jnp.arctan(y) * weight**2).sum() + 0.3 * up - 0.7 * down

    def along(step):
        moved = jax.tree.map(lambda p, d: np.asarray(p) + step * d, parameters, direction)
        return float(total(moved)[0])

    single = jax.jit(jax.value_and_grad(both_ways))
    total = jax.jit(
        jax.value_and_grad(lambda p: jax.vmap(both_ways, in_axes=(None, 0))(p, z).sum())
    )
    # Small, since deep flows bend strongly and splines have kinks in their slopes.
    step = 1e-6
    ahead, behind, far_ahead, far_behind = (along(n * step) for n in (1, -1, 2, -2))
    return {
        "batched": arrays(total(parameters)),
        "one by one": [arrays(single(parameters, one)) for one in z],
        "direction": direction,
        "slope": (8 * (ahead - behind) - (far_ahead - far_behind)) / (12 * step),
    }


def volume(x):
    return int(np.prod(x.shape[1:]))


@flows
def test_round_trip_both_ways(name):
    found = examined(name)
    z = latents(build(name)[1])
    for there, back in (("x", "inverse of x"), ("y", "forward of y")):
        np.testing.assert_allclose(found[back][0], z, rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(found[back][1], -found[there][1], rtol=1e-9, atol=1e-9)
    # A randomised flow that does nothing would pass every test of this module.
    assert np.abs(found["x"][0] - z).max() > 0.01


@flows
def test_log_det_is_that_of_the_autodiff_jacobian(name):
    found = examined(name)
    for (_, log_det), jacobian in (
        (found["x"], found["jacobian"]),
        (found["y"], found["inverse jacobian"]),
    ):
        sites = int(np.prod(build(name)[1]))
        sign, expected = np.linalg.slogdet(np.asarray(jacobian).reshape(sites, sites))
        assert sign != 0
        np.testing.assert_allclose(log_det[0], expected, rtol=1e-9, atol=1e-10)


@flows
def test_symmetries_are_those_claimed_and_no_others(name):
    found = examined(name)
    flow, shape = build(name)
    claimed = set(flow.symmetries)
    if "translation" in claimed:
        claimed.add("even-translation")
    x, log_det = found["x"]
    latent_images, field_images = images_of(latents(shape)), images_of(x)
    for symmetry, images in latent_images.items():
        broken = []
        for image, expected in zip(images, field_images[symmetry], strict=True):
            moved, moved_log_det = found["forward"](image)
            if symmetry in claimed:
                np.testing.assert_allclose(moved, expected, rtol=1e-9, atol=1e-9)
                np.testing.assert_allclose(moved_log_det, log_det, rtol=1e-9, atol=1e-9)
            broken.append(np.abs(moved - expected).max() > 1e-4)
        # Two steps around an extent of two lead nowhere: nothing can be seen there.
        visible = symmetry != "even-translation" or max(shape) > 2
        if symmetry not in claimed and visible:
            assert any(broken), f"{name} has the symmetry {symmetry} and does not claim it"


@flows
def test_a_configuration_does_not_depend_on_its_batch_mates(name):
    found = examined(name)
    shape = build(name)[1]
    z, forward = latents(shape), found["forward"]
    order = [2, 0, 1]
    permuted = forward(z[order])
    mates = latents(shape, seed=9)
    mates[1] = z[1]
    other_mates = forward(mates)
    # Another size of batch compiles anew: for the registry's own settings only.
    larger = forward(np.concatenate([mates, z])) if name.startswith("default") else None
    for index, alone in enumerate(found["alone"]):
        same = [[part[index] for part in found["x"]]]
        same += [[part[order.index(index)] for part in permuted]]
        same += [[part[BATCH + index] for part in larger]] if larger else []
        same += [[part[1] for part in other_mates]] if index == 1 else []
        for x, log_det in same:
            np.testing.assert_allclose(x, alone[0], rtol=1e-11, atol=1e-11)
            np.testing.assert_allclose(log_det, alone[1], rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("name", cases(DIFFERENTIATED))
def test_parameter_gradients(name):
    """Under vmap: the sum of the single gradients, and what finite differences say."""
    if not jax.tree.leaves(parameters_of(build(name)[0])[0]):
        assert name.removeprefix("default ").startswith(("exact odd", "exact-odd"))
        return
    found = gradients(name)
    value, gradient = found["batched"]
    values, parts = zip(*found["one by one"], strict=True)
    np.testing.assert_allclose(value, sum(values), rtol=1e-11)
    summed = jax.tree.map(lambda *g: sum(g), *parts)
    scale = max(float(np.abs(g).max()) for g in jax.tree.leaves(gradient))
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-11 * scale),
        gradient,
        summed,
    )
    products = jax.tree.map(lambda g, d: (g * d).sum(), gradient, found["direction"])
    slope = sum(jax.tree.leaves(products))
    np.testing.assert_allclose(slope, found["slope"], rtol=1e-6, atol=1e-7 * scale)
    assert all(np.abs(g).max() > 1e-6 for g in jax.tree.leaves(gradient)), "a dead parameter"


@pytest.mark.parametrize("settings", [c[1] for c in CASES if c[0].startswith(("default", "dense"))])
def test_single_precision_stays_single_and_log_dets_are_double(settings):
    flow = settings.build(RealScalar(Lattice((4, 4))), jax.random.key(0))
    leaves = jax.tree.leaves(parameters_of(flow)[0])
    assert all(leaf.dtype == jnp.float32 for leaf in leaves)
    z = latents((4, 4))[0].astype(np.float32)
    results = jax.jit(lambda z: (flow.forward(z), flow.inverse(z)))(z)
    for x, log_det in results:
        assert x.dtype == jnp.float32 and x.shape == z.shape
        assert log_det.dtype == jnp.float64


def wrong_fields(shape):
    """Fields that are none of a space of real scalars on this lattice, by what is wrong."""
    right = np.zeros(shape)
    return {
        "larger": np.zeros([2 * n for n in shape]),
        "smaller": np.zeros([1, *shape[1:]]) if shape[0] > 1 else np.zeros([*shape, 2]),
        "flat": right.reshape(-1) if len(shape) > 1 else right[None],
        "another dimension": right[..., None],
        "integers": right.astype(int),
        "complex": right.astype(complex),
        "a pair": (right, right),
    }


@flows
def test_what_is_no_field_of_the_space_is_refused(name):
    flow, shape = build(name)
    assert flow.space == RealScalar(Lattice(shape))
    for wrong in wrong_fields(shape).values():
        for way in (flow.forward, flow.inverse):
            with pytest.raises(FieldError, match="a field has"):
                jax.eval_shape(lambda field, way=way: way(field), wrong)
    # Inside of transformations, too: each configuration is checked, not the batch.
    with pytest.raises(FieldError, match="a field has"):
        jax.eval_shape(
            jax.vmap(lambda z: flow.forward(z)), np.zeros((3, *wrong_fields(shape)["larger"].shape))
        )
    with pytest.raises(FieldError, match="a field has"):
        jax.jit(lambda x: flow.inverse(x))(wrong_fields(shape)["smaller"])


@pytest.mark.parametrize("settings", FLOWS, ids=lambda settings: settings.__name__)
def test_spaces_that_a_flow_does_not_serve_are_refused(settings):
    space = ProductSpace({"first": RealScalar(Lattice((4, 4)))})
    served = " or ".join(one.__name__ for one in settings.spaces)
    with pytest.raises(ConfigError, match=f"fields of {served}, not of") as caught:
        settings().build(space, jax.random.key(0))
    assert caught.value.key == "model.flow.kind"
