"""Chain lengths follow from measured autocorrelation times."""

import math

import numpy as np
import pytest
from scipy.signal import lfilter

from latflow.scans._length import (
    SEGMENT,
    SHORTEST,
    Slowness,
    first_length,
    longer,
    longer_pilot,
    slowness,
    thinning,
    warm_up_length,
)


def measured(tau=20.0, error=2.0, fastest=5.0, n_samples=400, n_chains=64, saturated=False):
    return Slowness(tau, error, fastest, n_samples, n_chains, saturated)


def series(generator, tau):
    """AR(1) chains with this integrated autocorrelation time, shape (16, 8000)."""
    a = (2 * tau - 1) / (2 * tau + 1)
    return lfilter([1.0], [1.0, -a], generator.standard_normal((16, 8000)), axis=1)


def test_slowness_of_series_with_known_autocorrelation():
    generator = np.random.default_rng(1)
    m = series(generator, 20.0)
    energy = series(generator, 5.0)
    found = slowness([m, m * m, energy])
    assert found.tau == pytest.approx(20.0, abs=4 * found.error)
    assert found.fastest == pytest.approx(5.0, rel=0.2)
    assert (found.n_chains, found.n_samples) == (16, 8000)
    assert found.relative_error == found.error / found.tau


def test_what_never_moves_does_not_decide():
    moving = series(np.random.default_rng(2), 5.0)
    frozen = np.repeat(np.arange(16.0)[:, None], 8000, axis=1)
    assert slowness([frozen, moving]) == slowness([moving])
    nothing = slowness([frozen])
    assert nothing.relative_error == math.inf
    assert (thinning(nothing), warm_up_length(nothing)) == (1, 500)
    assert longer_pilot(nothing) == 2 * 8000
    assert first_length(nothing, 2, 0.03) == pytest.approx(1.1 * 8 * 8000 / 2, abs=SEGMENT)


def test_a_saturated_window_tells_nothing():
    assert measured(saturated=True).relative_error == math.inf


def test_a_pilot_grows_until_it_is_long_enough():
    assert longer_pilot(measured(tau=20.0)) == 400
    assert longer_pilot(measured(tau=100.0)) == 1000
    # The fewer the chains, the longer each of them.
    assert longer_pilot(measured(tau=20.0, n_chains=1)) == 6000
    assert longer_pilot(measured(tau=1.0, saturated=True)) == 800


def test_thinning_keeps_five_samples_in_the_fastest_tau():
    assert thinning(measured(fastest=0.5)) == 1
    assert thinning(measured(fastest=26.0)) == 5


def test_the_warm_up_forgets_the_start():
    assert warm_up_length(measured(tau=3.0)) == 500
    assert warm_up_length(measured(tau=100.0)) == 2000


def test_lengths_reach_the_target_as_the_error_falls_with_the_root_of_the_length():
    pilot = measured(tau=20.0, error=2.0)  # 10 % with 400 samples
    assert first_length(pilot, 1, 0.05) == pytest.approx(1.1 * 4 * 400, abs=SEGMENT)
    assert first_length(pilot, 4, 0.05) == pytest.approx(1.1 * 400, abs=SEGMENT)
    assert first_length(pilot, 1, 0.5) == SHORTEST
    assert longer(pilot, 0.05) == pytest.approx(1.1 * 4 * 400, abs=SEGMENT)
    # It always grows, and never by too much at once.
    assert longer(pilot, 0.0999) > 400
    assert longer(measured(saturated=True), 0.01) == 8 * 400
    for length in (first_length(pilot, 3, 0.03), longer(pilot, 0.03)):
        assert length % SEGMENT == 0
