"""A run that was stopped, or died, ends exactly as one that never was."""

import json
import shutil

import jax
import numpy as np
import pytest

from latflow import sampling
from latflow.errors import DamagedFileError, LatflowWarning, RunFolderError
from latflow.runs import Interrupted, RunFolder, extend, measure, run, train
from latflow.runs import sample as draw_samples
from latflow.runs.store import append_metrics, checkpoint_paths, locked

TIMES = {
    "seconds", "warm_up_seconds", "seconds_per_sample", "seconds_per_independent_sample",
    "cpu_seconds", "warm_up_cpu_seconds", "cpu_seconds_per_sample", "compiling_seconds",
    "compiling_cpu_seconds", "cost_warnings", "break_even",
}  # fmt: skip


class StopAfter:
    """Asks to stop at the n-th question."""

    def __init__(self, n):
        self.left = n

    def __call__(self):
        self.left -= 1
        return self.left <= 0


def run_in_pieces(folder, pieces):
    """Run, stopped after so many questions each time, and then to the end."""
    for n in pieces:
        with pytest.raises(Interrupted):
            run(folder, should_stop=StopAfter(n))
    return run(folder)


def without_times(summary):
    if isinstance(summary, dict):
        return {k: without_times(v) for k, v in summary.items() if k not in TIMES}
    if isinstance(summary, list):
        return [without_times(entry) for entry in summary]
    return summary


def assert_same_arrays(one, other):
    assert one.keys() == other.keys()
    assert all(np.array_equal(one[key], other[key]) for key in one)


def assert_same_run(one, other):
    """Everything but times is equal to the last bit."""
    for name in ("training/metrics.jsonl", "config.toml"):
        assert (one.path / name).read_bytes() == (other.path / name).read_bytes()
    a, b = (checkpoint_paths(run.training_path)[-1] for run in (one, other))
    assert a.name == b.name
    assert a.read_bytes().partition(b"\n")[2] == b.read_bytes().partition(b"\n")[2]
    for key, values in one.evaluation().items():
        assert np.array_equal(values, other.evaluation()[key])
    for name in one.chain_names():
        a, b = one.chain(name), other.chain(name)
        assert a.tuned == b.tuned
        for part, same in (
            (a.measurements, b.measurements),
            (a.infos, b.infos),
            (a.configurations, b.configurations),
        ):
            assert_same_arrays(part, same)
        # A warm-up that was lost is not missed, nor done again.
        if a.warm_up.n_points and b.warm_up.n_points:
            assert_same_arrays(a.warm_up.series, b.warm_up.series)
            assert_same_arrays(a.warm_up.infos, b.warm_up.infos)
    assert without_times(one.summary()) == without_times(other.summary())


# Questions are asked before every chunk, warm-up round and segment.
@pytest.mark.parametrize("pieces", [[1, 2, 3, 9, 8], pytest.param([5, 18], marks=pytest.mark.slow)])
def test_stopped_runs_end_bit_identical(tmp_path, tiny_config, finished, pieces):
    folder = RunFolder.create(tmp_path / "run", tiny_config)
    run_in_pieces(folder, pieces)
    assert_same_run(folder, finished[0])
    assert folder.chain("hmc").warm_up.n_points == 20


@pytest.mark.slow
def test_optimised_programs_end_bit_identical(tmp_path, tiny_config, optimised_programs):
    one, other = (RunFolder.create(tmp_path / name, tiny_config) for name in ("one", "other"))
    run(one)
    run_in_pieces(other, [5, 18])
    assert_same_run(one, other)


def test_a_crash_after_the_last_checkpoint_is_repaired(tmp_path, tiny_config, finished):
    folder = RunFolder.create(tmp_path / "run", tiny_config)
    with pytest.raises(Interrupted):
        train(folder, should_stop=StopAfter(3))
    path = folder.training_path / "metrics.jsonl"
    append_metrics(path, 20, {"loss": np.array([1.0])})
    with open(path, "a") as file:
        file.write('{"step": 22, "lo')
    run(folder)
    assert_same_run(folder, finished[0])


def test_steps_do_only_what_is_missing(tmp_path, finished):
    shutil.copytree(finished[0].path, tmp_path / "copy")
    folder = RunFolder(tmp_path / "copy")
    before = {path: path.stat().st_mtime_ns for path in folder.path.rglob("*.h5")}
    run(folder, should_stop=lambda: False)
    assert {path: path.stat().st_mtime_ns for path in folder.path.rglob("*.h5")} == before


def test_a_chain_may_be_made_longer(tmp_path, finished):
    shutil.copytree(finished[0].path, tmp_path / "copy")
    folder = RunFolder(tmp_path / "copy")
    config = folder.path / "config.toml"
    config.write_text(config.read_text().replace("n_samples = 60", "n_samples = 70"))
    draw_samples(folder)
    longer, before = folder.chain("hmc"), finished[0].chain("hmc")
    assert longer.n_samples == 70
    assert np.array_equal(longer.measurements["m"][:, :60], before.measurements["m"])


DAMAGED = (
    "training/checkpoint-00000040.eqx", "training/evaluation.h5", "training/layers.h5",
    "chains/hmc/segment-000000.h5", "chains/hmc/segment-000001.h5",
    "chains/hmc/segment-000002.h5", "chains/hmc/warm-up.h5", "chains/flow/segment-000000.h5",
)  # fmt: skip


def ruined(tmp_path, finished, *files):
    shutil.copytree(finished[0].path, tmp_path / "copy")
    for file in files:
        path = tmp_path / "copy" / file
        content = bytearray(path.read_bytes())
        content[-len(content) // 3 :] = b"x" * (len(content) // 3)
        path.write_bytes(content)
    return RunFolder(tmp_path / "copy")


@pytest.mark.parametrize("file", DAMAGED)
def test_damage_is_named_with_its_remedy(tmp_path, finished, file):
    folder = ruined(tmp_path, finished, file)
    name = file.rpartition("/")[2].replace(".", r"\.")
    before = (folder.path / file).read_bytes()
    if "layers" not in file:
        with pytest.raises(DamagedFileError, match=f"{name}.*latflow resume"):
            measure(folder)
    with pytest.raises(DamagedFileError, match=name):
        run(folder, strict=True)
    assert (folder.path / file).read_bytes() == before


@pytest.mark.first_cases(3)
@pytest.mark.parametrize("file", DAMAGED)
def test_damage_mends_itself(tmp_path, finished, file):
    """What was made again is the same to the last bit, and what went on from it stays."""
    folder = ruined(tmp_path, finished, file)
    damaged = (folder.path / file).read_bytes()
    others = {p: p.stat().st_mtime_ns for p in folder.path.rglob("*.h5") if p != folder.path / file}
    with pytest.warns(LatflowWarning, match="damaged; kept as") as told:
        run(folder)
    assert len(told) == 1
    assert (folder.path / f"{file}.damaged-1").read_bytes() == damaged
    assert_same_run(folder, finished[0])
    assert {path: path.stat().st_mtime_ns for path in others} == others


def test_much_damage_mends_itself(tmp_path, finished):
    """The warm-up, the first and the last segment; and another that has gone."""
    names = ("warm-up.h5", "segment-000000.h5", "segment-000002.h5")
    folder = ruined(tmp_path, finished, *(f"chains/hmc/{name}" for name in names))
    (folder.path / "chains/flow/segment-000000.h5").unlink()
    with pytest.warns(LatflowWarning):
        run(folder)
    assert_same_run(folder, finished[0])


def test_what_does_not_follow_from_what_was_made_again_is_kept_aside(
    tmp_path, finished, monkeypatch
):
    """As on another machine, whose rounding differs: all that comes later is drawn again."""
    folder = ruined(tmp_path, finished, "chains/hmc/segment-000000.h5")
    slightly = lambda *a, **k: _moved(sampling.run_in_pieces(*a, **k))  # noqa: E731
    monkeypatch.setattr("latflow.runs._block.run_in_pieces", slightly)
    with pytest.warns(LatflowWarning) as told:
        draw_samples(folder, ["hmc"])
    assert any("another machine" in str(warning.message) for warning in told)
    path = folder.path / "chains" / "hmc"
    assert {p.name for p in path.glob("*.damaged-1")} == {
        f"segment-00000{n}.h5.damaged-1" for n in range(3)
    }
    assert folder.chain("hmc").n_samples == 60


def _moved(result):
    states, segment = result
    return jax.tree.map(lambda leaf: leaf * (1 + 1e-12), states), segment


def test_the_warm_up_is_not_missed(tmp_path, finished):
    """It is needed for more samples only; then it is done again, to the same end."""
    folder = ruined(tmp_path, finished)
    (folder.path / "chains/hmc/warm-up.h5").unlink()
    run(folder)
    assert not (folder.path / "chains/hmc/warm-up.h5").exists()
    assert_same_run(folder, finished[0])
    extend(folder, 70, ["hmc"])
    assert np.array_equal(
        folder.chain("hmc").measurements["m"][:, :60],
        finished[0].chain("hmc").measurements["m"],
    )


def test_a_damaged_checkpoint_can_be_deleted(tmp_path, finished):
    shutil.copytree(finished[0].path, tmp_path / "copy")
    folder = RunFolder(tmp_path / "copy")
    (folder.training_path / "checkpoint-00000040.eqx").unlink()
    train(folder)
    last = "training/checkpoint-00000040.eqx"
    payloads = [(f.path / last).read_bytes().partition(b"\n") for f in (folder, finished[0])]
    assert payloads[0][2] == payloads[1][2]


def test_another_configuration_is_not_mixed_in(tmp_path, finished):
    shutil.copytree(finished[0].path, tmp_path / "copy")
    folder = RunFolder(tmp_path / "copy")
    config = folder.path / "config.toml"
    config.write_text(config.read_text().replace("beta = 0.537", "beta = 0.5"))
    with pytest.raises(RunFolderError, match=r"restore config\.toml"):
        run(folder)


def test_a_hole_between_segments_is_noticed(tmp_path, finished):
    folder = ruined(tmp_path, finished)
    (folder.path / "chains/hmc/segment-000001.h5").unlink()
    for refused in (measure, lambda folder: run(folder, strict=True)):
        with pytest.raises(RunFolderError, match=r"segment-000001\.h5: missing"):
            refused(folder)
    with pytest.warns(LatflowWarning, match=r"segment-000001\.h5: missing; it is drawn again"):
        run(folder)
    assert_same_run(folder, finished[0])


def test_the_library_takes_the_lock_and_says_what_it_did(tmp_path, tiny_config):
    """As the command line does; a step inside of another one belongs to that."""
    folder = RunFolder.create(tmp_path / "run", tiny_config)
    with locked(folder.path):
        for step in (run, train, draw_samples):
            with pytest.raises(RunFolderError, match="another process"):
                step(folder)
    with pytest.raises(Interrupted):
        run(folder, should_stop=StopAfter(2))
    train(folder)
    run(folder)
    record = json.loads((folder.path / "provenance.json").read_text())
    assert [(s["command"], s["outcome"]) for s in record["sessions"]] == [
        ("latflow.runs.run", "interrupted"),
        ("latflow.runs.train", "complete"),
        ("latflow.runs.run", "complete"),
    ]


def test_provenance_is_a_readable_record(tmp_path, tiny_config):
    from latflow.runs import session

    folder = RunFolder.create(tmp_path / "run", tiny_config)
    with pytest.raises(Interrupted), session(folder, "latflow run tiny.toml"):
        raise Interrupted
    with session(folder, "latflow resume run"):
        pass
    record = json.loads((folder.path / "provenance.json").read_text())
    assert record["seed"] == 3
    assert [s["outcome"] for s in record["sessions"]] == ["interrupted", "complete"]
    assert record["sessions"][0]["command"] == "latflow run tiny.toml"
    assert record["sessions"][0]["packages"]["jax"]
