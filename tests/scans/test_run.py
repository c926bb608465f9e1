"""Whole scans of tiny lattices: resumable, reproducible, and what they write."""

import csv
import io
import json
import math
import shutil
from pathlib import Path

import pytest

from latflow.errors import RunFolderError
from latflow.runs import Interrupted, RunFolder
from latflow.scans import point_table, run_scan, scan_from
from latflow.scans._document import check_scan
from latflow.scans._result import point_result
from latflow.scans._tables import to_csv

THEORY = {"kind": "phi4", "convention": "hopping", "beta": 0.5, "lam": 0.5}
FIXED = {"n_chains": 4, "n_samples": 40, "warm_up": 20}


def settings(**changes):
    return scan_from(
        {
            "seed": 3,
            "ensembles": [
                {"name": name, "theory": {**THEORY, "shape": shape}}
                for name, shape in (("A", [2, 2]), ("B", [4, 2]))
            ],
            "kernels": [{"kernel": "hmc", "trajectory": 1.5, "steps": 5, **FIXED}],
            **changes,
        }
    )


def numbers(result):
    """What must not depend on interruptions: everything but times."""
    return [
        (p.ensemble, p.kernel, p.tau_int, p.observables, p.acceptance, p.tuned)
        for p in result.points
    ]


@pytest.fixture(scope="module")
def complete(tmp_path_factory):
    """A scan that was never interrupted."""
    folder = tmp_path_factory.mktemp("scan") / "complete"
    return folder, run_scan(settings(), folder, command="test")


def test_every_point_is_an_ordinary_run(complete):
    folder, result = complete
    assert [(p.ensemble, p.kernel) for p in result.points] == [("A", "hmc"), ("B", "hmc")]
    for point in result.points:
        run = folder / point.run
        for name in ("config.toml", "provenance.json", "summary.json"):
            assert (run / name).is_file()
        assert json.loads((run / "provenance.json").read_text())["sessions"][0]["command"] == "test"
        assert (point.n_chains, point.n_samples, point.thin) == (4, 40, 1)
        assert point.seconds_per_step > 0
        tau, cost = point.tau_int["m"], point.cost["m"]
        assert cost.value == pytest.approx(2 * tau.value * point.seconds_per_step)


def test_what_it_writes(complete):
    folder, result = complete
    content = json.loads((folder / "scan.json").read_text())
    assert set(content) == {"format", "seed", "target_error", "training_spread", "points", "fits"}
    assert len(content["points"]) == 2
    assert set(content["points"][0]["tau_int"]) == {"m", "chi2", "ising_energy"}
    assert set(content["points"][0]["tau_int"]["m"]) == {"value", "error"}
    fit = content["fits"][0]
    assert {"kernel", "observable", "against", "z", "z_error", "alpha", "chi2", "dof"} <= set(fit)
    assert content == json.loads(json.dumps(result.as_dict()))
    for name in ("scan.toml", "scan.csv", "tau.pdf", "tau.svg", "cost.pdf", "cost.png"):
        assert (folder / name).stat().st_size > 0


def test_short_chains_are_said_to_be_short(complete):
    _, result = complete
    assert any("100 tau_int" in warning for point in result.points for warning in point.warnings)


def test_a_point_whose_time_of_sampling_is_not_known_has_no_cost(complete, tmp_path):
    """As where a run of an older version kept it together with that of compiling."""
    folder, result = complete
    run = Path(shutil.copytree(folder / result.points[0].run, tmp_path / "run"))
    summary = json.loads((run / "summary.json").read_text())
    for chain in summary["chains"].values():
        chain |= {"seconds_per_sample": None, "cpu_seconds_per_sample": None}
    (run / "summary.json").write_text(json.dumps(summary))
    point = point_result(check_scan(settings())[0], settings(), RunFolder(run), "runs/it")
    assert math.isnan(point.seconds_per_step) and math.isnan(point.cpu_seconds_per_step)
    assert point.tau_int == result.points[0].tau_int and point.cost == {}
    (row,) = csv.DictReader(io.StringIO(to_csv([point])))
    assert row["seconds_per_step"] == row["cost_m"] == "" and float(row["tau_int_m"]) > 0
    table = point_table([point])
    assert dict(zip(table.titles, table.rows[0], strict=True))["step"] == ""


def test_results_in_doubt_have_no_time_and_no_cost(tmp_path):
    # From a cold start short trajectories do not get to the other sign of M in so few samples.
    kernels = [{"kernel": "hmc", "trajectory": 0.3, "steps": 3, **FIXED}]
    ensembles = [{"name": "A", "theory": {**THEORY, "shape": [2, 2]}}]
    (point,) = run_scan(settings(kernels=kernels, ensembles=ensembles), tmp_path).points
    assert any("one sign of M is missing" in warning for warning in point.warnings)
    assert set(point.slow) == {"m", "chi2", "ising_energy"}
    assert set(point.tau_int) == set(point.cost) == {"chi2", "ising_energy"}
    assert point.observables["m"]["error"] is None
    (row,) = csv.DictReader(io.StringIO((tmp_path / "scan.csv").read_text()))
    assert row["tau_int_m"] == row["m_error"] == "" and float(row["tau_int_chi2"]) > 0


def test_interrupted_after_the_first_ensemble_and_resumed(complete, tmp_path):
    _, expected = complete
    folder = tmp_path / "scan"

    def first_ensemble_is_done():
        return (folder / "runs" / "B" / "hmc" / "chains").is_dir()

    with pytest.raises(Interrupted):
        run_scan(settings(), folder, should_stop=first_ensemble_is_done)
    assert (folder / "runs" / "A" / "hmc" / "summary.json").is_file()
    assert not (folder / "scan.json").exists()
    before = (folder / "runs" / "A" / "hmc" / "provenance.json").read_bytes()
    result = run_scan(settings(), folder)
    assert numbers(result) == numbers(expected)
    # What was finished has not been touched.
    assert (folder / "runs" / "A" / "hmc" / "provenance.json").read_bytes() == before


def test_other_settings_for_the_same_run_are_refused(complete):
    folder, _ = complete
    other = {"kernel": "hmc", "steps": 4, **FIXED}
    with pytest.raises(RunFolderError, match="other settings"):
        run_scan(settings(kernels=[other]), folder)


def test_something_else_in_the_way_is_left_alone(tmp_path):
    (tmp_path / "thesis.tex").write_text("precious")
    with pytest.raises(RunFolderError, match="is no scan"):
        run_scan(settings(), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_lengths_are_chosen_for_the_target_and_grow_when_it_is_lowered(tmp_path):
    kernels = [{"kernel": "metropolis", "n_chains": 16}]
    ensembles = [{"name": "A", "theory": {**THEORY, "shape": [2, 2]}}]
    common = {"kernels": kernels, "ensembles": ensembles}
    (first,) = run_scan(settings(target_error=0.2, **common), tmp_path / "scan").points
    tau = first.tau_int["m"]
    assert tau.error / tau.value <= 0.2
    assert (tmp_path / "scan" / "pilots" / "A" / "metropolis" / "config.toml").is_file()
    (second,) = run_scan(settings(target_error=0.07, **common), tmp_path / "scan").points
    tau = second.tau_int["m"]
    assert tau.error / tau.value <= 0.07
    assert second.n_samples > first.n_samples
    assert (second.thin, second.warm_up) == (first.thin, first.warm_up)


def test_the_most_steps_are_not_exceeded(tmp_path):
    kernels = [{"kernel": "hmc", "n_chains": 4, "thin": 1, "warm_up": 20}]
    ensembles = [{"name": "A", "theory": {**THEORY, "shape": [2, 2]}}]
    limited = settings(target_error=0.001, max_steps=1, kernels=kernels, ensembles=ensembles)
    (point,) = run_scan(limited, tmp_path / "scan").points
    assert point.n_samples == 200
    assert any("max_steps" in warning for warning in point.warnings)
