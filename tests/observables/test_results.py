"""Results of the scalar observables against Gaussian and free-field answers."""

import numpy as np
import pytest
from scipy import stats
from scipy.signal import lfilter

from latflow.analysis import correlator, effective_mass, gamma_method, jackknife, plateau_fit
from latflow.lattice import Lattice
from latflow.observables import Measurement
from latflow.observables.scalar import SCALAR_OBSERVABLES
from latflow.theories import FreeScalar

KEYS = {
    "m",
    "abs_m",
    "chi2",
    "chi_absM",
    "phi2",
    "phi4",
    "ising_energy",
    "xi_2nd",
    "mpL",
    "mpL_all",
    "binder_U4",
}


AR1 = 5 / 7
"""The coefficient a whose rho(t) = a^t has tau_int = 3."""


def ar1(rng, chains, samples):
    """Stationary chains of mean 0 and variance 1, with the coefficient AR1."""
    noise = rng.standard_normal((chains, samples)) * np.sqrt(1 - AR1**2)
    noise[:, 0] /= np.sqrt(1 - AR1**2)
    return lfilter([1.0], [1.0, -AR1], noise, axis=1)


def scalar_observables(series, shape):
    """All results that follow from some series on a lattice."""
    return Measurement(FreeScalar(Lattice(shape), m2=1.0), SCALAR_OBSERVABLES).results(series)


def free_correlator(extent, mass):
    """Zero-momentum correlator of the free field with (mass)^2 in the action, any dimension."""
    k = 2 * np.pi * np.arange(extent) / extent
    t = np.arange(extent)
    weights = 1 / (4 * np.sin(k / 2) ** 2 + mass**2)
    return np.cos(np.outer(t, k)) @ weights / extent


def gaussian_modes(rng, chains, samples, extent, mass):
    """Per-configuration C(t) of time slices with the free-field distribution."""
    k = 2 * np.pi * np.arange(extent) / extent
    propagator = 1 / (4 * np.sin(k / 2) ** 2 + mass**2)
    noise = np.fft.fft(rng.standard_normal((chains, samples, extent)), axis=-1)
    power = np.abs(noise) ** 2 / extent * propagator
    return np.fft.ifft(power, axis=-1).real, power


@pytest.mark.parametrize("extent", [2, 6, 8, 13])
def test_free_field_mass_is_exact(extent):
    mass = 0.6
    two_point = np.broadcast_to(free_correlator(extent, mass), (2, 10, extent)).copy()
    table = scalar_observables({"two_point": two_point}, (extent, extent))
    exact = extent * 2 * np.arcsinh(mass / 2)
    np.testing.assert_allclose(table["mpL"].value, exact, rtol=1e-10)
    np.testing.assert_allclose(table["mpL_all"].value, exact, rtol=1e-10)
    # Numbers that never change have no error: it is not known, or rounding.
    assert not table["mpL"].error > 1e-12
    np.testing.assert_allclose(effective_mass(two_point).value, exact / extent, rtol=1e-10)


def test_times_of_mpl():
    # A second state makes m_eff depend on t, so that the choice of times shows.
    t = np.arange(8)
    c = free_correlator(8, 0.5) + 0.3 * free_correlator(8, 2.0)
    m = np.arccosh((c[t[1:] - 1] + c[(t[1:] + 1) % 8]) / (2 * c[1:]))
    two_point = np.broadcast_to(c, (1, 4, 8)).copy()
    table = scalar_observables({"two_point": two_point}, (8, 8))
    np.testing.assert_allclose(table["mpL"].value, 8 * m[1:6].mean(), rtol=1e-12)
    np.testing.assert_allclose(table["mpL_all"].value, 8 * m.mean(), rtol=1e-12)


def test_gaussian_magnetisation():
    # M ~ N(0, s^2): <|M|> = s sqrt(2/pi), chi_absM = V s^2 (1 - 2/pi), U4 = 0.
    rng = np.random.default_rng(41)
    s, volume = 0.3, 64
    table = scalar_observables({"m": s * ar1(rng, 50, 4000)}, (8, 8))
    exact = {
        "m": 0.0,
        "abs_m": s * np.sqrt(2 / np.pi),
        "chi2": volume * s**2,
        "chi_absM": volume * s**2 * (1 - 2 / np.pi),
        "binder_U4": 0.0,
    }
    assert set(table) == set(exact)
    for key, value in exact.items():
        # Five cases at 4 sigma: false alarm 3e-4.
        assert abs(table[key].value - value) < 4 * table[key].error, key
    # Exact errors. For M: rho = a^t with tau_int = 3. For M^2: rho = a^2t, variance 2 s^4.
    np.testing.assert_allclose(table["m"].error, s * np.sqrt(6 / 200_000), rtol=0.1)
    a2 = AR1**2
    expected = volume * s**2 * np.sqrt(2 * (1 + a2) / (1 - a2) / 200_000)
    np.testing.assert_allclose(table["chi2"].error, expected, rtol=0.1)


@pytest.mark.parametrize("key", ["chi_absM", "binder_U4", "xi_2nd", "mpL", "mpL_all"])
def test_derived_errors_agree_with_jackknife(key):
    # Independent configurations: a jackknife with single bins is an independent route to the
    # error, without any derivative.
    rng = np.random.default_rng(42)
    extent = 8
    two_point, power = gaussian_modes(rng, 2, 1000, extent, 0.5)
    volume = extent**2
    m = np.sqrt(power[..., 0] / volume) * rng.choice([-1.0, 1.0], size=(2, 1000))
    # Correlated with M, so that the sign of each derivative shows.
    f = power[..., 1] + 0.2 * power[..., 0]
    series = {"m": m, "two_point": two_point, "structure_factor": f}
    functions = {
        "chi_absM": (
            np.stack([m**2, np.abs(m)], -1),
            lambda a: volume * (a[0] - a[1] ** 2),
        ),
        "binder_U4": (np.stack([m**2, m**4], -1), lambda a: 1 - a[1] / (3 * a[0] ** 2)),
        "xi_2nd": (
            np.stack([m**2, f], -1),
            lambda a: np.sqrt(volume * a[0] / a[1] - 1) / (2 * np.sin(np.pi / extent)),
        ),
        "mpL": (two_point, lambda c: extent * np.mean(masses(c)[1:6])),
        "mpL_all": (two_point, lambda c: extent * np.mean(masses(c))),
    }

    def masses(c):
        return np.arccosh((c[:-1] + np.roll(c, -1)[1:]) / (2 * c[1:]))

    result = scalar_observables(series, (extent, extent))[key]
    primaries, function = functions[key]
    other = jackknife(primaries, function, 1)
    np.testing.assert_allclose(result.value, other.value, rtol=1e-12)
    np.testing.assert_allclose(result.error, other.error, rtol=0.1)


def test_second_moment_length_of_the_free_field():
    # chi2 / F - 1 = khat^2 / m^2 exactly, so xi = 1/m.
    extent, mass = 12, 0.4
    khat2 = 4 * np.sin(np.pi / extent) ** 2
    volume = extent**2
    m = np.full((1, 10), np.sqrt(1 / mass**2 / volume))
    f = np.full((1, 10), 1 / (khat2 + mass**2))
    table = scalar_observables({"m": m, "structure_factor": f}, (extent, extent))
    np.testing.assert_allclose(table["xi_2nd"].value, 1 / mass, rtol=1e-12)


def test_every_key_and_pass_through():
    rng = np.random.default_rng(43)
    plain = ("m", "phi2", "phi4", "ising_energy", "structure_factor", "schwinger_dyson")
    series = {name: rng.standard_normal((2, 50)) ** 2 for name in plain}
    series["two_point"] = gaussian_modes(rng, 2, 50, 6, 1.0)[0]
    table = scalar_observables(series, (6, 6))
    assert set(table) == KEYS | {"schwinger_dyson"}
    direct = gamma_method(series["schwinger_dyson"])
    assert table["schwinger_dyson"].error == direct.error


def test_noise_gives_nan_without_warning():
    two_point = np.random.default_rng(44).standard_normal((2, 20, 8))
    m = np.full((2, 20), 0.01)
    f = np.full((2, 20), 5.0)
    series = {"m": m, "structure_factor": f, "two_point": two_point}
    table = scalar_observables(series, (8, 8))
    for key in ("xi_2nd", "mpL_all"):
        assert np.isnan(table[key].value)
        assert np.isnan(table[key].error)
    # One undefined time does not take the others with it.
    c = free_correlator(8, 0.5)
    c[4] *= 1.5
    result = effective_mass(np.broadcast_to(c, (2, 10, 8)).copy())
    np.testing.assert_array_equal(np.isnan(result.value), np.arange(1, 8) == 4)


def test_correlator_is_the_mean():
    two_point = gaussian_modes(np.random.default_rng(45), 3, 100, 6, 0.7)[0]
    result = correlator(two_point)
    np.testing.assert_allclose(result.value, two_point.mean(axis=(0, 1)))
    assert result.error.shape == (6,)


def test_plateau_fit_of_the_free_field():
    # 150 fits, each with its own covariance: pulls of unit width and uniform p-values.
    # Width known to 6 %, four times that is allowed; KS false alarm 1e-3.
    rng = np.random.default_rng(46)
    mass, extent = 0.5, 12
    exact = 2 * np.arcsinh(mass / 2)
    fits = [plateau_fit(gaussian_modes(rng, 60, 50, extent, mass)[0]) for _ in range(150)]
    assert fits[0].window == (3, 6)
    assert fits[0].dof == 3
    assert fits[0].n_blocks == 60
    pulls = np.array([(fit.mass - exact) / fit.error for fit in fits])
    assert 0.76 < pulls.std() < 1.24
    assert abs(pulls.mean()) < 0.4
    assert stats.kstest([fit.p_value for fit in fits], "uniform").pvalue > 1e-3


def test_plateau_fit_sees_an_excited_state():
    rng = np.random.default_rng(47)
    two_point = gaussian_modes(rng, 200, 100, 12, 0.5)[0]
    two_point = two_point + 0.5 * gaussian_modes(rng, 200, 100, 12, 1.5)[0]
    assert plateau_fit(two_point, window=(1, 6)).p_value < 1e-4


def test_plateau_fit_chooses_bins_for_one_chain():
    two_point = gaussian_modes(np.random.default_rng(48), 1, 2000, 8, 0.7)[0]
    fit = plateau_fit(two_point)
    assert fit.n_blocks >= 40
    assert abs(fit.mass - 2 * np.arcsinh(0.35)) < 5 * fit.error


def test_refusals():
    with pytest.raises(ValueError, match="window"):
        plateau_fit(np.ones((2, 50, 8)), window=(1, 7))
