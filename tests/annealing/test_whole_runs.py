"""A run whose model needs no training, from the configuration to the figures of its report."""

import importlib

import pytest

from latflow.reports import figure_names
from latflow.runs import RunFolder, config_from, run

CONFIG = {
    "seed": 3,
    "theory": {"kind": "free", "shape": [2, 2], "m2": 0.5},
    "model": {
        "prior": {"kind": "normal"},
        "annealing": {"levels": 3, "kernel": {"kernel": "hmc", "steps": 2, "trajectory": 1.0}},
    },
    "training": {"evaluation_samples": 2048},
    "chains": [
        {"name": "a", "kernel": "independence", "n_chains": 2, "n_samples": 10, "warm_up": 2}
    ],
}


def test_what_needs_no_training_is_not_sampled_before_it_was_evaluated(tmp_path, monkeypatch):
    """``run`` samples a model that is there already before it evaluates it: here is none yet."""
    module, done = importlib.import_module("latflow.runs._run"), []
    for step in ("sample", "train", "measure"):
        monkeypatch.setattr(module, step, lambda *args, step=step: done.append(step) or {})
    run(RunFolder.create(tmp_path / "run", config_from(CONFIG)))
    assert done == ["train", "sample", "measure"]


@pytest.mark.slow
def test_log_z_of_the_target_is_that_of_the_summary_and_near_the_exact_one(tmp_path):
    """Within four errors, which are smaller than a tenth (false alarms 6e-5)."""
    folder = RunFolder.create(tmp_path / "run", config_from(CONFIG))
    summary = run(folder)
    assert summary["training"]["steps"] == 0 and "a" in summary["chains"]
    (curve,) = summary["thermodynamics"]
    last = curve["states"][-1]
    assert last["log_z"]["value"] == summary["log_z"]["value"]
    assert last["exact"]["log_z"] == pytest.approx(summary["reference"]["log_z"]["value"])
    assert abs(summary["log_z"]["pull"]) < 4 and summary["log_z"]["error"] < 0.1
    assert {"works", "thermodynamics"} <= set(figure_names(folder))
