"""Vectors of means: their covariance is right, symmetric and positive, and covers."""

import numpy as np
import pytest
from scipy import stats

from latflow.analysis import (
    folded,
    folded_masses,
    folded_masses_gradient,
    gamma_method,
    vector_of_means,
)

MIXING = np.array([[1.0, 0.0, 0.0, 0.0], [0.9, 0.4, 0.0, 0.0], [0.5, 0.5, 0.7, 0.0], [0, 0, 0, 2]])
"""Of four independent noises: neighbours are strongly correlated, the last one is alone."""
MEANS = np.array([3.0, -1.0, 0.0, 100.0])


def vectors(seed, chains=16, samples=250, memory=0.7):
    """Autoregressive vectors with the covariance MIXING MIXING^T and tau_int = 2.83."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=(samples, chains, 4))
    for t in range(1, samples):
        noise[t] = memory * noise[t - 1] + np.sqrt(1 - memory**2) * noise[t]
    return MEANS + np.moveaxis(noise, 0, 1) @ MIXING.T


def true_covariance(chains=16, samples=250, memory=0.7):
    """Of the mean, for chains of this length."""
    lag = np.arange(1, samples)
    factor = 1 + 2 * np.sum((1 - lag / samples) * memory**lag)
    return MIXING @ MIXING.T * factor / (chains * samples)


def test_it_is_symmetric_positive_and_has_the_errors_of_the_gamma_method():
    series = vectors(1)
    result = vector_of_means(series)
    assert np.array_equal(result.covariance, result.covariance.T)
    assert np.linalg.eigvalsh(result.covariance).min() > 0
    np.testing.assert_allclose(np.sqrt(np.diag(result.covariance)), result.error, rtol=1e-12)
    np.testing.assert_array_equal(result.error, gamma_method(series).error)
    np.testing.assert_allclose(result.value, series.mean(axis=(0, 1)))
    assert result.n_bins >= 40


def test_coverage():
    """chi2 of the true means over 200 data sets follows Hotelling's T² of so many bins.

    Kolmogorov and Smirnov: a right covariance fails with probability 1e-4. Every entry of the
    mean covariance is right to 10 % of the errors, which is five of its own errors.
    """
    results = [vector_of_means(vectors(seed)) for seed in range(200)]
    n, d = results[0].n_bins - 1, 4
    t2 = [(r.value - MEANS) @ np.linalg.solve(r.covariance, r.value - MEANS) for r in results]
    scaled = np.array(t2) * (n - d + 1) / (n * d)
    assert stats.kstest(scaled, stats.f(d, n - d + 1).cdf).pvalue > 1e-4
    true = true_covariance()
    scale = np.sqrt(np.outer(np.diag(true), np.diag(true)))
    mean = np.mean([r.covariance for r in results], axis=0)
    assert np.max(np.abs(mean - true) / scale) < 0.1
    # Errors of the estimate's own would hide a covariance that is left out: 0.91 and 0.57 here.
    assert mean[0, 1] / scale[0, 1] > 0.8


def test_a_function_is_linearised():
    series = vectors(2)
    matrix = np.array([[1.0, 2.0, 0.0, 0.0], [0.0, 1.0, -1.0, 0.0]])
    result = vector_of_means(series, lambda a: matrix @ a, lambda a: matrix)
    straight = vector_of_means(series @ matrix.T)
    np.testing.assert_allclose(result.value, straight.value)
    np.testing.assert_allclose(result.covariance, straight.covariance, rtol=1e-9)


def test_undefined_entries_leave_the_others_alone():
    series = vectors(3)
    with_log = vector_of_means(series, np.log, lambda a: np.diag(1 / a))
    assert np.isnan(with_log.error[1]) and np.isnan(with_log.covariance[1]).all()
    keep = np.ix_([0, 3], [0, 3])
    assert np.isfinite(with_log.covariance[keep]).all()


def test_constant_entries_have_no_error():
    series = vectors(4)
    series[..., 2] = 5.0
    result = vector_of_means(series)
    assert np.isnan(result.error[2]) and result.value[2] == 5.0
    assert np.isfinite(result.covariance[:2, :2]).all()


@pytest.mark.parametrize("extent", [4, 5, 8])
def test_effective_masses_of_a_folded_cosh(extent):
    t = np.arange(extent)
    c = folded(np.cosh(0.6 * (t - extent / 2)))
    assert c.shape == (extent // 2 + 1,)
    masses = folded_masses(c, extent)
    np.testing.assert_allclose(masses[: (extent - 1) // 2], 0.6)
    gradient = folded_masses_gradient(c, extent)
    for k in range(c.size):
        step = np.zeros(c.size)
        step[k] = 1e-6 * c[k]
        slope = (folded_masses(c + step, extent) - folded_masses(c - step, extent)) / (2 * step[k])
        finite = np.isfinite(slope)
        np.testing.assert_allclose(gradient[finite, k], slope[finite], rtol=1e-4, atol=1e-8)


def test_a_function_needs_its_gradient():
    with pytest.raises(ValueError, match="gradient"):
        vector_of_means(vectors(5), np.log)
