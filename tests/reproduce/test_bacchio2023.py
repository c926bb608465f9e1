"""Few-parameter gradient flows: what is read off the runs, and what it is compared with."""

import json

import numpy as np
import pytest

from latflow.analysis import Estimate
from latflow.reproduce import Work, recipe_called
from latflow.reproduce._bacchio2023 import _plan, _points, _recipe
from latflow.reproduce._bacchio2023._drawing import gradient_figure
from latflow.runs import Silent, check_buildable, config_from, never

NUMBERS = {
    "untrained": Estimate(0.63, 0.02),
    "trained": Estimate(0.7, 0.01),
    "variance": Estimate(0.36, 0.01),
    "parameters": 33,
    "cpu_seconds": 120.0,
}
POINTS = [
    _points.Point("2d", (8, 8), 3.0, **NUMBERS),
    _points.Point("4d", (4, 4, 4, 4), 1.5, **NUMBERS),
    _points.Point("4d", (4, 4, 4, 4), 2.0, **{**NUMBERS, "trained": Estimate(0.5, 0.01)}),
]


def summary(exact):
    known = {"plaquette": {"value": 0.45, "error": 0.0, "source": "exact"}} if exact else {}
    values = {"flow": (0.47, 0.01), "heat-bath": (0.44, 0.003)}
    chains = {
        name: {
            "observables": {"plaquette": {"value": value, "error": error}},
            "reference": known,
        }
        for name, (value, error) in values.items()
    }
    log_z = {"log_z": {"value": 10.0, "error": 0.0, "source": "exact"}} if exact else {}
    return {"log_z": {"value": 10.1, "error": 0.1}, "reference": log_z, "chains": chains}


def test_in_two_dimensions_the_exact_solution_is_what_counts():
    made = {one.quantity: one for one in _points.entries(summary(True), "8×8, β = 3")}
    assert set(made) == {
        "log Z, 8×8, β = 3",
        "⟨Re tr P⟩/3, 8×8, β = 3, flow",
        "⟨Re tr P⟩/3, 8×8, β = 3, heat-bath",
    }
    assert made["⟨Re tr P⟩/3, 8×8, β = 3, flow"].pull == pytest.approx(2.0)
    assert all(one.published.source == "exact" for one in made.values())


def test_in_four_dimensions_the_flow_is_held_against_the_heat_bath():
    (entry,) = _points.entries(summary(False), "x")
    assert entry.pull == pytest.approx(0.03 / (0.01**2 + 0.003**2) ** 0.5)
    assert "heat-bath" in entry.published.source
    doubted = summary(False)
    doubted["chains"]["flow"]["observables"]["plaquette"]["error"] = None
    assert _points.entries(doubted, "x") == []


def test_figure_and_numbers():
    content = json.loads(json.dumps(_recipe.gradient(POINTS)))
    first = content["points"][0]
    assert (first["untrained"], first["untrained_error"], first["shape"]) == (0.63, 0.02, [8, 8])
    left, right = gradient_figure(POINTS).axes
    titles = [axes.get_title(loc="left") for axes in (left, right)]
    assert "two dimensions" in titles[0] and "4×4×4×4" in titles[1]
    # Every third line: between them are the caps of error bars.
    drawn = [np.asarray(line.get_ydata()).tolist() for line in right.lines[::3]]
    assert drawn == [[0.63, 0.63], [0.7, 0.5]]
    assert len(gradient_figure(POINTS[:1]).axes) == 1


@pytest.mark.parametrize("plan", [_plan.QUICK, _plan.FULL])
def test_every_run_can_be_built(plan):
    recipe = recipe_called("bacchio2023")
    assert recipe.name == "bacchio2023"
    for ladder in plan.values():
        beta = ladder.couplings[-1]
        assert list(ladder.couplings) == sorted(ladder.couplings)
        config = config_from(_plan.trained_run(ladder, beta, 3))
        check_buildable(config)
        assert tuple(one.name for one in config.chains) == _plan.CHAINS
        assert config.training is not None
        assert config.seed == 3 and config.training.is_least_squares
        assert config.training.stages[0].shape == ladder.small
        untrained = config_from(_plan.untrained_run(ladder, beta, 3))
        check_buildable(untrained)
        assert untrained.training is not None
        assert untrained.training.steps == 0 and not untrained.chains
    assert _plan.FULL["4d"].couplings == (1.0, 1.5, 2.0, 2.5)


@pytest.mark.slow
def test_a_short_ladder(tmp_path, monkeypatch):
    """Two couplings in two dimensions: training never loses, and gains at the larger one."""
    short = _plan.Ladder((4, 4), (3, 3), (2.0, 4.0), 1, 2, 32, 16, (3, 2), 128, 8, 16, 4)
    monkeypatch.setattr(_recipe, "QUICK", {"2d": short})
    made = recipe_called("bacchio2023").run(Work(tmp_path, True, 1, Silent(), never, "test"))
    assert made and all(entry.published.source.startswith("exact") for entry in made)
    content = json.loads((tmp_path / "gradient.json").read_text("utf-8"))
    assert [point["beta"] for point in content["points"]] == [2.0, 4.0]
    for point in content["points"]:
        assert point["parameters"] == 21
        gain = point["trained"] - point["untrained"]
        assert gain > -4 * point["untrained_error"]
    assert content["points"][1]["trained"] > content["points"][1]["untrained"]
    assert (tmp_path / "gradient.pdf").is_file()
