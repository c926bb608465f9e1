"""τ_int from rejection runs, against geometric runs and a real independence chain."""

import numpy as np
import pytest

from latflow.analysis import gamma_method, tau_from_rejections


def test_every_step_independent():
    # Rejected with probability r each: p(t) = r^t, tau = 1/2 + r/(1 - r).
    rng = np.random.default_rng(1)
    pulls = []
    for _ in range(100):
        estimate = tau_from_rejections(rng.random((20, 500)) < 0.4)
        pulls.append((estimate.value - (0.5 + 0.6 / 0.4)) / estimate.error)
    # 100 pulls: mean known to 0.1, width to 7 %.
    assert abs(np.mean(pulls)) < 0.45
    assert 0.7 < np.std(pulls) < 1.3


def test_small_example_counted_by_hand():
    # R R A R: single rejections 3 of 4, two in a row 1 of 3, three in a row 0 of 2.
    accepted = np.array([[False, False, True, False]])
    assert tau_from_rejections(accepted).value == pytest.approx(0.5 + 3 / 4 + 1 / 3)


def test_agrees_with_an_observable_of_the_chain():
    # Weights log-normal, observable independent of them: rho(t) = p(t).
    rng = np.random.default_rng(2)
    chains, samples = 400, 1000
    log_w = 0.8 * rng.standard_normal((chains, samples))
    values = rng.standard_normal((chains, samples))
    log_uniform = np.log(rng.random((chains, samples)))
    accepted = np.ones((chains, samples), dtype=bool)
    for k in range(1, samples):
        accepted[:, k] = log_uniform[:, k] < log_w[:, k] - log_w[:, k - 1]
        stay = ~accepted[:, k]
        log_w[stay, k] = log_w[stay, k - 1]
        values[stay, k] = values[stay, k - 1]
    late = slice(200, None)
    estimate = tau_from_rejections(accepted[:, late])
    direct = gamma_method(values[:, late])
    difference = estimate.value - direct.tau_int
    assert abs(difference) < 4 * np.hypot(estimate.error, direct.tau_int_error)
    assert direct.tau_int > 1


def test_limits():
    assert tau_from_rejections(np.ones((2, 10), dtype=bool)).value == 0.5
    assert tau_from_rejections(np.ones((2, 10), dtype=bool)).error == 0
    assert np.isinf(tau_from_rejections(np.zeros((2, 10), dtype=bool)).value)
    with pytest.raises(ValueError, match="accepted"):
        tau_from_rejections(np.ones((1, 1), dtype=bool))
