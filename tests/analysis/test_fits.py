"""Recovery of power laws with known noise."""

import numpy as np
import pytest
from scipy import stats

from latflow.analysis import power_law_fit

X = np.array([8.0, 12.0, 16.0, 24.0, 32.0])


def test_exact_power_law():
    fit = power_law_fit(X, 0.3 * X**2.1, 0.01 * X)
    assert fit.alpha == pytest.approx(0.3)
    assert fit.exponent == pytest.approx(2.1)
    assert fit.chi2 < 1e-12
    assert fit.dof == 3


def test_two_points_by_hand():
    # z = log(y1/y0)/log(x1/x0), its variance the sum of squared relative errors / log^2.
    fit = power_law_fit(np.array([1.0, 2.0]), np.array([3.0, 12.0]), np.array([0.03, 0.24]))
    assert fit.exponent == pytest.approx(2.0)
    assert fit.alpha == pytest.approx(3.0)
    assert fit.exponent_error == pytest.approx(np.hypot(0.01, 0.02) / np.log(2))
    assert fit.alpha_error == pytest.approx(0.03)
    # alpha = y0, so cov(alpha, z) = -var(log y0) y0 / log 2.
    assert fit.covariance[0, 1] == pytest.approx(-(0.01**2) * 3 / np.log(2))
    assert np.isnan(fit.p_value)


def test_errors_and_chi2_are_calibrated():
    # 300 fits: width of the pulls known to 4 %, mean to 0.06; KS at 1e-3.
    rng = np.random.default_rng(1)
    truth = 0.3 * X**2.0
    error = 0.05 * truth
    fits = [
        power_law_fit(X, truth + error * rng.standard_normal(X.size), error) for _ in range(300)
    ]
    for value, name in ((0.3, "alpha"), (2.0, "exponent")):
        pulls = [(getattr(f, name) - value) / getattr(f, name + "_error") for f in fits]
        assert abs(np.mean(pulls)) < 0.3
        assert 0.84 < np.std(pulls) < 1.16
    assert stats.kstest([f.p_value for f in fits], "uniform").pvalue > 1e-3


def test_refusals():
    with pytest.raises(ValueError, match="positive"):
        power_law_fit(X, -X, X)
    with pytest.raises(ValueError, match="alike"):
        power_law_fit(X[:1], X[:1], X[:1])
