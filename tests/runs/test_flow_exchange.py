"""Replica exchange with the flows of the run's own annealed model, from a configuration."""

import pytest

from latflow.reports import write_report
from latflow.runs import RunFolder, config_from, run

CONFIG = {
    "seed": 2,
    "theory": {"kind": "u1", "shape": [2, 2], "beta": 1.0},
    "model": {
        "prior": {"kind": "uniform"},
        "annealing": {
            "levels": 3,
            "couplings": {"beta": 0.0},
            "kernel": "heat-bath",
            "layer": [{"kind": "plaquette-spline", "bins": 2}],
        },
    },
    "training": {"steps": 2, "batch": 8, "micro_batch": 8, "evaluation_samples": 64},
    "chains": [
        {
            "name": "exchange",
            "kernel": "flow-exchange",
            "update": "heat-bath",
            "n_chains": 4,
            "n_samples": 60,
            "warm_up": 20,
            "segment": 30,
        }
    ],
}


@pytest.mark.slow
def test_a_run_trains_exchanges_and_reports(tmp_path):
    folder = RunFolder.create(tmp_path / "run", config_from(CONFIG))
    summary = run(folder)
    chain = summary["chains"]["exchange"]
    assert len(chain["findings"]["swap_acceptance"]) == 2
    assert chain["tuned"]["position_0"] == pytest.approx(1 / 3)
    model, exchange = summary["thermodynamics"]
    assert exchange["is_relative"] and exchange["couplings"] == model["couplings"]
    for state in exchange["states"][1:]:
        log_z = state["log_z"]
        assert abs(log_z["value"] - state["exact"]["log_z"]) < 5 * log_z["error"]
        assert state["slope"] is None
    assert "Replica exchange" in write_report(folder).read_text("utf-8")
