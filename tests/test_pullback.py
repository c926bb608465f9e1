"""A theory pulled back through a flow: its action, its force, its symmetries."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from latflow.errors import ConfigError
from latflow.fields import RealScalar
from latflow.flows import (
    AffineCouplingSettings,
    Chain,
    Identity,
    PowerSpectrumSettings,
    RescaleSettings,
    SiteSplineSettings,
)
from latflow.flows.nets import ConvolutionSettings, SingleConvolutionSettings
from latflow.kernels import ClusterFlips
from latflow.lattice import Lattice
from latflow.pullback import Pullback
from latflow.theories import FreeScalar, Phi4, Theory

SHAPE = (4, 6)
SPACE = RealScalar(Lattice(SHAPE))
THEORY = Phi4.hopping(Lattice(SHAPE), beta=0.6, lam=0.5)
BLOCKS = {
    "affine": AffineCouplingSettings(net=ConvolutionSettings(hidden=(3,)), layers=2),
    "single": AffineCouplingSettings(net=SingleConvolutionSettings(), layers=2),
    "psd": PowerSpectrumSettings(bins=3),
    "spline": SiteSplineSettings(),
    "rescale": RescaleSettings(),
}


def flow_of(*names):
    """Flows that nobody trained, every parameter moved, in double precision."""
    random = np.random.default_rng(4)
    flows = [BLOCKS[name].build(SPACE, jax.random.key(0)) for name in names]
    chain = Chain(tuple(flows)) if flows else Identity(SPACE)
    parameters, rest = eqx.partition(chain, eqx.is_inexact_array)
    noisy = jax.tree.map(
        lambda leaf: np.asarray(leaf, np.float64) + 0.2 * random.normal(size=leaf.shape),
        parameters,
    )
    return eqx.combine(jax.device_put(noisy), rest)


LATENT = jnp.asarray(np.random.default_rng(1).normal(size=SHAPE))


def test_action_is_that_of_the_image_less_the_log_determinant():
    flow = flow_of("affine")
    x, log_det = flow.forward(LATENT)
    latent = Pullback(THEORY, flow)
    expected = float(THEORY.action(x) - log_det)
    assert float(latent.action(LATENT)) == pytest.approx(expected, rel=1e-12)
    np.testing.assert_allclose(latent.field(LATENT), x, rtol=1e-12)
    np.testing.assert_allclose(latent.latent(x), LATENT, rtol=1e-10, atol=1e-12)
    assert latent.space == THEORY.space
    assert latent.constant == THEORY.constant != 0


@pytest.mark.parametrize("name", BLOCKS)
def test_force_is_minus_the_finite_difference_of_the_action(name):
    """Central differences of fourth order, along a direction and site by site."""
    latent = Pullback(THEORY, flow_of(name))
    force = np.asarray(jax.jit(lambda z: latent.force(z))(LATENT))
    assert force.dtype == np.float64
    action = jax.jit(lambda z: latent.action(z))
    # Short, lest a spline has a knot in between: there its second derivative jumps.
    step = 1e-5
    directions = [np.random.default_rng(7).normal(size=SHAPE), *np.eye(24)[:3].reshape(3, *SHAPE)]
    for direction in directions:
        near, far = (
            float(action(LATENT + n * step * direction) - action(LATENT - n * step * direction))
            for n in (1, 2)
        )
        slope = (8 * near - far) / (12 * step)
        assert -(force * direction).sum() == pytest.approx(slope, rel=1e-7, abs=1e-7)


def test_force_of_a_target_without_one_of_its_own_is_the_same():
    class ByAutodiff(Phi4):
        force = Theory.force

    flow = flow_of("affine", "rescale")
    other = ByAutodiff(Lattice(SHAPE), h=THEORY.h, a=THEORY.a, g=THEORY.g)
    expected = Pullback(THEORY, flow).force(LATENT)
    np.testing.assert_allclose(Pullback(other, flow).force(LATENT), expected, rtol=1e-10)


def test_single_precision_variables_have_a_double_action_and_a_single_force():
    latent, single = Pullback(THEORY, flow_of("affine", "psd")), LATENT.astype(np.float32)
    assert latent.action(single).dtype == jnp.float64
    assert latent.action(single) == latent.action(single.astype(np.float64))
    force_at = jax.jit(lambda z: latent.force(z))
    force = force_at(single)
    assert force.dtype == jnp.float32
    np.testing.assert_allclose(force, force_at(single.astype(np.float64)), atol=2e-5)
    assert latent.field(single).dtype == jnp.float64


def test_flow_of_the_exact_map_leaves_independent_normal_numbers():
    """A free field through its own colouring: S~ = z^2 / 2 + constant, and the force is -z."""
    theory = FreeScalar(Lattice(SHAPE), m2=0.4)
    exact = PowerSpectrumSettings(m2=0.4, bins=3, start="free-field").build(
        SPACE, jax.random.key(0)
    )
    force = Pullback(theory, exact).force(LATENT)
    # The spectrum's spline is single precision, and only close to the free field's.
    np.testing.assert_allclose(force, -LATENT, atol=0.1)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ((), {"z2", "translation", "even-translation"}),
        (("rescale",), {"z2", "translation", "even-translation"}),
        (("affine",), {"z2", "even-translation"}),
        (("psd", "single"), {"z2", "even-translation"}),
    ],
)
def test_symmetries_are_those_that_target_and_flow_share(names, expected):
    latent = Pullback(THEORY, flow_of(*names))
    assert latent.symmetries == expected
    images = {
        "z2": -LATENT,
        "translation": jnp.roll(LATENT, 1, 0),
        "even-translation": jnp.roll(LATENT, 2, 1),
    }
    for name, image in images.items():
        same = abs(float(latent.action(image) - latent.action(LATENT))) < 1e-9
        assert same == (name in expected), name


def test_what_needs_a_local_action_refuses_it():
    with pytest.raises(ConfigError, match=r"^kernel"):
        ClusterFlips(Pullback(THEORY, flow_of("affine")))
