"""Times that cannot be compared are said to be so."""

import numpy as np
import pytest

from latflow.runs.results._cost_warnings import about_costs
from latflow.runs.store import ChainData, machine_load
from latflow.stopwatch import Spent, Stopwatch


def data(**times):
    infos = {"acceptance": np.ones((2, 10))}
    return ChainData("it", {}, infos, {}, {}, times.pop("seconds", 100.0), 1.0, 1.0, **times)


@pytest.mark.parametrize(
    ("times", "word"),
    [
        ({"cpu_seconds": 99.0, "load": 0.9, "device": "cpu"}, None),
        ({"cpu_seconds": 190.0, "load": 1.2, "device": "cpu"}, None),
        ({"cpu_seconds": 99.0, "load": 2.5, "device": "cpu"}, "2.5 processes"),
        ({"cpu_seconds": 30.0, "load": 0.9, "device": "cpu"}, "30 %"),
        # Accelerators work while processors wait.
        ({"cpu_seconds": 3.0, "load": 0.1, "device": "gpu"}, None),
        # Nothing is known of files of before.
        ({}, None),
        # Too short to say anything.
        ({"seconds": 0.2, "cpu_seconds": 0.01, "load": 9.0, "device": "cpu"}, None),
    ],
)
def test_loaded_machines(times, word):
    found = about_costs(data(**times))
    if word is None:
        assert found == []
    else:
        (sentence,) = found
        assert word in sentence and "CPU time" in sentence


def test_times_add_up():
    both = Spent(1.0, 2.0).and_then(Spent(3.0, 5.0))
    assert both == Spent(4.0, 7.0)
    assert np.isnan(Spent(1.0, 2.0).and_then(Spent(1.0)).cpu_seconds)


def test_a_stopwatch_sees_work():
    watch = Stopwatch()
    total = sum(k * k for k in range(100_000))
    spent = watch.spent()
    assert total and spent.seconds > 0 and spent.cpu_seconds > 0
    assert not machine_load() < 0
