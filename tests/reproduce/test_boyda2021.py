"""Spectral flows of SU(2) and SU(3): what is read off a run, and what it is compared with."""

import json
import math

import pytest

from latflow.reproduce import recipe_called
from latflow.reproduce._boyda2021 import _plan, _points
from latflow.reproduce._boyda2021._drawing import spectral_figure
from latflow.reproduce._boyda2021._recipe import spectral
from latflow.runs import check_buildable, config_from


def chain(tau):
    return {
        "observables": {
            "plaquette": {"value": 0.47, "error": 0.01, "tau_int": tau, "tau_int_error": 0.1},
            "wilson_loop_2x2": {"value": 0.1, "error": None},
        },
        "reference": {
            "plaquette": {"value": 0.45, "error": 0.0, "source": "exact"},
            "wilson_loop_2x2": {"value": 0.1, "error": 0.0, "source": "exact"},
        },
    }


def summary():
    return {
        "training": {"ess": 0.9, "ess_error": 0.01, "seconds": 100.0},
        "log_z": {"value": 10.1, "error": 0.1},
        "reference": {"log_z": {"value": 10.0, "error": 0.0, "source": "exact"}},
        "chains": {
            "flow": chain(0.6),
            "heat-bath": chain(1.2),
            "hmc": chain(2.0),
            "exact": chain(None),
        },
    }


def test_ledger_compares_with_the_exact_solution_alone():
    entries = {one.quantity: one for one in _points.exact_entries(summary(), "su2", 2.2)}
    assert set(entries) == {
        "log Z, SU(2) β = 2.2",
        *(f"⟨Re tr P⟩/N, SU(2) β = 2.2, {name}" for name in _plan.CHAINS),
    }
    assert entries["log Z, SU(2) β = 2.2"].pull == pytest.approx(1.0)
    assert entries["⟨Re tr P⟩/N, SU(2) β = 2.2, flow"].pull == pytest.approx(2.0)
    assert all(one.published.source == "exact" for one in entries.values())
    doubted = summary() | {"log_z": {"value": 10.1, "error": None}}
    assert len(_points.exact_entries(doubted, "su2", 2.2)) == 4
    assert len(_points.exact_entries(doubted | {"log_z": None}, "su2", 2.2)) == 4


def test_figure_and_numbers():
    points = [
        _points.point_of(summary(), *key) for key in (("su2", 2.2), ("su2", 2.7), ("su3", 5.0))
    ]
    content = json.loads(json.dumps(spectral(points)))
    assert content["points"][0]["tau_int"]["flow"] == [0.6, 0.1]
    assert math.isnan(points[0].taus["exact"].value)
    left, right = spectral_figure(points).axes
    assert "ESS" in left.get_ylabel() and "tau" in right.get_ylabel()
    assert len(right.containers) == 8 and len(left.containers) == 2
    assert [list(one.lines[0].get_ydata()) for one in left.containers] == [[0.9, 0.9], [0.9]]


@pytest.mark.parametrize("plan", [_plan.QUICK, _plan.FULL])
def test_every_run_can_be_built(plan):
    assert recipe_called("boyda2021").name == "boyda2021"
    for group, couplings in plan.couplings.items():
        config = config_from(_plan.run_of(plan, group, couplings[-1], 3))
        check_buildable(config)
        assert tuple(one.name for one in config.chains) == _plan.CHAINS
        assert config.seed == 3 and config.theory.shape == plan.shape
    assert _plan.FULL.couplings == {"su2": (1.8, 2.2, 2.7), "su3": (4.0, 5.0, 6.0)}
