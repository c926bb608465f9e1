"""Recipe albandea2023: its runs can be built, its numbers are the paper's, its files appear."""

import json

import numpy as np
import pytest

from latflow.analysis import Estimate
from latflow.reproduce import recipe_called
from latflow.reproduce._albandea2023 import _scaling, _table1
from latflow.reproduce._albandea2023._flows import BETA, STARTS, Flow
from latflow.reproduce._albandea2023._plan import full_plan, quick_plan
from latflow.reproduce._albandea2023._simulations import Simulations
from latflow.reproduce._curves import binned
from latflow.reproduce._recipe import Work
from latflow.runs import Silent, never
from latflow.scans import read_line
from latflow.scans._point import points_of

from .synthetic import point

PLANS = {"full": full_plan(), "quick": quick_plan()}
TAU = {"gaussian": 56.9, "bigger-volume": 63.6, "interpolation": 32.5}


class Invented(Simulations):
    """Simulations that were never done: the times of table 1, and tau = L^2 / 3 for HMC."""

    def classical(self, kernel, extents, target_error):
        return [point(f"L{extent}", kernel, extent, extent**2 / 3) for extent in extents]

    def flow_hmc(self, flow, extents, target_error):
        times = [TAU[flow.start] * (extent / 16) ** 2 for extent in extents]
        return [
            point(f"L{extent}", flow.name, extent, tau)
            for extent, tau in zip(extents, times, strict=True)
        ]

    def run_of(self, flow, point):
        return Trained()


class Trained:
    """A run of three hundred training steps."""

    def training_metrics(self):
        steps = np.arange(1, 301)
        return {"step": steps, "acceptance": 0.3 * (1 - np.exp(-steps / 50)) + 0.001}


def work_in(folder, **changes):
    return Work(folder, True, 1, Silent(), never, "test")._replace(**changes)


@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS)
def test_all_runs_of_a_plan_can_be_built(plan):
    flows = _table1.flows(plan, Invented(work_in(None), plan))
    assert len(flows) == len(set(flow.name for flow in flows))
    for flow in flows:
        for each in points_of(flow.scan(plan, plan.extents, 0.1, seed=1)):
            each.check()
            lengths = each.fixed_lengths
            assert lengths is not None and lengths.warm_up >= 200


def test_coarser_theories_have_twice_the_spacing():
    plan = full_plan()
    for start, extent in (("bigger-volume", 16), ("interpolation", 8)):
        flow = Flow(start, 3, 100)
        each = points_of(flow.scan(plan, (16,), 0.1, seed=1))[0]
        model = each.config(each.fixed_lengths).model
        prior = model.prior.build(each.config(each.fixed_lengths).theory.build().space)
        assert prior.theory.space.lattice.shape == (extent, extent)
        assert model.prior.theory.beta == 0.576


def test_the_line_has_the_couplings_of_the_scan():
    for ensemble in read_line("hopping")["ensembles"]:
        assert BETA[ensemble["theory"]["shape"][0]] == ensemble["theory"]["beta"]


def test_table_1_compares_times_and_their_ratios(tmp_path):
    plan = quick_plan()
    entries = _table1.make(work_in(tmp_path), plan, Invented(work_in(tmp_path), plan))
    assert len(entries) == 7
    by_name = {entry.quantity: entry for entry in entries}
    gain = by_name["τ(M) of HMC / flow HMC from 4 interleaved configurations"]
    assert gain.published.value == pytest.approx(77.9 / 32.5)
    assert gain.published.error == pytest.approx(0.100, abs=0.001)
    assert by_name["τ(M), flow HMC from normal numbers"].pull == 0
    content = json.loads((tmp_path / "table-1.json").read_text())
    assert len(content["points"]) == 4
    assert (tmp_path / "table-1.pdf").stat().st_size > 0


def test_every_setting_that_the_paper_leaves_open_is_varied_in_full():
    plan = full_plan()
    flows = _table1.flows(plan, Invented(work_in(None), plan))
    for start in STARTS:
        own = [flow for flow in flows if flow.start == start]
        assert {flow.kernel_size for flow in own} == {3, 5, 7}
        assert len({flow.training_steps for flow in own if flow.kernel_size == 3}) == 3


def test_equal_slowing_down_gives_a_constant_ratio():
    hmc = [point(f"L{extent}", "hmc", extent, extent**2 / 3) for extent in (8, 12, 16)]
    half = [point(f"L{extent}", "x", extent, extent**2 / 6) for extent in (8, 12, 16)]
    ratios = _scaling.gains(hmc, half)
    assert [gain.value for gain in ratios] == pytest.approx([2.0] * 3)
    assert ratios[0].error == pytest.approx(2 * 0.03 * 2**0.5)
    power = _scaling.exponent((8, 12, 16), ratios)
    assert abs(power.value) < 1e-8 and 0.05 < power.error < 0.1
    panels = {"kernel size 3": {"half": ratios}, "kernel size 5": {"half": ratios}}
    assert len(_scaling.gain_figure((8, 12, 16), panels).axes) == 2


def test_curves_of_training_are_averaged_in_growing_bins():
    steps = np.arange(1, 1001)
    mean, values = binned(steps, steps.astype(float))
    np.testing.assert_allclose(mean, values)
    assert mean[0] == 1 and len(mean) <= 40 and np.all(np.diff(mean) > 0)


def test_parts_and_the_whole_recipe_write_what_they_say(tmp_path, monkeypatch):
    from latflow.reproduce._albandea2023 import _recipe

    monkeypatch.setattr(_recipe, "Simulations", Invented)
    recipe = recipe_called("albandea2023")
    entries = recipe.run(work_in(tmp_path, figures=(3,)))
    assert entries == [] and (tmp_path / "figure-3.svg").is_file()
    assert not (tmp_path / "costs.json").exists()
    entries = recipe.run(work_in(tmp_path))
    assert len([e for e in entries if e.quantity.startswith("τ(M)")]) == 7
    names = [entry.quantity for entry in entries]
    assert "χ₂, L8, from normal numbers, kernel size 3" in names
    assert len(names) == len(set(names))
    for name in ("table-1", "figure-1", "figure-5", "costs"):
        assert (tmp_path / f"{name}.json").is_file() and (tmp_path / f"{name}.pdf").is_file()
    content = json.loads((tmp_path / "figure-5.json").read_text())
    flows = content["flows"]
    assert set(flows) == {f"from {words}, kernel size 3" for words in STARTS.values()}
    assert all(len(flow["ratio"]) == len(content["extents"]) for flow in flows.values())


def test_the_ratio_of_two_estimates():
    gain = _table1.ratio(Estimate(4.0, 0.4), Estimate(2.0, 0.1))
    assert (gain.value, gain.error) == pytest.approx((2.0, 2 * (0.01 + 0.0025) ** 0.5))
