"""Stopped wherever one may be asked, again and again: the numbers are those of a whole run."""

import pytest

from latflow.runs import Interrupted, RunFolder, config_from, load_config, read_toml, run
from latflow.sampling import Pieces

from .conftest import TINY

KERNELS = ("hmc", "fourier-hmc", "metropolis", "cluster", "independence", "block-updating",
           "flow-local", "flow-hmc")  # fmt: skip


@pytest.fixture(scope="module")
def config():
    chains = [
        {"name": kernel, "kernel": kernel, "n_chains": 2, "n_samples": 24, "warm_up": 11,
         "segment": 12, "configurations_every": 6}
        for kernel in KERNELS
    ]  # fmt: skip
    return config_from(read_toml(TINY) | {"chains": chains})


@pytest.fixture(scope="module")
def undisturbed(config, tmp_path_factory):
    folder = RunFolder.create(tmp_path_factory.mktemp("undisturbed") / "run", config)
    return folder, run(folder)


def results(summary):
    return {name: chain["observables"] for name, chain in summary["chains"].items()}


def after(questions):
    """What says yes after so many questions."""
    left = iter(range(questions))
    return lambda: next(left, None) is None


@pytest.mark.slow
def test_stopped_every_few_questions(config, undisturbed, tmp_path, monkeypatch):
    monkeypatch.setattr(Pieces, "length", lambda self, left, thin=1: left if left < 7 else 5)
    folder = RunFolder.create(tmp_path / "run", config)
    summary, sessions = None, 0
    while summary is None:
        # Fewer questions than a warm-up round or an evaluation has would never come to an end.
        sessions += 1
        try:
            summary = run(folder, None, after(17))
        except Interrupted:
            assert sessions < 100
    assert sessions > 5
    assert results(summary) == results(undisturbed[1])
    assert summary["log_z"] == undisturbed[1]["log_z"]
    for name in KERNELS:
        ours, theirs = (each.chain(name) for each in (folder, undisturbed[0]))
        for key, array in theirs.configurations.items():
            assert (ours.configurations[key] == array).all()


def test_a_tiny_run_is_the_same_whatever_the_pieces(finished, tmp_path, monkeypatch):
    monkeypatch.setattr(Pieces, "length", lambda self, left, thin=1: min(left, 4))
    summary = run(RunFolder.create(tmp_path / "run", load_config(TINY)))
    assert results(summary) == results(finished[1])
