"""Hot and cold starts: chains that have not met have no result; those that have lose nothing."""

import numpy as np
import pytest

from latflow.kernels import CLASSICAL_KERNELS
from latflow.observables import SlowSeries
from latflow.runs.configuration._chains import chain_block
from latflow.runs.results import about_starts

SLOW = [SlowSeries(name, name, name, name, lambda s, name=name: s[name]) for name in ("m", "chi2")]


def block(name, start, kernel="hmc"):
    (settings,) = (k for k in CLASSICAL_KERNELS if k.model_fields["kernel"].default == kernel)
    return chain_block(settings)(name=name, kernel=kernel, start=start)


def results(m, chi2, error=0.1):
    return {
        "m": {"value": m, "error": error},
        "chi2": {"value": chi2, "error": error},
        "action": {"value": 1.0, "error": error},
    }


HOT, COLD = block("one", "hot"), block("two", "cold")


def doubted(blocks, found, odd=frozenset()):
    doubts = about_starts(blocks, found, SLOW, odd)
    return {name: {q for doubt in each for q in doubt.quantities} for name, each in doubts.items()}


def test_chains_that_have_not_met():
    found = {"one": results(0.0, 2.0), "two": results(0.0, 3.0)}
    assert doubted([HOT, COLD], found) == {name: {"m", "chi2", "action"} for name in found}
    (doubt,) = about_starts([HOT, COLD], found, SLOW)["one"]
    assert "warm_up" in doubt.sentence and "two" in doubt.sentence and "7.1 sigma" in doubt.sentence


def test_places_that_a_symmetry_makes_equivalent():
    found = {"one": results(0.0, 2.0), "two": results(0.9, 2.0)}
    assert doubted([HOT, COLD], found, frozenset({"m"})) == {"one": {"m"}, "two": {"m"}}


def test_a_difference_that_may_be_chance_is_a_warning():
    found = {"one": results(0.0, 2.0), "two": results(0.0, 2.6)}
    assert doubted([HOT, COLD], found) == {"one": set(), "two": set()}


@pytest.mark.parametrize(
    "blocks",
    [
        [HOT, block("two", "hot")],
        [HOT, block("two", "cold", "metropolis")],
        [block("one", "cold"), COLD],
    ],
)
def test_only_hot_and_cold_starts_of_one_kernel_are_compared(blocks):
    found = {"one": results(0.0, 2.0), "two": results(0.0, 9.0)}
    assert doubted(blocks, found) == {}


def test_false_alarms():
    """Of 20000 pairs in equilibrium a warning for 0.2 % (two slow series), and never a doubt.

    More than 70 warnings of 40 expected have a probability below 1e-5.
    """
    rng = np.random.default_rng(1)
    warned = 0
    for m, chi2 in 0.1 * np.sqrt(2) * rng.normal(size=(20_000, 2)):
        found = {"one": results(0.0, 2.0), "two": results(m, 2.0 + chi2)}
        doubts = about_starts([HOT, COLD], found, SLOW)
        warned += bool(doubts)
        assert not any(doubt.quantities for each in doubts.values() for doubt in each)
    assert warned < 70
