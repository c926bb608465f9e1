"""The Γ-method on AR(1) chains, whose answers are known."""

import time
import tracemalloc

import numpy as np
import pytest

from latflow.analysis import gamma_method

from .chains import ar1, coefficient, exact_error


@pytest.mark.parametrize("tau", [0.5, 5.0, 50.0])
@pytest.mark.parametrize("chains", [1, 100])
def test_tau_and_error_of_ar1(tau, chains):
    # 20 replicas of 10^5 samples; a 5-sigma band of their mean: false alarm 6e-7 a case.
    rng = np.random.default_rng(11)
    samples = 100_000 // chains
    series = np.stack([ar1(rng, chains, samples, tau) for _ in range(20)], axis=-1)
    result = gamma_method(series)
    scatter = result.tau_int.std(ddof=1)
    assert abs(result.tau_int.mean() - tau) < 5 * result.tau_int_error.mean() / np.sqrt(20)
    # The quoted errors agree with the actual scatter (20 replicas know it to 16 %).
    assert 0.5 < scatter / result.tau_int_error.mean() < 1.5
    exact = exact_error(chains, samples, tau)
    band = 5 * result.error_of_error.mean() / np.sqrt(20)
    assert abs(result.error.mean() - exact) < band + 0.01 * exact
    assert 0.5 < result.error.std(ddof=1) / result.error_of_error.mean() < 1.5
    assert not result.window_saturated.any()


def coverage(seed, chains, samples, tau, replicas):
    rng = np.random.default_rng(seed)
    hits = 0
    for _ in range(replicas):
        result = gamma_method(ar1(rng, chains, samples, tau))
        hits += abs(result.value) < result.error
    return hits / replicas


# Nominal coverage 0.683. With 500 replicas its standard deviation is 0.021: the band below
# rejects correct code for one seed in 300; the seeds are fixed. An error wrong by sqrt(2), a
# factor 2 in tau, covers 0.52 or 0.84.
@pytest.mark.parametrize("tau", [0.5, 5.0, 50.0])
def test_coverage_of_one_chain(tau):
    assert 0.62 <= coverage(21, 1, 20_000, tau, 500) <= 0.74


@pytest.mark.parametrize("tau", [0.5, 5.0, 50.0])
def test_coverage_of_many_short_chains(tau):
    assert 0.62 <= coverage(22, 100, 200, tau, 500) <= 0.74


# Standard deviation with 1000 replicas: 0.015; false alarm 1e-4 per case.
@pytest.mark.slow
@pytest.mark.parametrize("tau", [0.5, 5.0, 50.0])
@pytest.mark.parametrize(("chains", "samples"), [(1, 100_000), (1000, 1000)])
def test_coverage_full(tau, chains, samples):
    assert 0.62 <= coverage(23, chains, samples, tau, 1000) <= 0.74


def test_chains_shorter_than_their_autocorrelation():
    # 400 chains of 20 samples with tau = 50: only the scatter between chains knows the error.
    # Its relative error is 1/sqrt(2*399) = 3.5 %, for the mean of 20 replicas 0.8 %.
    rng = np.random.default_rng(3)
    series = np.stack([ar1(rng, 400, 20, 50.0) for _ in range(20)], axis=-1)
    result = gamma_method(series)
    assert result.window_saturated.all()
    np.testing.assert_allclose(result.error.mean(), exact_error(400, 20, 50.0), rtol=0.04)


def test_widest_window_is_the_scatter_of_chain_means():
    series = ar1(np.random.default_rng(4), 12, 30, 3.0)
    result = gamma_method(series, window=29)
    expected = series.mean(axis=1).std(ddof=1) / np.sqrt(12)
    np.testing.assert_allclose(result.error, expected, rtol=1e-12)


def test_global_mean_not_chain_mean():
    # Chains of 100 samples with tau = 20. A mean per chain takes 2 tau / 100 off every rho(t)
    # and gives tau near 13; the global mean is right.
    series = ar1(np.random.default_rng(5), 4000, 100, 20.0)
    result = gamma_method(series)
    assert abs(result.tau_int - 20) < 4 * result.tau_int_error + 0.2
    wrong = gamma_method(series - series.mean(axis=1, keepdims=True)).tau_int
    assert wrong < 16


def test_direct_sums():
    # Every number recomputed by explicit loops over lags, at a fixed window.
    series = ar1(np.random.default_rng(6), 3, 200, 2.0) + 7
    window, n, total = 9, 200, 600
    fluct = series - series.mean()
    gamma = np.array(
        [np.sum(fluct[:, : n - t] * fluct[:, t:]) / (3 * (n - t)) for t in range(2 * window + 1)]
    )
    variance = 0.0
    for _ in range(60):
        shifted = gamma + variance
        weights = np.array([1.0] + [2 * (1 - t / n) for t in range(1, window + 1)])
        variance = np.sum(weights * shifted[: window + 1]) / total
    result = gamma_method(series, window=window)
    rho = (gamma + variance) / (gamma[0] + variance)
    np.testing.assert_allclose(result.error, np.sqrt(variance), rtol=1e-10)
    np.testing.assert_allclose(result.tau_int, 0.5 + rho[1 : window + 1].sum(), rtol=1e-10)
    np.testing.assert_allclose(result.autocorrelation, rho, rtol=1e-10)
    tau = result.tau_int
    expected = 2 * tau * np.sqrt((window + 0.5 - tau) / total)
    np.testing.assert_allclose(result.tau_int_error, expected, rtol=1e-10)
    expected = result.error * np.sqrt((window + 0.5) / total)
    np.testing.assert_allclose(result.error_of_error, expected, rtol=1e-10)
    np.testing.assert_allclose(result.value, series.mean(), rtol=1e-14)
    np.testing.assert_allclose(result.n_effective, total / (2 * tau))


def test_blocked_transforms_join():
    # 10^5 samples are more than one block: pairs across block borders must be counted once.
    series = ar1(np.random.default_rng(7), 2, 100_000, 5.0)
    result = gamma_method(series, window=40)
    fluct = series - series.mean()
    for t in (0, 1, 17, 80):
        gamma = np.sum(fluct[:, : 100_000 - t] * fluct[:, t:]) / (2 * (100_000 - t))
        expected = (gamma + result.error**2) / (np.mean(fluct**2) + result.error**2)
        np.testing.assert_allclose(result.autocorrelation[t], expected, atol=1e-12)


def test_autocorrelation_error_is_the_scatter():
    rng = np.random.default_rng(8)
    series = np.stack([ar1(rng, 1, 20_000, 5.0) for _ in range(200)], axis=-1)
    result = gamma_method(series, window=30)
    a = coefficient(5.0)
    lags = np.arange(61)
    # Scatter of 200 replicas: known to 5 %, five times that is allowed.
    scatter = result.autocorrelation.std(axis=0, ddof=1)
    quoted = result.autocorrelation_error.mean(axis=0)
    np.testing.assert_allclose(quoted[1:], scatter[1:], rtol=0.25)
    pull = (result.autocorrelation.mean(axis=0) - a**lags)[1:] / (quoted[1:] / np.sqrt(200))
    assert np.abs(pull).max() < 5


@pytest.mark.parametrize("a", [-0.5, -0.9])
def test_anticorrelated(a):
    # rho(t) = a^t with a < 0: tau = (1 + a) / 2(1 - a), an error below the naive one.
    tau = 0.5 * (1 + a) / (1 - a)
    rng = np.random.default_rng(9)
    series = np.stack([ar1(rng, 10, 10_000, tau) for _ in range(10)], axis=-1)
    result = gamma_method(series)
    np.testing.assert_allclose(result.tau_int.mean(), tau, rtol=0.1)
    np.testing.assert_allclose(result.error.mean(), exact_error(10, 10_000, tau), rtol=0.06)


def test_shift_and_scale():
    series = ar1(np.random.default_rng(10), 5, 1000, 4.0)
    plain = gamma_method(series)
    moved = gamma_method(-3.0 * series + 1e4)
    np.testing.assert_allclose(moved.value, -3 * plain.value + 1e4, rtol=1e-14)
    np.testing.assert_allclose(moved.error, 3 * plain.error, rtol=1e-8)
    np.testing.assert_allclose(moved.tau_int, plain.tau_int, rtol=1e-8)
    assert moved.window == plain.window


def test_order_of_chains_does_not_matter():
    series = ar1(np.random.default_rng(12), 6, 500, 4.0)
    one, two = gamma_method(series), gamma_method(series[::-1].copy())
    np.testing.assert_allclose(one.error, two.error, rtol=1e-10)


def test_observables_are_independent_of_each_other_and_input_is_untouched():
    rng = np.random.default_rng(13)
    series = np.stack([ar1(rng, 3, 700, t) for t in (0.5, 3.0, 12.0)], axis=-1)
    before = series.copy()
    together = gamma_method(series)
    np.testing.assert_array_equal(series, before)
    for k in range(3):
        alone = gamma_method(series[..., k])
        assert alone.window == together.window[k]
        np.testing.assert_allclose(alone.error, together.error[k], rtol=1e-12)
        rows = together.autocorrelation[k]
        np.testing.assert_allclose(rows[: alone.autocorrelation.size], alone.autocorrelation)
        assert np.isnan(rows[alone.autocorrelation.size :]).all()


def test_constant_series():
    # 0.1 is not a binary number: the mean of 30 of them is not exactly 0.1. Stuck chains look
    # like this: nothing is known of the error.
    result = gamma_method(np.full((5, 6), 0.1))
    assert result.value == 0.1
    assert np.isnan([result.error, result.tau_int, result.tau_int_error]).all()


@pytest.mark.parametrize("exponent", [-500, -100, 10, 333, 500])
def test_other_units_change_no_digit(exponent):
    # Powers of two from 1e-150 to 1e150: exact in floating point.
    series = ar1(np.random.default_rng(17), 3, 400, 4.0) + 0.5
    one, other = gamma_method(series), gamma_method(np.ldexp(series, exponent))
    assert other.value == np.ldexp(one.value, exponent)
    assert other.error == np.ldexp(one.error, exponent)
    assert (other.tau_int, other.tau_int_error) == (one.tau_int, one.tau_int_error)


def test_a_shift_changes_the_value_only():
    series = np.round(ar1(np.random.default_rng(18), 3, 400, 4.0), 3) * 2.0**-10
    one, other = gamma_method(series), gamma_method(series + 4096.0)
    np.testing.assert_allclose(other.value, one.value + 4096.0, rtol=1e-15)
    np.testing.assert_allclose(other.error, one.error, rtol=1e-9)
    np.testing.assert_allclose(other.tau_int, one.tau_int, rtol=1e-9)


def test_independent_single_samples():
    # One sample per chain: the textbook error.
    series = np.random.default_rng(14).standard_normal((50, 1))
    expected = series.std(ddof=1) / np.sqrt(50)
    np.testing.assert_allclose(gamma_method(series).error, expected, rtol=1e-12)


def test_memory_is_bounded():
    # 32 million numbers, 256 MB as a copy in double precision; what is copied at a time is
    # 2^23 numbers, 64 MB.
    series = np.zeros((4, 50_000, 160), dtype=np.float32)
    series[:, ::2] = 1.0
    tracemalloc.start()
    gamma_method(series, window=8)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 180e6


@pytest.mark.slow
def test_speed_of_a_million_samples_of_a_hundred_observables():
    series = np.random.default_rng(16).standard_normal((1, 1_000_000, 100))
    start = time.perf_counter()
    gamma_method(series)
    assert time.perf_counter() - start < 20


@pytest.mark.parametrize(
    "call",
    [
        lambda: gamma_method(np.zeros(5)),
        lambda: gamma_method(np.zeros((1, 1))),
        lambda: gamma_method(np.array([[1.0, np.nan, 2.0]])),
        lambda: gamma_method(np.zeros((2, 5)), s_tau=0.0),
        lambda: gamma_method(np.zeros((2, 5)), s_tau=np.inf),
        lambda: gamma_method(np.zeros((2, 5)) + 1j),
        lambda: gamma_method(np.zeros((2, 5)), window=5),
    ],
)
def test_refusals(call):
    with pytest.raises((ValueError, TypeError)):
        call()
