"""The freezing figure: what is read off a run, and what it is compared with."""

import json
import math

import pytest

from latflow.reproduce import recipe_called
from latflow.reproduce._kanwar2020 import _freezing, _plan
from latflow.reproduce._kanwar2020._drawing import freezing_figure
from latflow.reproduce._kanwar2020._recipe import exact_entries, freezing
from latflow.runs import check_buildable, config_from


def chain(tau, *, needs_model=False, seconds=0.01, **q2):
    q2 = {"value": 1.2, "error": 0.1, "tau_int": tau, "tau_int_error": 0.1 * (tau or 0)} | q2
    return {
        "kernel_label": "a kernel",
        "needs_model": needs_model,
        "thin": 2,
        "cpu_seconds_per_sample": seconds,
        "observables": {"q2": q2, "plaquette": {"value": 0.9, "error": 0.01}},
        "reference": {
            "q2": {"value": 1.0, "error": 0.0, "source": "exact"},
            "plaquette": {"value": 0.92, "error": 0.0, "source": "exact"},
        },
    }


def summary(parameters=98):
    frozen = {"error": None, "tau_int_error": None, "in_doubt": True, "tau_int_at_least": 500.0}
    return {
        "training": {"ess": 0.9, "ess_error": 0.01, "cpu_seconds": 100.0, "parameters": parameters},
        "chains": {
            "hmc": chain(None, **frozen),
            "exact": chain(0.5),
            "flow": chain(0.8, needs_model=True),
        },
    }


def test_points_of_a_run():
    frozen, exact, flow = _freezing.points_of(summary(), 7.0)
    assert math.isnan(frozen.tau.value) and frozen.at_least == 500
    # A sample is two steps; an independent one at least 2 tau steps.
    assert frozen.cpu_seconds == pytest.approx(2 * 500 * 0.005)
    assert exact.cpu_seconds == exact.cpu_seconds_trained == pytest.approx(0.005)
    assert math.isnan(exact.ess.value) and math.isnan(exact.at_least)
    assert flow.cpu_seconds_trained == pytest.approx(flow.cpu_seconds + 0.01)
    assert (flow.beta, flow.chain, flow.ess.value) == (7.0, "flow", 0.9)


def test_a_step_without_parameters_is_no_training():
    *_, prior = _freezing.points_of(summary(parameters=0), 7.0)
    assert prior.cpu_seconds_trained == prior.cpu_seconds


def test_ledger_compares_with_the_exact_solution_and_leaves_frozen_charges_out():
    entries = {entry.quantity: entry for entry in exact_entries(summary(), 7.0)}
    assert set(entries) == {
        "⟨cos θ_P⟩, β = 7, hmc", "⟨cos θ_P⟩, β = 7, exact", "⟨cos θ_P⟩, β = 7, flow",
        "⟨Q²⟩, β = 7, exact", "⟨Q²⟩, β = 7, flow",
    }  # fmt: skip
    assert entries["⟨Q²⟩, β = 7, exact"].pull == pytest.approx(2.0)
    assert entries["⟨cos θ_P⟩, β = 7, hmc"].pull == pytest.approx(-2.0)


def test_figure_and_numbers():
    points = _freezing.points_of(summary(), 7.0) + _freezing.points_of(summary(parameters=0), 1.0)
    content = freezing(points)
    assert json.loads(json.dumps(content))["points"][0]["at_least"] == 500
    left, right = freezing_figure(points).axes
    assert "Q^2" in left.get_ylabel() and left.get_yscale() == right.get_yscale() == "log"
    # Triangles of the two frozen couplings, one line for each sampler that is there.
    triangles = [line for line in left.lines if line.get_marker() == "^" and len(line.get_xdata())]
    assert [list(line.get_ydata()) for line in triangles] == [[500, 500]]


@pytest.mark.parametrize("plan", [_plan.QUICK, _plan.FULL])
def test_every_run_can_be_built(plan):
    assert recipe_called("kanwar2020").name == "kanwar2020"
    names = set()
    for beta in plan.couplings[:: len(plan.couplings) - 1]:
        for make in (_plan.flow_run, _plan.prior_run):
            config = config_from(make(plan, beta, 3))
            check_buildable(config)
            names |= {chain.name for chain in config.chains}
            assert config.seed == 3 and config.theory.shape == (16, 16)
    assert names == set(_plan.CHAINS)
