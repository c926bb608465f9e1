"""The toy model of accept/reject: its simulation against its exact answers, and these against
the kernel on a grid."""

import numpy as np
import pytest
from scipy.special import erfc

from latflow.analysis import (
    acceptance_estimate,
    effective_sample_size,
    gamma_method,
)
from latflow.reproduce._komijani2022._toy_model import (
    toy_acceptance,
    toy_autocorrelation,
    toy_simulation,
    toy_tau_int,
)

SIGMAS = np.linspace(0.25, 3, 12)


def discretised(sigma, points=400):
    """Eigenvalues of the transition matrix on a grid, and the part that y has in each."""
    y = np.linspace(-2 * sigma**2 - 8 * sigma, 7 * sigma, points)
    proposed = np.exp(-(y**2) / (2 * sigma**2))
    proposed /= proposed.sum()
    equilibrium = proposed * np.exp(-y)
    equilibrium /= equilibrium.sum()
    kernel = proposed * np.exp(-np.maximum(y - y[:, None], 0))
    np.fill_diagonal(kernel, 0)
    # What is rejected stays where it is.
    np.fill_diagonal(kernel, 1 - kernel.sum(axis=1))
    root = np.sqrt(equilibrium)
    symmetric = root[:, None] * kernel / root
    np.testing.assert_allclose(symmetric, symmetric.T, atol=1e-14)
    values, vectors = np.linalg.eigh(symmetric)
    assert values[-1] == pytest.approx(1, abs=1e-12)
    parts = (vectors.T @ (root * (y - equilibrium @ y))) ** 2
    return values[:-1], parts[:-1] / parts[:-1].sum()


@pytest.mark.parametrize("sigma", [0.3, 1.0, 2.0])
def test_exact_autocorrelation_is_that_of_the_kernel_on_a_grid(sigma):
    values, parts = discretised(sigma)
    lags = np.array([0, 1, 2, 3, 10, 50, 300])
    expected = (parts * values ** lags[:, None]).sum(axis=1)
    np.testing.assert_allclose(toy_autocorrelation(sigma, lags), expected, rtol=1e-7, atol=1e-10)
    tau = 0.5 + (parts * values / (1 - values)).sum()
    assert toy_tau_int(sigma) == pytest.approx(tau, rel=1e-6)


@pytest.mark.parametrize("sigma", [0.5, 1.0])
@pytest.mark.parametrize("blocks", [1, 3, 16])
def test_tau_int_is_the_sum_over_substeps_and_over_sweeps(sigma, blocks):
    lags = np.arange(1, 1000 * blocks)
    substeps = toy_autocorrelation(sigma, lags, blocks)
    tau = toy_tau_int(sigma, blocks)
    assert 0.5 + substeps.sum() == pytest.approx(tau, rel=2e-4)
    sweeps = substeps[blocks - 1 :: blocks]
    assert blocks * (0.5 + sweeps.sum()) == pytest.approx(tau, rel=2e-4)
    one_block = toy_autocorrelation(sigma / np.sqrt(blocks), np.arange(1, 4))
    np.testing.assert_allclose(sweeps[:3], one_block, rtol=1e-12)


def test_limits():
    assert toy_acceptance(1e-6) == pytest.approx(1, abs=1e-6)
    assert toy_tau_int(1e-6) == pytest.approx(0.5, abs=1e-5)
    # Many blocks: every substep renews one of them, and nothing is rejected.
    assert toy_tau_int(1e-6, 64) == pytest.approx(32, abs=1e-3)
    lags = np.array([0, 16, 32, 64, 200])
    rho = toy_autocorrelation(1e-6, lags, 64)
    np.testing.assert_allclose(rho, [1, 0.75, 0.5, 0, 0], atol=1e-4)
    assert np.isfinite(toy_tau_int(12.0))


def test_paper_figure_5_right():
    """At sigma = 2 the autocorrelation falls faster up to 4 to 16 blocks, and slower at 64."""
    tau = {blocks: toy_tau_int(2.0, blocks) for blocks in (1, 4, 8, 16, 64)}
    expected = {1: 292.199, 4: 25.499, 8: 22.153, 16: 25.943, 64: 56.777}
    assert tau == pytest.approx(expected, rel=2e-5)
    assert min(range(1, 65), key=lambda blocks: toy_tau_int(2.0, blocks)) == 7


@pytest.mark.parametrize("sigma", [1.5, 3.0, 5.0])
def test_the_best_size_of_a_block_does_not_depend_on_sigma(sigma):
    best = sigma**2 / 0.543657
    blocks = max(1, round(best))
    assert toy_acceptance(sigma, blocks) == pytest.approx(0.602, abs=0.03)
    assert toy_tau_int(sigma, blocks) == pytest.approx(5.526005 * sigma**2, rel=0.01)
    assert toy_tau_int(sigma, blocks) < toy_tau_int(sigma, blocks * 2)
    assert toy_tau_int(sigma, blocks) < toy_tau_int(sigma, blocks // 2)


@pytest.mark.parametrize("blocks", [1, 4])
def test_acceptance_is_erfc(blocks):
    """Independent replicas give the error. 24 checks at 3 standard errors in all: a false alarm
    in one of 15 seeds."""
    random = np.random.default_rng(3)
    for sigma in SIGMAS:
        series = toy_simulation(sigma, 200, 2000, random, blocks)
        means = series.accepted.mean(axis=1)
        error = means.std(ddof=1) / np.sqrt(means.size)
        exact = erfc(sigma / 2 / np.sqrt(blocks))
        assert toy_acceptance(sigma, blocks) == pytest.approx(exact, rel=1e-14)
        assert error < 0.1 * exact
        assert abs(means.mean() - exact) < 3 * error, sigma


@pytest.mark.parametrize(("sigma", "blocks"), [(0.5, 1), (1.0, 1), (2.0, 8)])
def test_the_chain_of_the_paper_tends_to_its_stationary_law(sigma, blocks):
    """From a proposal, as in the paper; mean and variance at 4 standard errors of replicas."""
    substeps = int(12 * toy_tau_int(sigma, blocks))
    random = np.random.default_rng(1)
    series = toy_simulation(sigma, substeps, 20_000, random, blocks, from_equilibrium=False)
    first, last = series.y[:, 0], series.y[:, -1]
    assert first.mean() > last.mean() + 8 * sigma / np.sqrt(last.size)
    assert abs(last.mean() + sigma**2) < 4 * sigma / np.sqrt(last.size)
    assert abs(last.var() / sigma**2 - 1) < 4 * np.sqrt(2 / last.size)


@pytest.mark.parametrize(("sigma", "blocks"), [(0.5, 1), (1.0, 1), (2.0, 4), (2.0, 16)])
def test_simulated_autocorrelation_is_exact(sigma, blocks):
    """Mean and variance are known, and replicas independent: no bias, and plain errors.

    Eight lags and their mean at 4 standard errors: a false alarm in 400 seeds for all cases.
    """
    tau, replicas = toy_tau_int(sigma, blocks), 400
    lags = np.unique(np.concatenate([[1, 2, 3], np.geomspace(4, 8 * tau, 5).astype(int)]))
    random = np.random.default_rng(7)
    y = toy_simulation(sigma, int(60 * tau), replicas, random, blocks).y + sigma**2
    exact = toy_autocorrelation(sigma, lags, blocks)
    estimates = [(y[:, :-lag] * y[:, lag:]).mean(axis=1) / sigma**2 for lag in lags]
    mean = np.mean(estimates, axis=0), exact.mean()
    for estimate, expected in (*zip(estimates, exact, strict=True), mean):
        error = estimate.std(ddof=1) / np.sqrt(replicas)
        assert error < 0.05
        assert abs(estimate.mean() - expected) < 4 * error


@pytest.mark.parametrize(("sigma", "blocks"), [(0.5, 1), (1.0, 1), (2.0, 8), (2.0, 64)])
def test_tau_int_of_the_gamma_method_is_exact(sigma, blocks):
    """Within 4 of its errors, and 3 % for the tail that its window cuts off."""
    tau = toy_tau_int(sigma, blocks)
    random = np.random.default_rng(5)
    y = toy_simulation(sigma, int(400 * tau), 100, random, blocks).y
    result = gamma_method(y)
    assert result.tau_int_error < 0.03 * tau
    assert abs(result.tau_int - tau) < 4 * result.tau_int_error + 0.03 * tau


def test_weights_of_the_toy_model_give_its_acceptance_and_effective_size():
    """Proposals have log w = -x: the estimators from weights, at 4 errors."""
    log_weight = np.random.default_rng(2).normal(0, 1.0, 40_000)
    acceptance, size = acceptance_estimate(log_weight), effective_sample_size(log_weight)
    assert abs(acceptance.value - toy_acceptance(1.0)) < 4 * acceptance.error
    assert abs(size.value - np.exp(-1)) < 4 * size.error


@pytest.mark.parametrize(("sigma", "blocks"), [(0.0, 1), (-1.0, 2), (1.0, 0), (np.nan, 1)])
def test_parameters_out_of_range_are_refused(sigma, blocks):
    for function in (toy_acceptance, toy_tau_int):
        with pytest.raises(ValueError, match="must be positive"):
            function(sigma, blocks)
    with pytest.raises(ValueError, match="negative"):
        toy_autocorrelation(1.0, np.array([-1]))
