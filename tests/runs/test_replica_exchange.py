"""Replica exchange in a run: resumed bit for bit, summarised, and drawn."""

import json

import numpy as np
import pytest

from latflow.reports import figure_names, write_report
from latflow.runs import Interrupted, RunFolder, config_from, run

from .test_resume import StopAfter

BLOCK = {
    "name": "exchange",
    "kernel": "replica-exchange",
    "ladder": {"kind": "couplings", "couplings": {"h": 0.2}, "replicas": 3},
    "update": {"kernel": "metropolis", "sweeps": 1},
    "n_chains": 2,
    "n_samples": 40,
    "warm_up": 20,
    "segment": 20,
    "configurations_every": 10,
}
THEORY = {"kind": "phi4", "convention": "hopping", "shape": [2, 2], "beta": 0.5, "lam": 0.5}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The same run, in one go and in pieces."""
    config = config_from({"seed": 2, "theory": THEORY, "chains": [BLOCK]})
    place = tmp_path_factory.mktemp("exchange")
    whole, pieces = (RunFolder.create(place / name, config) for name in ("whole", "pieces"))
    summary = run(whole)
    for questions in (3, 9):
        with pytest.raises(Interrupted):
            run(pieces, should_stop=StopAfter(questions))
    run(pieces)
    return whole, pieces, summary


def test_resumed_bit_for_bit(made):
    whole, pieces, _ = made
    one, other = (folder.chain("exchange") for folder in (whole, pieces))
    assert one.tuned == other.tuned
    for group in ("measurements", "infos", "configurations"):
        for name, values in getattr(one, group).items():
            assert np.array_equal(values, getattr(other, group)[name]), name


def test_the_summary_says_how_the_ladder_does(made):
    folder, _, summary = made
    findings = summary["chains"]["exchange"]["findings"]
    assert len(findings["swap_acceptance"]) == 2 and findings["round_trips"] >= 0
    infos = folder.chain("exchange").infos
    assert findings["swap_acceptance"][1] == pytest.approx(infos["swap_1"].mean())
    assert findings["round_trips"] == infos["round_trips"].sum()
    assert all(0 < error < 0.2 for error in findings["swap_acceptance_error"])
    trips, error = (findings[f"samples_per_round_trip{end}"] for end in ("", "_error"))
    assert trips == pytest.approx(infos["round_trips"].size / infos["round_trips"].sum())
    assert 0 < error < trips
    steps = findings["log_z_steps"]
    total = findings["log_z_difference"]
    assert total["value"] == pytest.approx(sum(step["value"] for step in steps))
    assert total["error"] > 0
    assert set(folder.chain("exchange").tuned) == {"position_1"} | {
        f"replica_{i}_width" for i in range(3)
    }
    assert json.loads((folder.path / "summary.json").read_text())["chains"]["exchange"]


def test_the_report_shows_the_ladder(made):
    folder, _, _ = made
    write_report(folder)
    text = (folder.path / "report.html").read_text(encoding="utf-8")
    assert "Replica exchange" in text and "Bennett" in text
    assert {"replica-exchange", "replica-walks"} <= set(figure_names(folder))
    assert "Swaps and walks of replicas" in text
