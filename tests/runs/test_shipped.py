"""Trained models that come with the package, and models that training starts from."""

import json
from pathlib import Path

import numpy as np
import pytest

import latflow as lf
from latflow.analysis import effective_sample_size
from latflow.errors import ConfigError, RunFolderError
from latflow.runs import (
    RunFolder,
    check_shipped,
    config_from,
    load_config,
    run_path,
    shipped_names,
    shipped_path,
    shipped_quality,
    train,
    training_progress,
    with_shipped_model,
)
from latflow.runs import run as run_all

SMALL = "psd-8x8"


@pytest.mark.parametrize("name", shipped_names())
def test_shipped_models_are_those_of_their_presets(name):
    """A preset that is changed must be trained anew: ``python tools/ship_models.py NAME``."""
    check_shipped(load_config(name), name)
    record = json.loads((shipped_path(name) / "provenance.json").read_text())
    assert record["sessions"][-1]["outcome"] == "complete"
    assert all(session["host"] == "" for session in record["sessions"])
    quality = shipped_quality(name)
    assert 0 < quality["ess"] <= 1 and quality["seconds"] > 0 and quality["parameters"] > 0


def test_shipped_models_are_small():
    size = sum(path.stat().st_size for name in shipped_names() for path in _files(name))
    assert 0 < size < 2e6


def _files(name: str) -> list[Path]:
    return [path for path in shipped_path(name).rglob("*") if path.is_file()]


def test_the_recorded_ess_is_reproduced():
    """Fresh draws, 4.5 standard deviations: a false alarm in 150 000."""
    run, quality = lf.load(f"latflow:{SMALL}"), shipped_quality(SMALL)
    ess = effective_sample_size(run.draw(4096, seed=11).log_weight)
    assert ess.value == pytest.approx(
        quality["ess"], abs=4.5 * float(np.hypot(ess.error, quality["ess_error"]))
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in shipped_names() if name != SMALL])
def test_the_recorded_ess_of_all_is_reproduced(name):
    run, quality = lf.load(f"latflow:{name}"), shipped_quality(name)
    ess = effective_sample_size(run.draw(4096, seed=11).log_weight)
    assert ess.value == pytest.approx(
        quality["ess"], abs=4.5 * float(np.hypot(ess.error, quality["ess_error"]))
    )


def test_a_pretrained_run_has_the_shipped_model_and_its_record(tmp_path):
    config = load_config(SMALL, ["training.evaluation_samples=256"])
    folder = with_shipped_model(RunFolder.create(tmp_path / "run", config), SMALL)
    assert folder.model_identity() == RunFolder(shipped_path(SMALL)).model_identity()
    steps, seconds, _ = training_progress(folder)
    quality = shipped_quality(SMALL)
    assert (steps, seconds) == (quality["steps"], quality["seconds"])
    session = folder.provenance()["sessions"][0]
    assert session["command"] == f"python tools/ship_models.py {SMALL}"


class _Stages:
    """Notes what a run does, in order."""

    def __init__(self):
        self.names = []

    def stage(self, name, total, done):
        self.names.append(name)

    def advance(self, done, live):
        pass

    def message(self, text):
        pass


@pytest.mark.slow
def test_a_pretrained_run_samples_at_once(tmp_path):
    overrides = ["training.evaluation_samples=4096", "chains.flow.n_samples=200"]
    config = load_config(SMALL, [*overrides, "chains.cluster.n_samples=200"])
    folder, stages = RunFolder.create(tmp_path / "run", config), _Stages()
    with_shipped_model(folder, SMALL)
    run_all(folder, stages)
    # What the model is worth is asked when samples are there already.
    assert stages.names[0].startswith("flow") and stages.names[-1] == "evaluation"
    run = lf.load(folder.path)
    assert run.results("flow")["chi2"]["error"] > 0
    assert run.summary["training"]["steps"] == shipped_quality(SMALL)["steps"]
    assert len(run.provenance["sessions"]) > 1


def test_other_trainings_have_no_shipped_model():
    with pytest.raises(ConfigError, match="leave these as they are"):
        check_shipped(load_config(SMALL, ["training.steps=10"]), SMALL)
    with pytest.raises(ConfigError, match="no such model comes with latflow"):
        check_shipped(load_config("aks-E1"), "aks-E1")
    with pytest.raises(ConfigError, match=f"there are latflow:{shipped_names()[0]}"):
        run_path("latflow:nothing")


def _starting_from(initial: str, **more) -> dict:
    content = load_config(SMALL).resolved()
    content["model"] |= {"initial": initial, **more}
    content["training"] |= {"steps": 1, "batch": 2, "micro_batch": 2, "evaluation_samples": 2}
    return content | {"chains": []}


def test_a_run_that_starts_from_a_shipped_model_pins_it(tmp_path):
    folder = RunFolder.create(tmp_path / "run", config_from(_starting_from(f"latflow:{SMALL}")))
    model = folder.config().model
    assert model is not None and model.initial == f"latflow:{SMALL}"
    assert model.initial_sha256 == RunFolder(shipped_path(SMALL)).model_digest()


def test_the_digest_of_the_initial_model_counts(tmp_path):
    one = config_from(_starting_from("there", initial_sha256="a" * 64))
    other = config_from(_starting_from("there", initial_sha256="b" * 64))
    assert one.training_digest() != other.training_digest()
    with pytest.raises(ConfigError, match=r"model: initial_sha256 is of the model"):
        content = _starting_from("there", initial_sha256="a" * 64)
        del content["model"]["initial"]
        config_from(content)


def test_another_initial_model_is_refused(tmp_path):
    content = _starting_from(f"latflow:{SMALL}", initial_sha256="a" * 64)
    folder = RunFolder.create(tmp_path / "run", config_from(content))
    with pytest.raises(ConfigError, match=r"model\.initial.*not the model that this run"):
        train(folder)


def test_an_unknown_shipped_model_is_refused():
    with pytest.raises((ConfigError, RunFolderError), match="no such model comes with latflow"):
        lf.build(_starting_from("latflow:nothing"))
