"""``verify`` finds what digests cannot: numbers that are not those of the configurations."""

import dataclasses
import json
import shutil

import numpy as np
import pytest

from latflow.runs import RunFolder, measure, verify
from latflow.runs.store import read_segment, write_evaluation, write_segment


@pytest.fixture
def copy(tmp_path, finished):
    """The finished run, to be tampered with."""
    shutil.copytree(finished[0].path, tmp_path / "copy")
    return RunFolder(tmp_path / "copy")


def failures(folder):
    return [(check.path, check.what) for check in verify(folder) if check.status == "failed"]


def contents(folder):
    return {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in folder.rglob("*") if p.is_file()}


def test_a_sound_run_is_sound_and_left_alone(copy):
    before = contents(copy.path)
    checks = verify(copy)
    assert not [check for check in checks if check.status != "ok"]
    assert contents(copy.path) == before
    looked_at = {check.path for check in checks}
    for path in copy.path.rglob("*.*5"):
        assert path.relative_to(copy.path).as_posix() in looked_at
    recomputed = [check for check in checks if "recomputed" in check.what]
    messages = sorted(check.message for check in recomputed)
    # Actions of the evaluation, observables of both chains, and the summary.
    assert messages == ["", "24 configurations", "64 configurations", "8 configurations"]


def test_made_up_measurements_are_found(copy):
    """Written by somebody who knows how digests are made."""
    folder = copy.chain_path("hmc")
    segment = read_segment(folder / "segment-000001.h5")
    better = {**segment.measurements, "m": segment.measurements["m"] * (1 + 1e-6)}
    write_segment(folder, dataclasses.replace(segment, measurements=better))
    measure(copy)
    assert failures(copy) == [("chains/hmc", "observables, recomputed")]


def test_made_up_states_are_found(copy):
    folder = copy.chain_path("hmc")
    segment = read_segment(folder / "segment-000001.h5")
    other = [np.asarray(leaf) * 1.5 for leaf in segment.state]
    write_segment(folder, dataclasses.replace(segment, state=other))
    assert failures(copy) == [("chains/hmc", "continuity, series, fields")]


def test_made_up_weights_are_found(copy):
    evaluation = copy.evaluation()
    evaluation["log_weight"] = evaluation["log_weight"] + 0.01
    path = copy.training_path / "evaluation.h5"
    write_evaluation(path, evaluation, 1.0, copy.model_identity())
    assert ("training/evaluation.h5", "actions, recomputed") in failures(copy)


def test_an_edited_summary_is_found(copy):
    path = copy.path / "summary.json"
    content = json.loads(path.read_text())
    content["chains"]["hmc"]["observables"]["m"]["value"] *= 1.01
    path.write_text(json.dumps(content))
    (found,) = [check for check in verify(copy) if check.status == "failed"]
    assert found.path == "summary.json"
    assert "chains.hmc.observables.m.value" in found.message and "latflow measure" in found.message


def test_what_does_not_belong_is_noted_and_links_are_refused(copy):
    (copy.path / "notes.txt").write_text("mine")
    (copy.path / "chains" / "hmc" / "segment-000001.h5.damaged-1").write_text("x")
    (copy.path / "training" / "layers.h5").rename(copy.path / "elsewhere")
    (copy.path / "training" / "layers.h5").symlink_to(copy.path / "elsewhere")
    checks = [check for check in verify(copy) if check.status != "ok"]
    assert {(check.path, check.status) for check in checks} == {
        ("notes.txt", "note"),
        ("elsewhere", "note"),
        ("chains/hmc/segment-000001.h5.damaged-1", "note"),
        ("training/layers.h5", "failed"),
    }


def test_an_unreadable_configuration_ends_it(copy):
    (copy.path / "config.toml").write_text("seed = ")
    (check,) = verify(copy)
    assert (check.path, check.status) == ("config.toml", "failed")
