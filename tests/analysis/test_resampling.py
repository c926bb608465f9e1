"""Jackknife and bootstrap against closed formulas and the Γ-method."""

import numpy as np
import pytest

from latflow.analysis import bin_size_scan, bootstrap, jackknife

from .chains import ar1, exact_error


def test_jackknife_of_a_mean_is_the_textbook_error():
    series = np.random.default_rng(1).standard_normal((3, 40))
    result = jackknife(series, lambda a: a[0], 1)
    np.testing.assert_allclose(result.error, series.std(ddof=1) / np.sqrt(120), rtol=1e-12)
    assert result.value == pytest.approx(series.mean())
    assert abs(result.bias) < 1e-12


def test_jackknife_bias_of_a_square():
    # mean^2 has the bias s^2/N exactly.
    series = np.random.default_rng(2).standard_normal((2, 50))
    result = jackknife(series, lambda a: a[0] ** 2, 1)
    np.testing.assert_allclose(result.bias, series.var(ddof=1) / 100, rtol=1e-10)


def test_bins_stay_inside_chains():
    # Chains of 7 at different levels, bins of 3: the first sample of each is left over, and
    # no bin mixes two levels.
    series = np.array([[99.0, 1, 1, 1, 1, 1, 1], [99.0, 5, 5, 5, 5, 5, 5]])
    result = jackknife(series, lambda a: a[0], 3)
    assert result.n_bins == 4
    bins = np.array([1.0, 1, 5, 5])
    np.testing.assert_allclose(result.error, bins.std(ddof=1) / 2)
    np.testing.assert_allclose(result.value, series.mean())


@pytest.mark.parametrize("method", ["jackknife", "bootstrap"])
def test_error_and_covariance_of_correlated_means(method):
    # 20 replicas; (x, x + y) with var 1 and 2, covariance 1; bins of 10 tau lose 5 %.
    rng = np.random.default_rng(3)
    covariances = []
    for _ in range(20):
        x, y = ar1(rng, 4, 2000, 2.0), ar1(rng, 4, 2000, 2.0)
        series = np.stack([x, x + y], axis=-1)
        if method == "jackknife":
            result = jackknife(series, lambda a: a, 40)
        else:
            result = bootstrap(series, lambda a: a, 40, 200, rng)
        covariances.append(result.covariance)
        np.testing.assert_allclose(result.error, np.sqrt(np.diagonal(result.covariance)))
    exact = exact_error(4, 2000, 2.0) ** 2 * np.array([[1.0, 1.0], [1.0, 2.0]])
    np.testing.assert_allclose(np.mean(covariances, axis=0), exact, rtol=0.15)


def test_bootstrap_of_few_bins_is_not_biased():
    # Five bins: without the factor 5/4 the variance would be low by a fifth. 4000 resamples
    # know the error to 1.1 %.
    series = np.random.default_rng(6).standard_normal((1, 5))
    result = bootstrap(series, lambda a: a[0], 1, 4000, np.random.default_rng(7))
    np.testing.assert_allclose(result.error, series.std(ddof=1) / np.sqrt(5), rtol=0.05)


def test_bootstrap_repeats_with_its_generator():
    series = ar1(np.random.default_rng(4), 2, 200, 1.0)
    one = bootstrap(series, lambda a: a[0], 5, 50, np.random.default_rng(9))
    two = bootstrap(series, lambda a: a[0], 5, 50, np.random.default_rng(9))
    assert one.error == two.error


def test_scan_rises_to_the_plateau():
    series = ar1(np.random.default_rng(5), 10, 20_000, 8.0)
    scan = bin_size_scan(series, lambda a: a[0])
    np.testing.assert_allclose(scan.error[0], series.std() / np.sqrt(200_000), rtol=1e-3)
    at_512 = scan.error[list(scan.bin_sizes).index(512)]
    np.testing.assert_allclose(at_512, exact_error(10, 20_000, 8.0), rtol=0.15)
    np.testing.assert_allclose(scan.error_of_error[0], scan.error[0] / np.sqrt(2 * 199_999))


def test_refusals():
    with pytest.raises(ValueError, match="fewer than two bins"):
        jackknife(np.zeros((1, 10)), lambda a: a[0], 6)
    with pytest.raises(ValueError, match="resamples"):
        bootstrap(np.zeros((1, 10)), lambda a: a[0], 1, 1, np.random.default_rng(0))
    with pytest.raises(ValueError, match="too short"):
        bin_size_scan(np.zeros((1, 4)), lambda a: a[0])
