"""Critical phi^4 from coarse to fine: what is read off the runs, and compared with what."""

import json
import math
from types import MappingProxyType

import pytest

from latflow.analysis import Estimate
from latflow.reproduce import Work, recipe_called
from latflow.reproduce._singha2026 import _plan, _recipe
from latflow.reproduce._singha2026._drawing import cost_figure
from latflow.reproduce._singha2026._size import Size, cost_of
from latflow.runs import Silent, check_buildable, config_from, never


def chain(tau, seconds, chi2, error=0.5):
    entry = {"value": chi2, "error": error, "tau_int": tau, "tau_int_error": tau and tau / 10}
    doubted = {"value": 0.6, "error": None, "in_doubt": True}
    return {
        "acceptance": 0.8,
        "cpu_seconds_per_sample": seconds,
        "observables": {"chi2": entry, "abs_m": doubted},
    }


CHAINS = {
    "cluster": chain(2.0, 1e-4, 113.0),
    "hmc": chain(300.0, 1e-5, 112.0),
    "flow": chain(3.0, 5e-5, 114.0),
    "rotation": chain(1.0, 4e-4, 116.5),
}


def size(extent, chains=CHAINS):
    costs = {name: cost_of(one) for name, one in chains.items()}
    return Size(extent, Estimate(0.6, 0.01), Estimate(0.5, 0.01), 100.0, 1600, costs)


def test_speed_is_the_ratio_of_what_independent_samples_cost():
    one = size(16)
    seconds = one.costs["hmc"].seconds
    assert (seconds.value, seconds.error) == pytest.approx((6e-3, 6e-4))
    speed = one.speed("flow", "hmc")
    assert speed.value == pytest.approx(20)
    assert speed.error == pytest.approx(20 * math.hypot(0.1, 0.1))
    assert one.speed("hmc", "flow").value == pytest.approx(1 / 20)


def test_the_ledger_has_the_paper_s_ratio_where_it_has_one():
    made = _recipe.entries_of(size(16), {"chains": CHAINS})
    ratios = [entry for entry in made if entry.quantity.startswith("speed")]
    assert [entry.published.value for entry in ratios] == [48.0, 48.0]
    assert all("not directly comparable" in entry.note for entry in ratios)
    assert ratios[0].ours.value == pytest.approx(20) and not ratios[1].agrees
    # What one of the chains doubts is compared with nothing.
    of_flow, of_rotation = [entry for entry in made if entry not in ratios]
    assert of_flow.quantity == "χ₂, L = 16, coarse to fine, independence"
    assert of_flow.pull == pytest.approx(1 / math.hypot(0.5, 0.5)) and of_flow.agrees
    assert not of_rotation.agrees
    assert len(_recipe.entries_of(size(8), {"chains": CHAINS})) == 2


def test_chains_that_are_stuck_have_no_ratio():
    stuck = CHAINS | {"flow": chain(None, 5e-5, 90.0, None)}
    one = size(16, stuck)
    assert math.isnan(one.speed("flow", "hmc").value)
    made = _recipe.entries_of(one, {"chains": stuck})
    assert all("independence" not in entry.quantity for entry in made)
    assert math.isnan(cost_of(chain(2.0, None, 90.0)).seconds.value)


def test_figure_and_numbers():
    left, right = cost_figure([size(8), size(16)]).axes
    assert left.get_ylim() == (0, 1) and right.get_yscale() == "log"
    content = json.loads(json.dumps(size(16).as_dict()))
    assert (content["ess"], content["ess_error"], content["parameters"]) == (0.6, 0.01, 1600)
    assert content["costs"]["hmc"]["tau"] == 300.0 and content["costs"]["hmc"]["tau_error"] == 30.0


def test_a_model_has_every_level_once():
    for extent, doublings in ((4, 1), (16, 3), (32, 4)):
        blocks = _plan.flows(extent, 100.0)
        levels = [block["level"] for block in blocks if block["kind"] == "affine-coupling"]
        assert levels == list(range(2 * doublings - 1, 0, -1))
        assert blocks[0] | {"level": 2 * doublings} == blocks[0]
        assert extent // 2**doublings == 2
        # Coarser sites are never changed by what adds finer ones.
        assert all(b["active"] == "finer" for b in blocks if b["kind"] == "affine-coupling")


@pytest.mark.parametrize("plan", [_plan.QUICK, _plan.FULL], ids=["quick", "full"])
def test_every_run_can_be_built(plan, tmp_path):
    for extent, rung in plan.items():
        config = config_from(_plan.forward_run(extent, rung, 1))
        if extent == 8:
            check_buildable(config)
        second = config_from(_plan.flow_run(extent, rung, tmp_path, 1))
        assert [one.name for one in second.chains] == ["cluster", "hmc", "flow", "rotation"]
        assert second.training is not None and second.training.forward_kl.share == 0.5


@pytest.mark.slow
def test_a_short_recipe(tmp_path, monkeypatch):
    short = _plan.Rung(10.0, 3, 2, 64, 128, 40, 60, (5, 2))
    monkeypatch.setattr(_recipe, "QUICK", MappingProxyType({4: short}))
    work = Work(tmp_path, True, 1, Silent(), never, "test")
    made = recipe_called("singha2026").run(work)
    assert {entry.quantity.split(", ")[1] for entry in made} <= {"L = 4"}
    content = json.loads((tmp_path / "cost.json").read_text("utf-8"))
    (only,) = content["sizes"]
    assert only["extent"] == 4 and only["training_seconds"] > 0
    assert set(only["costs"]) == {"cluster", "hmc", "flow", "rotation"}
    assert (tmp_path / "cost.pdf").is_file()
