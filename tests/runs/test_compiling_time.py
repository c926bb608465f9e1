"""What a sample costs is the time of sampling: compiling is kept apart, or nothing is said."""

import math
import shutil
from types import SimpleNamespace

import pytest

from latflow.library import state_of
from latflow.reports import collect
from latflow.reports.judgement import break_even_sentence
from latflow.runs import Interrupted, RunFolder, measure
from latflow.runs import sample as draw_samples
from latflow.runs.store.files import ArrayFile, read_arrays, write_arrays
from latflow.sampling import compile_segment, compile_start

from .test_resume import StopAfter

# So short that the clock cuts nothing.
PROGRAM, PIECE = 1000.0, 0.125


@pytest.fixture
def copy(finished, tmp_path):
    """A run that may be changed."""
    shutil.copytree(finished[0].path, tmp_path / "copy")
    return RunFolder(tmp_path / "copy")


@pytest.fixture
def programs(monkeypatch):
    """Counts them, on a clock on which each takes ``PROGRAM`` seconds, and to run it ``PIECE``.

    That is what happens where every segment needs a program of its own.
    """
    now = SimpleNamespace(time=0.0, programs=0)

    def instead_of(compiled):
        def slowly(*arguments):
            run = compiled(*arguments)
            now.time += PROGRAM
            now.programs += 1

            def and_run():
                now.time += PIECE
                return run()

            return and_run

        return slowly

    watched = SimpleNamespace(perf_counter=lambda: now.time, process_time=lambda: 2 * now.time)
    monkeypatch.setattr("latflow.stopwatch.time", watched)
    monkeypatch.setattr("latflow.sampling._pieces.compile_segment", instead_of(compile_segment))
    monkeypatch.setattr("latflow.runs._block.compile_start", instead_of(compile_start))
    return now


def drawn_again(folder, questions):
    """All chains from nothing, stopped after so many questions each time."""
    for name in folder.chain_names():
        shutil.rmtree(folder.chain_path(name))
    for n in questions:
        with pytest.raises(Interrupted):
            draw_samples(folder, should_stop=StopAfter(n))
    draw_samples(folder)


@pytest.mark.parametrize("questions", [[], [3, 9, 9]])
def test_no_cost_holds_compiling(copy, programs, questions):
    drawn_again(copy, questions)
    chains = [copy.chain(name) for name in copy.chain_names()]
    for data in chains:
        # 20 samples of all chains take a piece.
        assert data.seconds == data.n_samples / 20 * PIECE
        assert data.seconds_per_sample == pytest.approx(PIECE / (20 * data.n_chains))
        assert data.cpu_seconds_per_sample == pytest.approx(2 * data.seconds_per_sample)
        # The start, and ten rounds.
        assert data.warm_up_seconds == 11 * PIECE
        assert data.warm_up_cpu_seconds == 22 * PIECE
        assert data.compiling_seconds == (11 + data.n_samples / 20) * PROGRAM
        assert data.compiling_cpu_seconds == 2 * data.compiling_seconds
    # Nothing is lost, and nothing is counted twice.
    assert sum(data.compiling_seconds for data in chains) == programs.programs * PROGRAM
    found = measure(copy)["chains"]
    for data in chains:
        assert found[data.name]["compiling_seconds"] == data.compiling_seconds
        assert found[data.name]["compiling_cpu_seconds"] == data.compiling_cpu_seconds
        assert found[data.name]["seconds_per_sample"] == data.seconds_per_sample


def as_before(folder, name, compiled):
    """Write the segments as older versions did: one time, which may hold compiling, and a flag."""
    for index, flag in enumerate(compiled):
        path = folder.chain_path(name) / f"segment-{index:06d}.h5"
        content = read_arrays(path, "remedy")
        facts = {k: v for k, v in content.attributes.items() if "compiling" not in k}
        facts |= {"compiled": flag, "seconds": 100.0 if flag else 2.0, "cpu_seconds": 3.0}
        write_arrays(path, ArrayFile(content.arrays, facts))


def test_segments_of_before_that_compiled_are_left_out_of_costs(copy):
    as_before(copy, "hmc", [True, False, False])
    data = copy.chain("hmc")
    assert data.seconds == 104.0
    assert data.seconds_per_sample == 4.0 / (40 * 4)
    assert data.cpu_seconds_per_sample == 6.0 / (40 * 4)
    assert math.isnan(data.compiling_seconds)


def test_no_cost_where_every_segment_of_before_compiled(copy):
    as_before(copy, "hmc", [True, True, True])
    data = copy.chain("hmc")
    assert data.seconds == 300.0 and data.cpu_seconds == 9.0
    assert math.isnan(data.seconds_per_sample) and math.isnan(data.cpu_seconds_per_sample)
    summary = measure(copy)
    chain = summary["chains"]["hmc"]
    costs = ("seconds_per_sample", "cpu_seconds_per_sample", "seconds_per_independent_sample")
    assert [chain[name] for name in (*costs, "compiling_seconds")] == [None] * 4
    (warning,) = chain["cost_warnings"]
    assert warning.startswith("the cost is not known: ")
    assert summary["break_even"] is None
    assert "an independent sample of hmc costs" in break_even_sentence(collect(copy))


def test_more_samples_give_such_a_chain_a_cost(copy, programs):
    as_before(copy, "hmc", [True, True, True])
    config = copy.path / "config.toml"
    config.write_text(config.read_text().replace("n_samples = 60", "n_samples = 70"))
    # How long it takes is not known before either.
    assert state_of(copy).seconds_left is None
    draw_samples(copy)
    data = copy.chain("hmc")
    assert data.seconds_per_sample == pytest.approx(PIECE / (10 * 4))
    assert data.seconds == 300.0 + PIECE
    # The machine may have been loaded all the same.
    warnings = measure(copy)["chains"]["hmc"]["cost_warnings"]
    assert not any("is not known" in warning for warning in warnings)
