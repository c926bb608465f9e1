"""Observables against loops over sites, and their exact expectations in the free theory."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from latflow.lattice import Lattice
from latflow.observables import Measurement
from latflow.observables.scalar import power_spectrum
from latflow.theories import FreeScalar, Phi4

pytestmark = pytest.mark.usefixtures("strict_promotion")

SHAPES = [(5,), (3, 4), (4, 4), (5, 2, 5), (2, 3, 2, 3), (1,)]
COUPLINGS = {"h": 0.7, "a": -0.3, "g": 0.45}


def sites(shape):
    return itertools.product(*(range(extent) for extent in shape))


def moved(site, displacement, shape):
    return tuple((x + d) % n for x, d, n in zip(site, displacement, shape, strict=True))


def by_loops(field, h, a, g):
    """The definitions of PHYSICS.md section 2, written out for one configuration."""
    shape, volume, dimensions = field.shape, field.size, field.ndim
    unit = np.eye(dimensions, dtype=int)
    two_point = {
        d: sum(field[x] * field[moved(x, d, shape)] for x in sites(shape)) / volume
        for d in sites(shape)
    }
    length = max(shape)
    axes = [axis for axis in range(dimensions) if shape[axis] == length]
    correlator = [
        np.mean([sum(v for d, v in two_point.items() if d[axis] == t) for axis in axes])
        for t in range(length)
    ]
    structure = [
        abs(sum(field[x] * np.exp(2j * np.pi * x[axis] / length) for x in sites(shape))) ** 2
        for axis in axes
    ]
    hopping = sum(field[x] * field[moved(x, mu, shape)] for x in sites(shape) for mu in unit)
    phi2, phi4 = np.mean(field**2), np.mean(field**4)
    return {
        "m": field.mean(),
        "phi2": phi2,
        "phi4": phi4,
        "ising_energy": hopping / volume / dimensions,
        "two_point": np.array(correlator),
        "structure_factor": np.mean(structure) / volume,
        "action": -h * hopping + volume * (a * phi2 + g * phi4),
        "schwinger_dyson": -2 * h * hopping / volume + 2 * a * phi2 + 4 * g * phi4,
    }


def precision_matrix(theory):
    """The matrix K of S = phi K phi / 2, bond by bond."""
    shape, volume = theory.space.lattice.shape, theory.space.lattice.volume
    matrix = theory.m2 * np.eye(volume)
    index = np.arange(volume).reshape(shape)
    for x in sites(shape):
        for mu in np.eye(len(shape), dtype=int):
            bond = np.zeros(volume)
            bond[index[moved(x, mu, shape)]] += 1
            bond[index[x]] -= 1
            matrix += theory.zeta * np.outer(bond, bond)
    return matrix


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_against_loops_with_the_batch_first_or_last(shape):
    theory = Phi4(Lattice(shape), **COUPLINGS)
    fields = np.random.default_rng(1).normal(0.2, 1.0, (3, *shape))
    measure = lambda field: Measurement(theory)(field)  # noqa: E731
    first = jax.jit(jax.vmap(measure))(fields)
    last = jax.jit(jax.vmap(measure, in_axes=-1, out_axes=-1))(np.moveaxis(fields, 0, -1))
    for index, field in enumerate(fields):
        expected = by_loops(field, **COUPLINGS)
        assert first.keys() == expected.keys()
        for name, value in expected.items():
            np.testing.assert_allclose(first[name][index], value, rtol=1e-12, atol=1e-13)
            np.testing.assert_allclose(last[name][..., index], value, rtol=1e-12, atol=1e-13)


def test_sum_of_the_correlator_is_the_integrand_of_chi2():
    lattice = Lattice((6, 4, 6))
    field = jax.random.normal(jax.random.key(2), lattice.shape)
    values = jax.jit(lambda field: Measurement(Phi4(lattice, **COUPLINGS))(field))(field)
    np.testing.assert_allclose(values["two_point"].sum(), lattice.volume * values["m"] ** 2)


def test_sums_of_single_precision_fields_are_double():
    lattice = Lattice((64, 64))
    theory = Phi4(lattice, **COUPLINGS)
    # Single-precision sums would lose the variation: the field is one plus a part in 10^5.
    noise = 1e-5 * jax.random.normal(jax.random.key(3), lattice.shape)
    field = (1 + noise).astype(jnp.float32)
    values = jax.jit(lambda field: Measurement(theory)(field))(field)
    assert all(value.dtype == jnp.float64 for value in values.values())
    exact = np.asarray(field, np.float64)
    np.testing.assert_allclose(values["m"], exact.mean(), rtol=1e-14)
    slices = [exact.sum(axis=axis) for axis in (0, 1)]
    transforms = [np.abs(np.fft.fft(s)[1]) ** 2 for s in slices]
    # F comes from a difference of 4096 nearly equal numbers: 1e-16 of C against 1e-10.
    np.testing.assert_allclose(values["structure_factor"], np.mean(transforms) / 4096, rtol=1e-8)


@pytest.mark.parametrize("shape", [(3, 4), (4, 4), (3, 2, 2)], ids=str)
def test_exact_expectations_in_the_free_theory(shape):
    """A quadratic form q has expectation sum_k q(g_k) if the covariance is sum_k g_k g_k^T."""
    theory = FreeScalar(Lattice(shape), m2=0.4, zeta=0.8)
    volume = theory.space.lattice.volume
    fields = np.linalg.cholesky(np.linalg.inv(precision_matrix(theory))).T.reshape(-1, *shape)
    values = jax.jit(jax.vmap(lambda field: Measurement(theory)(field)))(fields)
    values["chi2"] = volume * values["m"] ** 2
    mean = {name: values[name].sum(axis=0) for name in values if name not in ("m", "phi4")}
    exact = theory.two_point()
    time = theory.space.lattice.time_axes[0]
    smallest = theory.zeta * 4 * np.sin(np.pi / max(shape)) ** 2 + theory.m2
    unit = np.eye(len(shape), dtype=int)
    expected = {
        "phi2": exact.flat[0],
        "ising_energy": np.mean([exact[moved((0,) * len(shape), mu, shape)] for mu in unit]),
        "two_point": theory.zero_momentum_correlator(time),
        "structure_factor": 1 / smallest,
        "action": volume / 2,
        "schwinger_dyson": 1.0,
        "chi2": 1 / theory.m2,
    }
    assert mean.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_allclose(mean[name], value, rtol=1e-11, err_msg=name)


@pytest.mark.parametrize("shape", [(5,), (4, 3), (2, 3, 4)], ids=str)
def test_power_spectrum_is_the_explicit_fourier_sum(shape):
    lattice = Lattice(shape)
    field = np.random.default_rng(4).normal(size=shape)
    spectrum = np.asarray(power_spectrum(jnp.asarray(field), lattice))
    position = np.indices(shape)
    for mode in np.ndindex(spectrum.shape):
        phase = sum(2 * np.pi * n * x / e for n, x, e in zip(mode, position, shape, strict=True))
        expected = abs((field * np.exp(-1j * phase)).sum()) ** 2 / lattice.volume
        np.testing.assert_allclose(spectrum[mode], expected, rtol=1e-11, atol=1e-13)
    total = (lattice.fourier_multiplicity() * spectrum).sum()
    np.testing.assert_allclose(total, (field**2).sum())
