"""Chains without equilibrium have no result; those that are sound lose nothing."""

import numpy as np
import pytest

from latflow.analysis import gamma_method
from latflow.observables import SlowSeries
from latflow.runs.results._convergence import about_convergence, about_motion, about_windows
from latflow.runs.store import ChainData

NAMES = ("m", "chi2")
SLOW = [SlowSeries(name, name, name, name, lambda s, name=name: s[name]) for name in NAMES]
ODD = frozenset({"m"})


def ar1(seed, chains=8, samples=400, a=0.8):
    rng = np.random.default_rng(seed)
    series = np.empty((chains, samples))
    series[:, 0] = rng.normal(size=chains)
    for t in range(1, samples):
        series[:, t] = a * series[:, t - 1] + np.sqrt(1 - a * a) * rng.normal(size=chains)
    return series


def data(acceptance, shape):
    infos = {"acceptance": np.broadcast_to(acceptance, shape).astype(float)}
    return ChainData("it", {}, infos, {}, {}, 1.0, 1.0, 1.0)


def doubted(series):
    """Names of results in doubt."""
    shape = series["m"].shape
    results = {name: gamma_method(values) for name, values in series.items()}
    doubts = about_convergence(data(0.8, shape), series, SLOW, results, ODD)
    doubts += about_windows({k: v for k, v in results.items() if np.isfinite(v.error)})
    return {name for doubt in doubts for name in doubt.quantities}


def test_sound_chains():
    """False alarm: below 1e-6 for each of the 40 seeds."""
    for seed in range(40):
        assert doubted({"m": ar1(seed), "chi2": ar1(seed + 1000) ** 2}) == set()


def test_chains_that_sit_in_different_places():
    shift = np.where(np.arange(8) % 2, 30.0, -30.0)[:, None]
    assert doubted({"m": ar1(1), "chi2": ar1(2) + shift}) == set(NAMES)


def test_chains_in_one_of_two_equivalent_places_are_right_about_the_rest():
    shift = np.where(np.arange(8) % 2, 30.0, -30.0)[:, None]
    assert doubted({"m": ar1(1) + shift, "chi2": ar1(2)}) == {"m"}


def test_chains_that_still_drift():
    drift = np.linspace(60.0, 0.0, 400)
    assert doubted({"m": ar1(1), "chi2": ar1(2) + drift}) >= {"chi2"}


@pytest.mark.parametrize("n_stuck", [1, 7, 8])
def test_chains_that_never_moved(n_stuck):
    series = {"m": ar1(1), "chi2": ar1(2)}
    for values in series.values():
        values[:n_stuck] = values[:n_stuck, :1]
    (doubt,) = about_motion(data(0.5 if n_stuck < 8 else 1e-40, (8, 400)), series, NAMES, 1, "do")
    assert doubt.quantities == NAMES
    assert doubt.tau_at_least == (3200 if n_stuck == 8 else 400)
    assert ("accepted" in doubt.sentence) == (n_stuck == 8)


def test_chains_that_have_not_moved_yet():
    """Three samples, and nothing unusual about two rejections in a row."""
    series = {"m": ar1(1)[:, :3], "chi2": ar1(2)[:, :3]}
    for values in series.values():
        values[:2] = values[:2, :1]
    assert about_motion(data(0.3, (8, 3)), series, NAMES, 1, "do") == []
    assert about_motion(data(0.3, (8, 3)), series, NAMES, 100, "do") != []
    single = {name: values[:, :1] for name, values in series.items()}
    assert about_motion(data(0.3, (8, 1)), single, NAMES, 1, "do") == []


def test_short_chains_are_said_to_be_short():
    """Many chains of few tau_int: together they are long enough, each by itself is not."""
    sentences = {}
    for samples in (60, 1000):
        series = {"m": ar1(1, 64, samples), "chi2": ar1(2, 64, samples, 0.1)}
        results = {name: gamma_method(values) for name, values in series.items()}
        found = about_convergence(data(0.8, (64, samples)), series, SLOW, results, ODD)
        sentences[samples] = [doubt.sentence for doubt in found]
    (sentence,) = [each for each in sentences[60] if each.startswith("each chain is short")]
    assert "m (" in sentence and "chi2" not in sentence
    assert not any("short" in each for each in sentences[1000])
