"""The clover charge and the gradient flow of SU(N) fields in four dimensions."""

from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from latflow.errors import FieldError
from latflow.fields.links import SULinks, plaquette_sum
from latflow.lattice import Lattice
from latflow.observables.gauge import CloverCharge, clover_charge, wilson_flow
from latflow.theories import SUGauge

SPACE = SULinks(Lattice((4, 4, 2, 4)), 2)


def with_constant_flux(lattice, n, planes):
    """diag(e^(i theta), e^(-i theta), 1 ...) with the same plaquette on every site of a plane."""
    angles = np.zeros((4, *lattice.shape))
    x = np.indices(lattice.shape)
    for mu, nu, flux in planes:
        f = 2 * np.pi * flux / (lattice.shape[mu] * lattice.shape[nu])
        angles[nu] += f * x[mu]
        angles[mu] -= np.where(x[mu] == lattice.shape[mu] - 1, f * lattice.shape[mu] * x[nu], 0)
    field = np.zeros((n, n, 4, *lattice.shape), complex)
    field[range(n), range(n)] = 1
    field[0, 0], field[1, 1] = np.exp(1j * angles), np.exp(-1j * angles)
    return jnp.asarray(field)


@pytest.mark.parametrize(("n", "fluxes"), [(2, (1, 1)), (2, (1, -2)), (3, (2, 1))])
def test_charge_of_constant_fields(n, fluxes):
    """Q = 2 n_01 n_23 with f -> sin f on the lattice: the sign and the normalisation."""
    lattice = Lattice((4, 6, 4, 5))
    space = SULinks(lattice, n)
    field = with_constant_flux(lattice, n, [(0, 1, fluxes[0]), (2, 3, fluxes[1])])
    f = 2 * np.pi * np.array(fluxes) / (24, 20)
    exact = 2 * np.sin(f[0]) * np.sin(f[1]) * lattice.volume / (4 * np.pi**2)
    charge = jax.jit(lambda field: clover_charge(space, field))
    np.testing.assert_allclose(charge(field), exact, rtol=1e-12)
    assert abs(exact - 2 * fluxes[0] * fluxes[1]) < 0.15 * abs(exact)
    gauge = space.random_elements(jax.random.key(0), jnp.float64)
    np.testing.assert_allclose(charge(space.transformed(field, gauge)), exact, rtol=1e-11)
    # Planes that are not dual have none.
    other = with_constant_flux(lattice, n, [(0, 1, 1), (1, 2, 1)])
    np.testing.assert_allclose(charge(other), 0, atol=1e-12)


def rough(space):
    """A field somewhere between cold and hot."""
    velocity = 0.6 * space.momentum(jax.random.key(2), jnp.float64)
    return jax.jit(lambda v: space.move(space.cold(jnp.float64), v))(velocity)


def test_charge_is_odd_under_reflections_and_a_number_of_four_dimensions():
    field = rough(SPACE)
    charge = jax.jit(lambda field: clover_charge(SPACE, field))
    # x_0 -> -x_0 turns links along axis 0 around: U_0(x) -> U_0(-x-1)^+.
    mirror = jnp.flip(field, 3)
    along = SPACE.shift(SPACE.inverse(SPACE.link(mirror, 0)), 0)
    mirror = mirror.at[:, :, 0].set(along)
    np.testing.assert_allclose(plaquette_sum(mirror), plaquette_sum(field), rtol=1e-12)
    assert abs(charge(field)) > 1e-3
    np.testing.assert_allclose(charge(mirror), -charge(field), rtol=1e-10)
    with pytest.raises(FieldError, match="four"):
        clover_charge(SULinks(Lattice((2, 2)), 2), SULinks(Lattice((2, 2)), 2).cold(jnp.float64))


def test_flow_has_the_third_order_and_goes_downhill():
    space = SULinks(Lattice((4, 2)), 3)
    field = rough(space)

    def at(flow_time, step):
        return jax.jit(lambda field: wilson_flow(space, field, flow_time, step))(field)

    ends = [at(0.4, step) for step in (0.05, 0.025, 0.0125)]
    errors = [float(jnp.abs(a - b).max()) for a, b in pairwise(ends)]
    np.testing.assert_allclose(np.log2(errors[0] / errors[1]), 3, atol=0.3)
    sums = [float(plaquette_sum(x)) for x in (field, at(0.1, 0.05), ends[0])]
    assert sums[0] < sums[1] < sums[2] < 3 * space.lattice.volume
    np.testing.assert_array_equal(at(0.0, 0.1), field)
    with pytest.raises(ValueError, match="time"):
        wilson_flow(space, field, -1.0)


def test_flow_of_a_weak_plane_wave_decays_like_heat():
    """A transverse wave of momentum k has the amplitude exp(-khat^2 t)."""
    space = SULinks(Lattice((2, 8)), 2)
    wave = 1e-4 * np.cos(2 * np.pi * np.arange(8) / 8)
    velocity = jnp.zeros((3, 2, 2, 8)).at[1, 0].set(wave)
    flowed = jax.jit(lambda v: wilson_flow(space, space.move(space.cold(jnp.float64), v), 0.7))
    amplitude = np.asarray(space.coefficients(flowed(velocity)))[1, 0, 0, 0]
    np.testing.assert_allclose(
        amplitude, 1e-4 * np.exp(-0.7 * 4 * np.sin(np.pi / 8) ** 2), rtol=1e-4
    )


@pytest.mark.slow
def test_the_observable_smooths_before_it_measures():
    lattice = Lattice((4, 4, 4, 4))
    theory = SUGauge(lattice, n=2, beta=2.4)
    assert "clover-charge" in [observable.name for observable in theory.observables]
    field = with_constant_flux(lattice, 2, [(0, 1, 1), (2, 3, 1)])
    noise = 0.2 * theory.space.momentum(jax.random.key(0), jnp.float64)
    noisy = theory.space.move(field, noise)
    smooth = jax.jit(lambda field: CloverCharge().measure(theory, field)["q"])(noisy)
    # Self-dual and constant: a solution, which the flow leaves alone.
    assert abs(float(smooth) - float(clover_charge(theory.space, field))) < 0.1
