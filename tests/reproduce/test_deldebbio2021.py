"""The cost of an acceptance: crossings, exponents, what is read off the runs, and the figures."""

import json
import math
from types import MappingProxyType

import numpy as np
import pytest

from latflow.analysis import Estimate
from latflow.reproduce import Work, recipe_called
from latflow.reproduce._curves import binned
from latflow.reproduce._deldebbio2021 import _cost, _plan, _recipe
from latflow.reproduce._deldebbio2021._crossing import crossing
from latflow.reproduce._deldebbio2021._drawing import acceptance_figure, cost_figure
from latflow.runs import Silent, check_buildable, config_from, never


def curve(half, last, seed=0, noise=0.02):
    """Acceptance s / (s + half), with the scatter of batches; it is 0.7 at s = 7/3 half."""
    steps = np.arange(1, last + 1)
    scatter = noise * np.random.default_rng(seed).normal(size=last)
    return steps, steps / (steps + half) + scatter


def trained(extent, number, reached, error=0.02, steps=1000):
    found = None if reached is None else Estimate(reached, error * reached)
    return _cost.Trained(
        extent, 1 + number, found, steps, 100, 1e-3 * extent**2, 50, binned(*curve(10, 40))
    )


def ladder(power, scatter=0.0, extents=(6, 8, 12), seeds=3):
    """Steps that grow as L^power, with seeds apart by a factor e^scatter each."""
    factors = np.exp(scatter * (np.arange(seeds) - (seeds - 1) / 2))
    return [
        trained(extent, number, 200.0 * (extent / 6) ** power * factor)
        for extent in extents
        for number, factor in enumerate(factors)
    ]


def test_the_crossing_is_where_the_curve_has_the_level():
    pulls = []
    for seed in range(40):
        found = crossing(*curve(150, 1000, seed), 0.7)
        assert found is not None
        pulls.append((found.value - 350.0) / found.error)
        assert 1 < found.error < 10
    # 40 normal numbers: false alarms below 1e-4, with room for what a parabola misses (0.2 sigma).
    assert abs(np.mean(pulls)) < 0.85 and 0.5 < np.std(pulls) < 1.6


def test_a_curve_without_scatter_has_its_crossing_without_error():
    steps = np.arange(1, 2001)
    found = crossing(steps, 0.1 * np.log(steps), 0.7)
    assert found is not None
    assert found.value == pytest.approx(math.exp(7.0), rel=1e-9)
    assert found.error < 1e-6 * found.value


def test_what_is_not_reached_or_falls_has_no_crossing():
    assert crossing(*curve(1000, 1000), 0.7) is None
    steps = np.arange(100, 301)
    assert crossing(steps, 0.9 - 0.001 * steps, 0.7) is None
    assert crossing(np.arange(1, 4), np.array([0.1, 0.8, 0.9]), 0.7) is None


@pytest.mark.parametrize("power", [2.0, 6.0, 8.0])
def test_the_exponent_of_a_power_law_comes_back(power):
    costs = _cost.costs_of(ladder(power, scatter=0.1))
    assert [cost.extent for cost in costs] == [6, 8, 12]
    fit = _cost.exponent(costs, "configurations")
    assert fit is not None and fit.exponent == pytest.approx(power, abs=1e-6)
    # Steps of these trainings take a time that grows as L^2.
    fit = _cost.exponent(costs, "cpu_seconds")
    assert fit is not None and fit.exponent == pytest.approx(power + 2, abs=1e-6)


def configurations(cost):
    """Value and relative error."""
    assert cost.configurations is not None
    return cost.configurations.value, cost.configurations.error / cost.configurations.value


def test_errors_are_those_of_seeds_or_of_crossings_whatever_is_larger():
    # Three seeds 0.1 apart have a standard deviation of 0.1 in the logarithm.
    (cost, *_) = _cost.costs_of(ladder(8.0, scatter=0.1))
    assert configurations(cost) == pytest.approx((200 * 100, 0.1 / math.sqrt(3)))
    assert cost.cpu_seconds is not None
    assert cost.cpu_seconds.value == pytest.approx(200 * 0.036)
    (cost, *_) = _cost.costs_of(ladder(8.0, scatter=0.0))
    assert configurations(cost) == pytest.approx((200 * 100, 0.02 / math.sqrt(3)))
    # A single seed has the scatter of the others.
    *_, alone = _cost.costs_of([*ladder(8.0, scatter=0.1), trained(16, 0, 9000.0)])
    assert configurations(alone) == pytest.approx((9000 * 100, 0.1))


def test_a_lattice_that_is_not_reached_once_is_a_bound_and_not_in_the_fit():
    runs = [*ladder(5.0), trained(16, 0, 3000.0, steps=4000), trained(16, 1, None, steps=4000)]
    *reached, last = _cost.costs_of(runs)
    assert last.configurations is None and last.at_least == (400000, pytest.approx(4000 * 0.256))
    fit = _cost.exponent([*reached, last], "configurations")
    assert fit is not None and fit.exponent == pytest.approx(5.0)
    assert _cost.exponent([reached[0], last], "configurations") is None


def test_ledger_has_the_exponent_and_the_chains():
    fits = _recipe.fits_of(_cost.costs_of(ladder(8.0)))
    (entry,) = _recipe.exponent_entries(fits)
    assert entry.pull == 0 and str(entry.published) == "7.5 … 8.5"
    (entry,) = _recipe.exponent_entries(_recipe.fits_of(_cost.costs_of(ladder(5.0))))
    assert not entry.agrees and entry.pull < 0
    assert (
        _recipe.exponent_entries(_recipe.fits_of(_cost.costs_of(ladder(8.0, extents=(6,))))) == []
    )
    known = {"chi2": {"value": 4.0211, "error": 0.004, "source": "a simulation"}}
    summary = {
        "log_z": {"value": 30.7, "error": 0.1},
        "reference": {"log_z": {"value": 30.8, "error": 0.0, "source": "a simulation"}},
        "chains": {
            "flow": {"observables": {"chi2": {"value": 4.0, "error": 0.02}}, "reference": known}
        },
    }
    log_z, chi2 = _recipe.chain_entries(summary, 6)
    assert (log_z.quantity, log_z.pull) == ("log Z, L = 6", pytest.approx(-1.0))
    assert chi2.pull == pytest.approx(-0.0211 / math.hypot(0.02, 0.004))
    assert _recipe.chain_entries(summary | {"chains": {}}, 6) == []


def test_figures_and_numbers():
    runs = [*ladder(8.0, scatter=0.1), trained(16, 0, None)]
    costs = _cost.costs_of(runs)
    axes = acceptance_figure(runs, 0.7).axes[0]
    assert len(axes.lines) == len(runs) + 1
    left, right = cost_figure(costs, _recipe.fits_of(costs), 0.7, 8.0).axes
    assert left.get_yscale() == right.get_yscale() == "log"
    _, labels = left.get_legend_handles_labels()
    assert any("published" in label for label in labels)
    assert any("not reached" in label for label in labels)
    bound = next(line for line in left.lines if line.get_marker() == "^")
    np.testing.assert_array_equal(bound.get_ydata(), [1000 * 100])
    assert cost_figure(costs[-1:], {}, 0.7, 8.0).axes
    content = json.loads(json.dumps([cost.as_dict() for cost in costs]))
    assert content[-1]["configurations"] is None and content[-1]["at_least"][0] == 100000
    assert content[0]["configurations"] == pytest.approx(20000)
    assert json.loads(json.dumps(runs[-1].as_dict()))["steps_to_level"] is None


@pytest.mark.parametrize("plan", [_plan.QUICK, _plan.FULL])
def test_every_run_can_be_built(plan):
    assert recipe_called("deldebbio2021").name == "deldebbio2021"
    assert list(plan.trainings) == sorted(plan.trainings)
    for extent, training in plan.trainings.items():
        first, other = (config_from(_plan.training_run(plan, extent, n, 3)) for n in (0, 1))
        if extent == 6:
            check_buildable(first)
        assert (first.seed, other.seed) == (3, 4)
        assert [chain.name for chain in first.chains] == ["flow"] and other.chains == ()
        assert first.theory == other.theory and training.steps % 50 == 0
        known = first.theory.build().known()
        if "xi_2nd" in known:
            assert known["xi_2nd"].value == pytest.approx(extent / 4, rel=0.01)


@pytest.mark.slow
def test_a_few_short_trainings(tmp_path, monkeypatch):
    short = MappingProxyType({6: _plan.Training(50, 2)})
    monkeypatch.setattr(_recipe, "QUICK", _plan.Plan(short, 60, 256))
    work = Work(tmp_path, True, 1, Silent(), never, "test")
    made = recipe_called("deldebbio2021").run(work)
    content = json.loads((tmp_path / "cost.json").read_text("utf-8"))
    # 70 % take longer: there is a bound, and no exponent.
    (cost,) = content["costs"]
    assert (cost["extent"], cost["configurations"]) == (6, None)
    assert cost["at_least"][0] == 50 * 256 and cost["at_least"][1] > 0
    assert content["exponents"] == {"configurations": None, "cpu_seconds": None}
    assert [one["seed"] for one in content["trainings"]] == [1, 2]
    assert all(one["cpu_seconds"] > 0 for one in content["trainings"])
    assert {entry.quantity for entry in made} <= {
        "log Z, L = 6", "χ₂, L = 6", "E, L = 6", "ξ, L = 6"
    }  # fmt: skip
    for name in ("acceptance", "cost"):
        assert (tmp_path / f"{name}.pdf").is_file()
    # What is there already is not done again.
    before = (tmp_path / "runs" / "L6" / "seed-1" / "summary.json").stat().st_mtime_ns
    assert recipe_called("deldebbio2021").run(work) == made
    assert (tmp_path / "runs" / "L6" / "seed-1" / "summary.json").stat().st_mtime_ns == before
