"""Warnings must come when they should, and only then."""

import numpy as np
import pytest
from scipy import stats

from latflow.analysis import (
    between_chain_chi2,
    gelman_rubin,
    magnetisation_sign_balance,
    too_short,
)

from .chains import ar1


def test_gelman_rubin_by_its_formula():
    series = np.random.default_rng(1).standard_normal((3, 10))
    halves = series.reshape(6, 5)
    within = halves.var(axis=1, ddof=1).mean()
    between = 5 * halves.mean(axis=1).var(ddof=1)
    expected = np.sqrt((4 / 5 * within + between / 5) / within)
    np.testing.assert_allclose(gelman_rubin(series), expected)


def test_gelman_rubin_finds_stuck_and_drifting_chains():
    rng = np.random.default_rng(2)
    good = ar1(rng, 8, 2000, 2.0)
    assert gelman_rubin(good) < 1.02
    assert gelman_rubin(good + 2 * (np.arange(8) % 2)[:, None]) > 1.3
    assert gelman_rubin(good[:1] + np.linspace(0, 4, 2000)) > 1.3
    assert gelman_rubin(np.ones((2, 10))) == 1
    stuck = np.ones((2, 10)) * np.array([[1.0], [2.0]])
    assert np.isinf(gelman_rubin(stuck))
    both = gelman_rubin(np.stack([good, good + 1], axis=-1))
    assert both.shape == (2,)


@pytest.mark.parametrize(("chains", "samples", "tau"), [(10, 1000, 5.0), (50, 60, 10.0)])
def test_chi2_of_healthy_chains_is_uniform(chains, samples, tau):
    # 200 replicas, Kolmogorov-Smirnov at 1e-3; a factor 2 in tau gives p < 1e-20.
    rng = np.random.default_rng(3)
    p = [between_chain_chi2(ar1(rng, chains, samples, tau), tau).p_value for _ in range(200)]
    assert stats.kstest(p, "uniform").pvalue > 1e-3


def test_chi2_of_independent_samples_by_hand():
    series = np.random.default_rng(6).standard_normal((3, 4))
    means = series.mean(axis=1)
    expected = 4 * np.sum((means - means.mean()) ** 2) / series.var(ddof=1)
    np.testing.assert_allclose(between_chain_chi2(series, 0.5).chi2, expected)


def test_chi2_of_disagreeing_chains():
    series = ar1(np.random.default_rng(4), 10, 1000, 5.0)
    series[0] += 1
    result = between_chain_chi2(series, 5.0)
    assert result.dof == 9
    assert result.p_value < 1e-6


def test_too_short():
    assert too_short(9999, 100.0)
    assert not too_short(10_000, 100.0)
    assert too_short(10_000, float("nan"))


def test_sign_balance():
    rng = np.random.default_rng(5)
    gaussian = rng.standard_normal((4, 500))
    assert not magnetisation_sign_balance(gaussian).warning
    assert abs(magnetisation_sign_balance(gaussian).fraction_positive - 0.5) < 0.05
    broken = 1 + 0.1 * gaussian
    assert magnetisation_sign_balance(broken) == (1.0, True)
    assert magnetisation_sign_balance(-broken) == (0.0, True)
    two_modes = broken * np.array([1, -1, 1, -1])[:, None]
    assert magnetisation_sign_balance(two_modes) == (0.5, False)
    # One sign only, but reaching down to zero: no second mode is hidden.
    assert not magnetisation_sign_balance(np.abs(gaussian)).warning


def test_refusals():
    with pytest.raises(ValueError, match="samples"):
        gelman_rubin(np.zeros((2, 3)))
    with pytest.raises(ValueError, match="chains"):
        between_chain_chi2(np.zeros((1, 10)), 1.0)
    with pytest.raises(ValueError, match="constant"):
        between_chain_chi2(np.zeros((2, 10)), 1.0)
    with pytest.raises(ValueError, match="tau_int"):
        between_chain_chi2(np.zeros((2, 10)), 0.0)
