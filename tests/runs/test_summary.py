"""The summary has what was promised, and its numbers hang together."""

import json
import math
import re
from pathlib import Path

import numpy as np
import pytest

from latflow.runs import RunFolder, SampleCost, break_even, config_from, run, sample_cost

DOCS = Path(__file__).parents[2] / "docs"


def test_the_contract(finished):
    folder, summary = finished
    assert json.loads((folder.path / "summary.json").read_text()) == summary
    assert folder.summary() == summary
    assert summary["seed"] == 3
    assert summary["theory"]["beta"] == 0.537
    assert {"steps", "seconds", "loss", "ess", "ess_error"} <= set(summary["training"])
    assert summary["training"]["steps"] == 40
    assert 0 < summary["training"]["ess"] <= 1
    assert summary["log_z"]["constant"] == -0.5 * 16
    assert set(summary["chains"]) == {"flow", "hmc"}
    for name, n_samples in (("flow", 40), ("hmc", 60)):
        chain = summary["chains"][name]
        assert (chain["n_chains"], chain["n_samples"]) == (4, n_samples)
        assert 0 <= chain["acceptance"] <= 1
        assert chain["seconds"] > 0
        wanted = [
            "m",
            "chi2",
            "abs_m",
            "phi2",
            "ising_energy",
            "xi_2nd",
            "mpL",
            "mpL_all",
            "binder_U4",
        ]
        assert set(wanted) <= set(chain["observables"])
        for observable in wanted:
            entry = chain["observables"][observable]
            assert {"value", "error", "tau_int", "tau_int_error"} <= set(entry)
    reference = summary["reference"]["schwinger_dyson"]
    assert reference["value"] == 1.0
    assert reference["chain"] == "flow"
    hmc = summary["chains"]["hmc"]
    assert hmc["tuned"]["step_size"] != 0.25
    assert hmc["observables"]["m"]["pull"] == hmc["reference"]["m"]["pull"]


def test_vectors_come_with_their_covariance(finished):
    """C(t) of the summary is that of the samples, folded, and its errors hang together."""
    folder, summary = finished
    for name in ("flow", "hmc"):
        vectors = summary["chains"][name]["vectors"]
        assert set(vectors) == {"two_point", "effective_mass"}
        entry = vectors["two_point"]
        assert entry["axis"] == ["t"] and entry["at"] == [[0], [1], [2]]
        two_point = folder.chain(name).measurements["two_point"]
        assert entry["value"][1] == pytest.approx(two_point[..., [1, 3]].mean())
        if entry.get("in_doubt"):
            assert entry["covariance"] is None and entry["error"] is None
            continue
        covariance = np.array(entry["covariance"])
        assert np.array_equal(covariance, covariance.T)
        assert np.linalg.eigvalsh(covariance).min() > -1e-12 * covariance.max()
        np.testing.assert_allclose(np.sqrt(np.diag(covariance)), entry["error"])
        assert entry["n_bins"] > 3
    assert not summary["chains"]["hmc"]["vectors"]["two_point"].get("in_doubt")
    masses = summary["chains"]["hmc"]["vectors"]["effective_mass"]
    assert masses["at"] == [[1], [2]]


def test_the_warm_up_has_a_history(finished):
    """Slow series of every transition, all chains, and what the kernel reported on the way."""
    folder, _ = finished
    for name in ("flow", "hmc"):
        data = folder.chain(name)
        history = data.warm_up
        assert (history.every, history.n_points) == (1, 20)
        assert set(history.series) == {"m", "chi2", "ising_energy"}
        assert set(history.infos) == set(data.infos)
        for array in (*history.series.values(), *history.infos.values()):
            assert array.shape == (4, 20) and array.dtype == np.float32
        # A different point each, and none of them a sample.
        assert len(np.unique(history.series["m"])) > 4
        np.testing.assert_allclose(history.series["chi2"], history.series["m"] ** 2, rtol=1e-5)


def test_processor_time_stands_beside_that_of_the_clock(finished):
    folder, summary = finished
    assert summary["training"]["cpu_seconds"] > 0
    assert summary["training"]["seconds_before"] == 0
    for name in ("flow", "hmc"):
        chain, data = summary["chains"][name], folder.chain(name)
        assert chain["cpu_seconds"] == data.cpu_seconds > 0
        assert chain["warm_up_cpu_seconds"] > 0 and chain["cpu_seconds_per_sample"] > 0
        assert data.device == "cpu" and isinstance(chain["cost_warnings"], list)


def test_the_folder_reads_back_what_was_run(finished):
    folder, _ = finished
    assert folder.chain_names() == ("flow", "hmc")
    data = folder.chain("hmc")
    assert data.measurements["m"].shape == (4, 60)
    assert data.measurements["two_point"].shape == (4, 60, 4)
    # Every tenth of sixty samples of four chains, at the ends of segments and between.
    assert data.configurations.keys() == {"field"}
    assert data.configurations["field"].shape == (4, data.n_kept, 4, 4)
    assert data.oldest_first().shape == (24, 4, 4)
    for stored, sample in ((0, 9), (1, 19), (5, 59)):
        for chain in range(4):
            field = data.configurations["field"][chain, stored]
            assert field.mean() == pytest.approx(data.measurements["m"][chain, sample])
            assert np.array_equal(data.oldest_first()[4 * stored + chain], field)
    # At the ends of segments only, where the states hold them.
    assert folder.chain("flow").configurations["field"].shape == (4, 2, 4, 4)
    assert folder.training_metrics()["step"].tolist() == list(range(1, 41))
    evaluation = folder.evaluation()
    assert evaluation["log_weight"].shape == (512,)
    assert evaluation["fields/field"].shape == (64, 4, 4)


def test_hmc_alone_needs_no_flow(tmp_path):
    raw = {
        "theory": {"kind": "free", "shape": [4], "m2": 1.0},
        "chains": [{"name": "hmc", "kernel": "hmc", "n_chains": 2, "n_samples": 8, "warm_up": 0}],
    }
    summary = run(RunFolder.create(tmp_path / "run", config_from(raw)))
    assert "training" not in summary and "log_z" not in summary
    assert summary["break_even"] is None
    assert summary["reference"]["log_z"]["pull"] is None
    warnings = summary["chains"]["hmc"]["warnings"]
    assert any("fewer than 100 tau_int" in warning for warning in warnings)


def test_break_even():
    flow = SampleCost("flow", "m", 1.0, 0.01)
    classical = SampleCost("hmc", "m", 3.0, 0.02)
    pays = break_even([flow], [classical], 100.0)
    assert pays["samples"] == pytest.approx(50)
    assert pays["samples_error"] == pytest.approx(50 * math.hypot(0.01, 0.02) / 2)
    never = break_even([flow._replace(seconds=4.0)], [classical], 100.0)
    assert never["samples"] is None and never["reason"].startswith("never")
    close = break_even([flow._replace(seconds=2.99)], [classical], 100.0)
    assert close["samples"] is None and "same" in close["reason"]
    assert break_even([], [classical], 100.0) is None


def test_cost_is_that_of_the_slowest_observable():
    entry = {"tau_int": 2.0, "tau_int_error": 0.1}
    slow = {"tau_int": 5.0, "tau_int_error": 0.5}
    unknown = {"tau_int": math.nan, "tau_int_error": math.nan}
    measured = {"m": entry, "chi2": slow, "ising_energy": unknown, "phi2": {"tau_int": 9.0}}
    names = ("m", "chi2", "ising_energy")
    cost = sample_cost("hmc", measured, names, 0.1)
    assert cost == SampleCost("hmc", "chi2", pytest.approx(1.0), pytest.approx(0.1))


def test_every_key_of_a_summary_is_documented(finished):
    documented = set(re.findall(r"`([\w.]+)`", (DOCS / "summary.md").read_text(encoding="utf-8")))
    folder, _ = finished
    summary = json.loads((folder.path / "summary.json").read_text())
    keys = set(summary) | set(summary["training"]) | set(summary["log_z"])
    for chain in summary["chains"].values():
        keys |= set(chain) | set(chain["observables"])
        keys |= set(chain["observables"]["chi2"]) | set(chain["reference"]["m"])
    keys |= set(summary["break_even"]) | set(summary["break_even"]["flow"])
    keys |= set(summary["reference"]["m"])
    vectors = summary["chains"]["hmc"]["vectors"]
    keys |= set(vectors) | set(vectors["two_point"])
    with_names = {"observables", "reference", "vectors"}
    assert {key for key in keys if key not in documented} <= with_names
