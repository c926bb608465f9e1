"""Training in stages, and from the model of another run."""

import equinox as eqx
import jax
import numpy as np
import pytest

from latflow.errors import ConfigError
from latflow.runs import (
    Interrupted,
    RunFolder,
    check_buildable,
    config_from,
    run,
    train,
    trained_model,
    training_progress,
    training_stages,
)

from .test_resume import StopAfter, assert_same_run, run_in_pieces

THEORY = {"kind": "phi4", "shape": [6, 6], "beta": 0.5, "lam": 0.5}
COUPLING = {"kind": "affine-coupling", "layers": 2, "net": {"hidden": [2]}}
TRAINING = {
    "steps": 30, "batch": 16, "micro_batch": 8, "warm_up": 5, "chunk": 10,
    "checkpoint_every": 10, "evaluation_samples": 128,
}  # fmt: skip
STAGES = [
    {"shape": [2, 4], "steps": 20, "couplings": {"beta": 0.4}, "learning_rate": 0.01},
    {"shape": [4, 4], "batch": 8, "evaluation_samples": 100},
]


def configuration(stages=STAGES, theory=THEORY, flow=(COUPLING, {"kind": "psd"}), **model):
    return config_from(
        {
            "theory": theory,
            "model": {"flow": list(flow), **model},
            "training": {**TRAINING, "stages": stages},
        }
    )


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A run with two earlier stages, never interrupted."""
    folder = RunFolder.create(tmp_path_factory.mktemp("stages") / "run", configuration())
    run(folder)
    return folder


def parameters(model):
    return jax.tree.leaves(eqx.filter(model, eqx.is_inexact_array))


def test_every_stage_has_its_own_theory_settings_and_random_numbers(finished):
    first, second, last = training_stages(finished, finished.config())
    assert [s.theory.space.lattice.shape for s in (first, second, last)] == [(2, 4), (4, 4), (6, 6)]
    assert [float(s.theory.h) for s in (first, second, last)] == [0.4, 0.5, 0.5]
    assert (first.settings.steps, first.settings.learning_rate) == (20, 0.01)
    assert (second.settings.steps, second.settings.batch) == (30, 8)
    assert len({s.purpose for s in (first, second, last)}) == 3


@pytest.mark.slow
def test_each_stage_starts_where_the_one_before_it_ended(tmp_path):
    folder = RunFolder.create(tmp_path / "run", configuration())
    ends = None
    for stage in range(3):
        train_until(folder, stage)
        step, _, model = training_progress(folder, stage)
        assert step == 0
        if ends is not None:
            for old, new in zip(ends, parameters(model), strict=True):
                np.testing.assert_array_equal(old, new)
        if stage == 2:
            break
        train_until(folder, stage + 1)
        ends = parameters(training_progress(folder, stage)[2])
        fresh = parameters(model)
        assert any(np.any(a != b) for a, b in zip(ends, fresh, strict=True)), "nothing was learnt"


def train_until(folder, stage):
    """Stop as soon as a stage has written its checkpoint of step 0."""
    path = folder.path / "training" / (f"stage-{stage}" if stage < 2 else "")

    def should_stop():
        return (path / "checkpoint-00000000.eqx").exists()

    if not should_stop():
        with pytest.raises(Interrupted):
            train(folder, should_stop=should_stop)


def test_summary_tells_of_every_stage_and_counts_all_seconds(finished):
    training = finished.summary()["training"]
    assert [stage["shape"] for stage in training["stages"]] == [[2, 4], [4, 4]]
    assert training["stages"][0]["couplings"] == {"beta": 0.4}
    assert [stage["evaluation_samples"] for stage in training["stages"]] == [128, 100]
    assert all(0 < stage["ess"] <= 1 for stage in training["stages"])
    assert training["seconds"] > sum(stage["seconds"] for stage in training["stages"]) > 0


@pytest.mark.parametrize("pieces", [[1, 3, 2, 5]])
def test_stopped_runs_end_bit_identical(tmp_path, finished, pieces):
    folder = RunFolder.create(tmp_path / "run", configuration())
    run_in_pieces(folder, pieces)
    for stage in range(2):
        first, second = (f.evaluation(stage) for f in (folder, finished))
        np.testing.assert_array_equal(first["log_weight"], second["log_weight"])
    assert_same_run(folder, finished)


def test_a_run_can_start_from_the_model_of_another(tmp_path, finished):
    config = configuration(
        stages=[], theory={**THEORY, "shape": [8, 4], "beta": 0.52}, initial=str(finished.path)
    )
    check_buildable(config)
    folder = RunFolder.create(tmp_path / "run", config)
    step, seconds, model = training_progress(folder)
    assert step == 0
    assert seconds == training_progress(finished)[1] > 0
    assert model.prior.space.lattice.shape == (8, 4)
    for old, new in zip(parameters(trained_model(finished)), parameters(model), strict=True):
        np.testing.assert_array_equal(old, new)
    run(folder)
    assert folder.summary()["training"]["seconds"] > seconds


def test_a_run_can_start_from_a_stage_of_another(tmp_path, finished):
    config = configuration(stages=[], initial=str(finished.path / "training" / "stage-0"))
    check_buildable(config)
    _, seconds, model = training_progress(RunFolder.create(tmp_path / "run", config))
    stage = finished.summary()["training"]["stages"][0]
    assert seconds == pytest.approx(stage["seconds"])
    expected = parameters(trained_model(finished, 0))
    for old, new in zip(expected, parameters(model), strict=True):
        np.testing.assert_array_equal(old, new)


@pytest.mark.parametrize(
    ("change", "key", "words"),
    [
        ({"stages": [{"shape": [4]}]}, "training.stages.0.shape", "dimension of the theory, 2"),
        ({"stages": [{"couplings": {"zeta": 1}}]}, "training.stages.0.couplings", "beta, lam"),
        ({"stages": [{"couplings": {"lam": -1}}]}, "training.stages.0.lam", "unbounded below"),
        ({"stages": [{"shape": [3, 4]}]}, "theory.shape", "even extents"),
        (
            {"flow": [{**COUPLING, "net": {"kind": "dense", "hidden": [2]}}]},
            "model.flow.net",
            "use a convolution",
        ),
        ({"initial": "nowhere"}, "model.initial", "not a run folder"),
    ],
)
def test_what_cannot_be_is_refused_before_any_work(change, key, words):
    with pytest.raises(ConfigError, match=words) as error:
        check_buildable(configuration(**change))
    assert error.value.key == key


def test_another_architecture_is_refused(tmp_path, finished):
    config = configuration(stages=[], flow=[COUPLING], initial=str(finished.path))
    with pytest.raises(ConfigError, match="another architecture"):
        train(RunFolder.create(tmp_path / "run", config), should_stop=StopAfter(1))
