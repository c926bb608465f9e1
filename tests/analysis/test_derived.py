"""Functions of means against exact linear error propagation."""

import numpy as np
import pytest

from latflow.analysis import derived_quantity, gamma_method

from .chains import ar1, exact_error


def correlated_pair(rng, chains, samples, tau):
    """Means 2 and 3, standard deviations 1 and 2, correlation 0.8, the same tau."""
    x, y = ar1(rng, chains, samples, tau), ar1(rng, chains, samples, tau)
    return np.stack([2 + x, 3 + 2 * (0.8 * x + 0.6 * y)], axis=-1)


def test_ratio_of_correlated_means():
    # Var(a/b) = (1/b)^2 va + (a/b^2)^2 vb - 2 (a/b^3) cab, times 2 tau / N.
    rng = np.random.default_rng(1)
    results = [
        derived_quantity(lambda a: a[0] / a[1], correlated_pair(rng, 20, 5000, 4.0))
        for _ in range(20)
    ]
    a, b = 2.0, 3.0
    variance = 1 / b**2 + a**2 / b**4 * 4 - 2 * a / b**3 * 1.6
    exact = np.sqrt(variance) * exact_error(20, 5000, 4.0)
    np.testing.assert_allclose(np.mean([r.error for r in results]), exact, rtol=0.02)
    np.testing.assert_allclose(np.mean([r.tau_int for r in results]), 4.0, rtol=0.03)
    pulls = [(r.value - a / b) / exact for r in results]
    assert abs(np.mean(pulls)) < 4 / np.sqrt(20)
    assert 0.5 < np.std(pulls) < 1.5


def test_linear_function_is_the_gamma_method_itself():
    series = correlated_pair(np.random.default_rng(2), 4, 800, 3.0)
    derived = derived_quantity(lambda a: 2 * a[0] - a[1] + 5, series)
    direct = gamma_method(2 * series[..., 0] - series[..., 1] + 5)
    np.testing.assert_allclose(derived.value, direct.value, rtol=1e-12)
    np.testing.assert_allclose(derived.error, direct.error, rtol=1e-8)
    np.testing.assert_allclose(derived.tau_int, direct.tau_int, rtol=1e-8)


def test_own_autocorrelation_time():
    # The combination of a slow and a fast primary has the tau of what it contains.
    rng = np.random.default_rng(3)
    slow, fast = ar1(rng, 10, 10_000, 20.0), ar1(rng, 10, 10_000, 0.5)
    series = np.stack([slow, slow + fast], axis=-1)
    result = derived_quantity(lambda a: a[1] - a[0], series)
    assert abs(result.tau_int - 0.5) < 5 * result.tau_int_error


def test_gradient_given_equals_numerical():
    series = correlated_pair(np.random.default_rng(4), 5, 1000, 2.0)
    numerical = derived_quantity(lambda a: np.array([a[0] * a[1], np.log(a[1])]), series)
    given = derived_quantity(
        lambda a: np.array([a[0] * a[1], np.log(a[1])]),
        series,
        gradient=lambda a: np.array([[a[1], a[0]], [0.0, 1 / a[1]]]),
    )
    np.testing.assert_allclose(numerical.error, given.error, rtol=1e-4)
    assert given.value.shape == (2,)


def test_constant_primary_and_constant_function():
    series = correlated_pair(np.random.default_rng(5), 2, 500, 2.0)
    series[..., 1] = 0.3
    result = derived_quantity(lambda a: a[0] / a[1], series)
    np.testing.assert_allclose(result.error, gamma_method(series[..., 0] / 0.3).error, rtol=1e-8)
    assert derived_quantity(lambda a: 7.0, series).error == 0


def test_outside_the_domain_is_nan_only_there():
    series = correlated_pair(np.random.default_rng(6), 2, 500, 2.0)
    result = derived_quantity(lambda a: np.array([np.log(-a[0]), a[1]]), series)
    assert np.isnan(result.value[0])
    assert np.isnan(result.error[0])
    assert np.isfinite(result.error[1])
    assert np.isnan(derived_quantity(lambda a: np.sqrt(a[0] - 9), series).error)


def test_refusals():
    with pytest.raises(ValueError, match="gradient"):
        derived_quantity(lambda a: a[0], np.zeros((2, 5, 3)), gradient=lambda a: np.zeros(2))
    with pytest.raises(ValueError, match="NaN"):
        derived_quantity(lambda a: a[0], np.full((2, 5, 3), np.nan))
