"""Splines: tails, knots, safe gradients; and the propagator that they make."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from latflow.fields import RealScalar
from latflow.flows import PowerSpectrumSettings, SiteSplineSettings
from latflow.flows._spline import Knots, OddSpline, evaluate, evaluate_inverse
from latflow.flows._table_rows import table_rows
from latflow.lattice import Lattice

from .cases import randomised

KEY = jax.random.key(0)


def spline(bins=5, bound=2.0, seed=3):
    return randomised(OddSpline.linear(1.3, bins, bound), seed, scale=0.4)


def test_starts_as_the_linear_function_whatever_the_knots():
    x = jnp.linspace(-9, 9, 101)
    for crowding in (1.0, 2.0):
        y, log_slope = OddSpline.linear(0.7, 8, 4.0, crowding)(x)
        np.testing.assert_allclose(y, 0.7 * x, rtol=2e-6, atol=1e-6)
        np.testing.assert_allclose(log_slope, np.log(0.7), atol=1e-5)


def test_follows_a_given_function():
    f = OddSpline.like(np.tanh, 6, 2.0, 1e-2)
    x = np.linspace(-2, 2, 41)
    np.testing.assert_allclose(f(jnp.asarray(x))[0], np.tanh(x), atol=2e-3)


def test_odd_increasing_smooth_and_linear_beyond_the_bound():
    f = spline()
    x = np.linspace(-6, 6, 40001)
    y = np.asarray(f(jnp.asarray(x))[0])
    np.testing.assert_allclose(y, -y[::-1], atol=1e-12)
    assert (np.diff(y) > 0).all()
    for side in (x > 2, x < -2):
        np.testing.assert_allclose(np.diff(y[side], 2), 0, atol=1e-12)
    slopes = np.exp(np.asarray(f(jnp.asarray(x))[1]))
    np.testing.assert_allclose(slopes[1:-1], (y[2:] - y[:-2]) / (x[2] - x[0]), rtol=5e-3)


def test_values_and_slopes_at_the_knots_and_in_the_tails():
    """At every knot, at zero, at the bound and far outside; derivatives by autodiff."""
    f = spline()
    at = np.concatenate([np.asarray(f.knots.positions), [1e-300, 2.5, 1e3]])
    at = np.concatenate([at, -at])
    value, log_slope = f(jnp.asarray(at))
    derivative = jax.vmap(jax.grad(lambda x: f(x)[0]))(jnp.asarray(at))
    np.testing.assert_allclose(derivative, np.exp(log_slope), rtol=1e-12)
    back, log_slope_back = f.inverse(value)
    np.testing.assert_allclose(back, at, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(log_slope_back, -log_slope, atol=1e-12)
    n = len(f.knots.positions)
    np.testing.assert_allclose(value[:n], f.knots.values, rtol=1e-13)
    np.testing.assert_allclose(np.exp(log_slope[:n]), f.knots.slopes, rtol=1e-12)


def test_gradients_are_finite_everywhere():
    f = spline()
    at = jnp.concatenate([f.knots.positions, -f.knots.positions, jnp.array([1e30, -1e30])])

    def total(f, x):
        (y, up), (z, down) = f(x), f.inverse(x)
        return jnp.sum(jnp.arctan(y) + up + jnp.arctan(z) + down)

    gradients = jax.grad(total, argnums=(0, 1))(f, at)
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(gradients))


def test_knots_of_their_own_for_every_argument():
    """Site-dependent knots, as in a coupling, give what each site's own spline gives."""
    splines = [spline(seed=seed) for seed in range(4)]
    knots = Knots(
        *(jnp.stack(part, axis=-1) for part in zip(*(s.knots for s in splines), strict=1))
    )
    x = jnp.array([0.3, 1.1, 1.9, 2.4])
    for function in (evaluate, evaluate_inverse):
        together = function(x, knots)
        for site, one in enumerate(splines):
            np.testing.assert_allclose(
                [part[site] for part in together], function(x[site], one.knots), rtol=1e-12
            )


def test_table_rows_in_batches_and_their_gradient():
    table = jax.random.normal(KEY, (3, 4))
    index = jax.random.randint(KEY, (7, 5), 0, 4, jnp.int32)
    weight = jax.random.normal(jax.random.key(1), (3, 7, 5))

    def batched(table):
        rows = jax.vmap(lambda index: jnp.stack(table_rows(index, table)))(index)
        return jnp.sum(rows.transpose(1, 0, 2) ** 2 * weight)

    def plain(table):
        return jnp.sum(table[:, index] ** 2 * weight)

    np.testing.assert_allclose(batched(table), plain(table), rtol=1e-13)
    np.testing.assert_allclose(jax.grad(batched)(table), jax.grad(plain)(table), rtol=1e-12)
    hessian = jax.jacfwd(jax.grad(batched))(table)
    np.testing.assert_allclose(hessian, jax.jacfwd(jax.grad(plain))(table), atol=1e-12)
    many = jnp.stack([table, 2 * table])
    each = jax.vmap(lambda t, i: jnp.stack(table_rows(i, t)))(many, index[:2])
    np.testing.assert_array_equal(each[1], 2 * table[:, index[1]])


@pytest.mark.first_cases(1)
@pytest.mark.parametrize("shape", [(9,), (4, 6), (3, 5)])
def test_white_noise_gets_the_free_propagator(shape):
    """The free-field start maps white noise exactly to the free field of that mass."""
    lattice = Lattice(shape)
    flow = PowerSpectrumSettings(m2=0.4, zeta=0.7).build(RealScalar(lattice), KEY)
    flow = randomised(flow, 0, scale=0)
    basis = jnp.eye(lattice.volume).reshape(-1, *shape)
    root = np.asarray(jax.vmap(lambda z: flow.forward(z)[0])(basis)).reshape(lattice.volume, -1)
    kernel = 0.7 * lattice.khat2(real=False) + 0.4
    propagator = np.fft.ifftn(1 / kernel).real.ravel()
    np.testing.assert_allclose((root.T @ root)[0], propagator, rtol=1e-5, atol=1e-7)
    log_det = flow.forward(jnp.zeros(shape))[1]
    np.testing.assert_allclose(log_det, -0.5 * np.log(kernel).sum(), rtol=1e-6)


def test_spectrum_is_positive_and_increasing_and_starts_nearly_flat():
    k2 = jnp.linspace(0, 8, 200)
    flow = randomised(PowerSpectrumSettings().build(RealScalar(Lattice((4, 4))), KEY), 5, scale=0.5)
    s = np.asarray(flow.inverse_spectrum(k2))
    assert s[0] > 0
    assert (np.diff(s) > 0).all()
    flat = PowerSpectrumSettings(start="identity").build(RealScalar(Lattice((4, 4))), KEY)
    np.testing.assert_allclose(flat.inverse_spectrum(k2.astype(jnp.float32)), 1, atol=0.01)


def bimodal(lattice):
    """A zero mode that avoids zero: steep there, flat at its peaks."""
    flow = PowerSpectrumSettings(zero_mode_bins=4).build(RealScalar(lattice), KEY)
    slopes = flow.zero_mode.log_slopes.at[0].set(3.0)
    heights = flow.zero_mode.log_heights.at[0].set(1.0)
    zero_mode = OddSpline(flow.zero_mode.log_widths, heights, slopes, flow.zero_mode.bound)
    return type(flow)(flow.space, flow.log_floor, flow.rise, zero_mode)


def test_moving_keeps_the_susceptibility_or_in_the_broken_phase_the_magnetisation():
    small, large = Lattice((4, 4)), Lattice((8, 8))
    symmetric = PowerSpectrumSettings(m2=0.5).build(RealScalar(small), KEY)
    broken = bimodal(small)
    assert not symmetric.is_bimodal
    assert broken.is_bimodal
    z = jnp.float32(1.2)
    for flow, factor in ((symmetric, 1.0), (broken, 2.0)):
        moved = flow.moved_to(large)
        assert moved.space.lattice == large
        np.testing.assert_allclose(moved.zero_mode(z)[0], factor * flow.zero_mode(z)[0], rtol=1e-5)
        np.testing.assert_array_equal(moved.inverse_spectrum(z), flow.inverse_spectrum(z))


def test_a_spline_on_every_site_moves_to_any_lattice():
    flow = randomised(SiteSplineSettings().build(RealScalar(Lattice((4, 4))), KEY), 1)
    moved = flow.moved_to(Lattice((3, 5)))
    field = jnp.linspace(-4, 4, 15).reshape(3, 5)
    np.testing.assert_array_equal(moved.forward(field)[0], flow.spline(field)[0])
