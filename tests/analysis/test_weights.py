"""Log-normal weights: acceptance = erfc(sigma/2), ESS = exp(-sigma^2) (paper 000, toy model)."""

import numpy as np
import pytest
from scipy.special import erfc

from latflow.analysis import (
    acceptance_estimate,
    effective_sample_size,
    effective_sample_size_from_target,
    gamma_method,
    log_partition_function,
    log_partition_function_from_target,
    log_weight_variance,
    reweighted_mean,
)

from .chains import ar1

# A huge offset: weights must never be formed outright.
LOG_Z = 5000.0


def log_normal(rng, n, sigma):
    """log w of variance sigma^2 with <w> = exp(LOG_Z), from samples of q."""
    return LOG_Z - sigma**2 / 2 + sigma * rng.standard_normal(n)


@pytest.mark.parametrize("sigma", [0.1, 0.4, 0.8])
@pytest.mark.parametrize(
    ("estimator", "exact"),
    [
        (effective_sample_size, lambda s: np.exp(-(s**2))),
        (acceptance_estimate, lambda s: erfc(s / 2)),
        (log_partition_function, lambda s: LOG_Z),
        (log_weight_variance, lambda s: s**2),
    ],
)
def test_value_and_error(estimator, exact, sigma):
    # 200 replicas of 5000 samples. Mean pull within 5/sqrt(200) of zero, plus 0.1 for the
    # O(1/N) bias; spread of the pulls within a quarter (5 sigma) of one.
    rng = np.random.default_rng(31)
    estimates = [estimator(log_normal(rng, 5000, sigma)) for _ in range(200)]
    pulls = np.array([(e.value - exact(sigma)) / e.error for e in estimates])
    assert abs(pulls.mean()) < 0.45
    assert 0.75 < pulls.std() < 1.3


@pytest.mark.parametrize(
    "estimator",
    [
        effective_sample_size,
        effective_sample_size_from_target,
        acceptance_estimate,
        log_partition_function,
        log_partition_function_from_target,
        log_weight_variance,
    ],
)
def test_error_is_that_of_the_jackknife(estimator):
    # Leaving out one sample at a time needs no derivative; it differs by O(1/N).
    n = 400
    log_w = log_normal(np.random.default_rng(39), n, 0.7)
    left_out = np.array([estimator(np.delete(log_w, k)).value for k in range(n)])
    expected = np.sqrt((n - 1) * left_out.var())
    np.testing.assert_allclose(estimator(log_w).error, expected, rtol=0.06)


def test_partition_function_from_both_sides():
    # Under p the log weight of the toy model is Gaussian around LOG_Z + sigma^2/2.
    rng = np.random.default_rng(32)
    sigma = 0.7
    estimates = [
        log_partition_function_from_target(LOG_Z + sigma**2 / 2 + sigma * rng.standard_normal(5000))
        for _ in range(100)
    ]
    pulls = np.array([(e.value - LOG_Z) / e.error for e in estimates])
    assert abs(pulls.mean()) < 0.6
    assert 0.7 < pulls.std() < 1.3
    one = LOG_Z + sigma * rng.standard_normal(500)
    slow = log_partition_function_from_target(one, tau_int=8.0)
    np.testing.assert_allclose(slow.error, 4 * log_partition_function_from_target(one).error)


@pytest.mark.parametrize("sigma", [0.2, 0.7])
def test_effective_sample_size_from_samples_of_the_target(sigma):
    """Log-normal weights: exp(-sigma^2) as from the model's samples; 100 pulls."""
    rng = np.random.default_rng(42)
    pulls = []
    for _ in range(100):
        log_w = LOG_Z + sigma**2 / 2 + sigma * rng.standard_normal(4000)
        estimate = effective_sample_size_from_target(log_w)
        pulls.append((estimate.value - np.exp(-(sigma**2))) / estimate.error)
    assert abs(np.mean(pulls)) < 0.6
    assert 0.7 < np.std(pulls) < 1.3


def test_only_the_target_knows_what_the_model_leaves_out():
    """A tenth of p, where q has a weight of 1e-6: q's samples never see it."""
    of_model = np.zeros(1000)
    assert effective_sample_size(of_model).value == 1
    of_target = np.where(np.arange(1000) < 100, np.log(1e5), 0.0)
    # 1 / (<w> <1/w>) = 1 / ((0.1 x 1e5 + 0.9) (0.9 + 1e-6))
    expected = 1 / ((1e4 + 0.9) * (0.9 + 1e-6))
    np.testing.assert_allclose(effective_sample_size_from_target(of_target).value, expected)
    with pytest.raises(ValueError, match="finite"):
        effective_sample_size_from_target(np.array([0.0, -np.inf]))


def test_formula_of_the_error_of_log_z():
    log_w = log_normal(np.random.default_rng(33), 4000, 0.8)
    ess = effective_sample_size(log_w).value
    expected = np.sqrt((1 / ess - 1) / 4000)
    np.testing.assert_allclose(log_partition_function(log_w).error, expected, rtol=1e-3)


def test_acceptance_is_the_average_over_all_pairs():
    log_w = np.random.default_rng(34).standard_normal(40)
    w = np.exp(log_w)
    pairs = np.minimum(w[:, None], w[None, :])
    expected = (pairs.sum() - w.sum()) / (40 * 39) / w.mean()
    np.testing.assert_allclose(acceptance_estimate(log_w).value, expected, rtol=1e-12)


def test_acceptance_is_that_of_the_chain():
    # Independence Metropolis run for real: 10^5 steps, error about 0.003 with correlations.
    rng = np.random.default_rng(35)
    log_w = log_normal(rng, 100_000, 1.0)
    uniform = np.log(rng.random(100_000))
    current, accepted = log_w[0], np.zeros(100_000)
    for k in range(1, 100_000):
        if uniform[k] < log_w[k] - current:
            current, accepted[k] = log_w[k], 1
    chain = gamma_method(accepted[None, 1000:])
    estimate = acceptance_estimate(log_w)
    assert abs(chain.value - estimate.value) < 4 * np.hypot(chain.error, estimate.error)


def test_perfect_weights():
    log_w = np.full(100, -1234.5)
    assert effective_sample_size(log_w).value == 1
    assert effective_sample_size(log_w).error == 0
    assert acceptance_estimate(log_w).value == pytest.approx(1)
    assert log_partition_function(log_w).value == pytest.approx(-1234.5)


def test_one_dominating_weight():
    log_w = np.zeros(50)
    log_w[7] = 800.0
    assert effective_sample_size(log_w).value == pytest.approx(1 / 50)


def test_zero_weights_count_as_samples():
    log_w = np.array([0.0, 0.0, -np.inf, -np.inf])
    assert effective_sample_size(log_w).value == pytest.approx(0.5)
    assert log_partition_function(log_w).value == pytest.approx(np.log(0.5))


def test_reweighting_a_gaussian():
    # From N(0, 1) to N(mu, 1): log w = mu x; <x>_p = mu, <x^2>_p = 1 + mu^2.
    rng = np.random.default_rng(36)
    mu = 0.6
    for power, exact in ((1, mu), (2, 1 + mu**2)):
        pulls = []
        for _ in range(200):
            x = rng.standard_normal(5000)
            estimate = reweighted_mean(x**power, mu * x - 900)
            pulls.append((estimate.value - exact) / estimate.error)
        assert abs(np.mean(pulls)) < 0.45
        assert 0.75 < np.std(pulls) < 1.3


def test_reweighting_a_chain():
    # The same from AR(1) chains with tau = 5: only the correlated error is right.
    rng = np.random.default_rng(37)
    mu, right, naive = 0.4, [], []
    for _ in range(100):
        x = ar1(rng, 4, 5000, 5.0)
        estimate = reweighted_mean(x, mu * x, correlated=True)
        right.append((estimate.value - mu) / estimate.error)
        naive.append((estimate.value - mu) / reweighted_mean(x, mu * x).error)
    assert 0.7 < np.std(right) < 1.3
    assert np.std(naive) > 2


def test_reweighted_constant_is_exact():
    log_w = log_normal(np.random.default_rng(38), 100, 1.0)
    estimate = reweighted_mean(np.full(100, 0.1), log_w)
    assert (estimate.value, estimate.error) == (0.1, 0.0)


@pytest.mark.parametrize(
    "log_w", [np.zeros(1), np.array([0.0, np.nan]), np.array([0.0, np.inf]), np.full(3, -np.inf)]
)
def test_refusals(log_w):
    for estimator in (effective_sample_size, log_partition_function, acceptance_estimate):
        with pytest.raises(ValueError, match="log weights"):
            estimator(log_w)
