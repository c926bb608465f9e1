"""The minimal coupling of Albandea et al.: x -> e^-|s| x + t, s and t one convolution each."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from latflow.fields import RealScalar
from latflow.flows import AffineCouplingSettings, Checkerboard
from latflow.flows.nets import SingleConvolutionSettings
from latflow.lattice import Lattice

from .cases import randomised


def coupling(shape, kernel, layers=2, **options):
    settings = AffineCouplingSettings(
        layers=layers, net=SingleConvolutionSettings(kernel=kernel), **options
    )
    return settings.build(RealScalar(Lattice(shape)), jax.random.key(0))


@pytest.mark.parametrize(
    ("shape", "kernel"), [((4, 6), 3), ((6, 2), 5), ((4, 4), 7), ((2, 4, 2), 3)]
)
def test_it_is_the_formula_site_by_site(shape, kernel):
    """Against loops over sites and displacements."""
    flow = randomised(coupling(shape, kernel, layers=1), seed=3).flows[0]
    mask, radius = flow.mask, kernel // 2
    window = np.stack(np.indices((kernel,) * len(shape)).reshape(len(shape), -1), axis=1) - radius
    taps = [tap for tap in window if tap.sum() % 2]
    weights = np.asarray(flow.net.weights)
    assert weights.shape == (len(taps), 2, 1)
    z = np.random.default_rng(0).normal(size=shape)
    x, log_det = z.copy(), 0.0
    for site in np.argwhere(mask.lattice.parity):
        values = [z[tuple((site + tap) % shape)] for tap in taps]
        s, t = np.tanh(values @ weights[:, :, 0])
        x[tuple(site)] = np.exp(-abs(s)) * z[tuple(site)] + t
        log_det -= abs(s)
    found, found_log_det = flow.forward(jnp.asarray(z))
    np.testing.assert_allclose(found, x, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(found_log_det, log_det, rtol=1e-12)


@pytest.mark.parametrize(("kernel", "weights"), [(3, 16), (5, 48), (7, 96)])
def test_a_pair_has_few_parameters(kernel, weights):
    flow = coupling((16, 16), kernel)
    leaves = jax.tree.leaves(eqx.filter(flow, eqx.is_inexact_array))
    assert sum(leaf.size for leaf in leaves) == weights


def test_the_gradient_of_the_scale_is_alive_at_the_start():
    """The start is near the identity, but not at zero, where |s| has no gradient."""
    flow = coupling((8, 8), 3)
    z = jax.random.normal(jax.random.key(1), (8, 8), jnp.float32)
    x, log_det = flow.forward(z)
    assert 0 < float(jnp.abs(x - z).max()) < 1
    assert -0.2 < float(log_det) / 64 < 0
    gradient = eqx.filter_grad(lambda flow: flow.forward(z)[1])(flow)
    for part in gradient.flows:
        assert (np.abs(part.net.weights[:, 0]) > 1e-3).any()


def test_it_is_equivariant_whatever_is_asked():
    flow = coupling((4, 4), 3, equivariance="none")
    assert flow.symmetries == {"z2", "even-translation"}
    z = jax.random.normal(jax.random.key(1), (4, 4), jnp.float32)
    np.testing.assert_array_equal(flow.forward(-z)[0], -flow.forward(z)[0])


def test_it_moves_to_another_lattice():
    small, large = coupling((4, 4), 3), coupling((8, 8), 3)
    assert eqx.tree_equal(small.moved_to(Lattice((8, 8))), large)
    assert small.moved_to(Lattice((8, 8))).flows[0].mask == Checkerboard(
        RealScalar(Lattice((8, 8))), True
    )
