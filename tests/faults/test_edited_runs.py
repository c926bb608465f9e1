"""A finished run whose files do not belong together is refused by everybody who reads it."""

import shutil

import pytest

from latflow.errors import LatflowError
from latflow.runs import RunFolder, measure

from .results import numbers_in

READERS = ("measure", "resume", "report", "sample")
FIRST_READER = ["measure", *(pytest.param(name, marks=pytest.mark.slow) for name in READERS[1:])]
EDITS = {
    "coupling": ("hmc", "beta = 0.3", "beta = 0.4"),
    "seed": ("hmc", "seed = 3", "seed = 4"),
    "steps of the kernel": ("hmc", "steps = 4", "steps = 5"),
    "target": ("hmc", "target_acceptance = 0.8", "target_acceptance = 0.7"),
    "warm-up": ("hmc", "warm_up = 10", "warm_up = 20"),
    "thin": ("hmc", "thin = 1", "thin = 2"),
    "segment": ("hmc", "segment = 10", "segment = 20"),
    "chains": ("hmc", "n_chains = 2", "n_chains = 3"),
    "extents": ("hmc", "shape = [4, 4]", "shape = [4, 8]"),
    "as many sites": ("hmc", "shape = [4, 4]", "shape = [2, 8]"),
    "dimensions": ("hmc", "shape = [4, 4]", "shape = [4, 4, 2]"),
    "kernel": ("classical-kernels", 'kernel = "metropolis"', 'kernel = "cluster"'),
    "coupling of a model": ("model", "beta = 0.3", "beta = 0.4"),
    "training": ("model", "batch = 8", "batch = 16"),
    "thin with a model": ("model", "thin = 1", "thin = 2"),
    "seed of a model": ("model", "seed = 3", "seed = 4"),
}


def often(edit, turn):
    """Whether it is one of the quick tests; runs of many kernels take long to make."""
    return turn % 4 == 0 and EDITS[edit][0] != "classical-kernels"


@pytest.mark.parametrize(
    ("edit", "reader"),
    [
        # Every edit and every reader, but not every pair of them, unless slow ones are run.
        pytest.param(edit, reader, marks=[] if often(edit, first - second) else pytest.mark.slow)
        for first, edit in enumerate(EDITS)
        for second, reader in enumerate(READERS)
    ],
)
def test_another_configuration_than_the_samples(edit, reader, copy_of, latflow):
    family, old, new = EDITS[edit]
    run = copy_of(family)
    text = (run / "config.toml").read_text("utf-8")
    assert old in text, text
    (run / "config.toml").write_text(text.replace(old, new, 1), "utf-8")
    summary = (run / "summary.json").read_bytes()
    ended = latflow(reader, "run", "-q")
    assert ended.code == 2, "exit code 0 with samples of another configuration"
    assert "config.toml" in ended.err
    assert (run / "summary.json").read_bytes() == summary


def test_the_library_notices_as_well(copy_of):
    run = copy_of("hmc")
    text = (run / "config.toml").read_text("utf-8")
    (run / "config.toml").write_text(text.replace("beta = 0.3", "beta = 0.4"), "utf-8")
    with pytest.raises(LatflowError):
        RunFolder(run).chain("hmc")
    with pytest.raises(LatflowError):
        measure(RunFolder(run))


@pytest.mark.parametrize("reader", FIRST_READER)
def test_one_segment_twice(reader, copy_of, latflow):
    folder = copy_of("hmc") / "chains" / "hmc"
    shutil.copyfile(folder / "segment-000001.h5", folder / "segment-000002.h5")
    ended = latflow(reader, "run", "-q")
    assert ended.code == 2
    assert "segment-000002.h5" in ended.err


@pytest.mark.parametrize("reader", FIRST_READER)
def test_a_segment_too_many(reader, copy_of, latflow):
    folder = copy_of("hmc") / "chains" / "hmc"
    shutil.copyfile(folder / "segment-000003.h5", folder / "segment-000004.h5")
    assert latflow(reader, "run", "-q").code == 2


@pytest.mark.parametrize("reader", FIRST_READER)
def test_a_segment_of_another_seed(reader, copy_of, latflow, tmp_path):
    run = copy_of("hmc")
    shutil.copyfile(run / "config.toml", tmp_path / "it.toml")
    assert latflow("sample", "it.toml", "--out", "other", "--seed", "9", "-q").code == 0
    name = "chains/hmc/segment-000001.h5"
    shutil.copyfile(tmp_path / "other" / name, run / name)
    ended = latflow(reader, "run", "-q")
    assert ended.code == 2
    assert "segment-000001.h5" in ended.err


@pytest.mark.parametrize(
    "n_samples", [55, *(pytest.param(n, marks=pytest.mark.slow) for n in (40, 60))]
)
def test_the_honest_way_to_more_samples(n_samples, copy_of, latflow, undisturbed, tmp_path):
    """``latflow extend RUN --samples N``: as if that many had been asked for at once."""
    copy_of("hmc")
    ended = latflow("extend", "run", "--samples", n_samples, "-q")
    assert ended.code == 0, ended.err
    text = undisturbed("hmc").configuration.replace("n_samples = 40", f"n_samples = {n_samples}")
    (tmp_path / "it.toml").write_text(text, "utf-8")
    assert latflow("sample", "it.toml", "--out", "it", "-q").code == 0
    assert latflow("measure", "run", "-q").code == 0
    assert latflow("measure", "it", "-q").code == 0
    one, other = numbers_in(tmp_path / "run"), numbers_in(tmp_path / "it")
    assert one["chains"]["hmc"]["observables"] == other["chains"]["hmc"]["observables"]
    assert one["chains"]["hmc"]["n_samples"] == n_samples


def test_fewer_samples_are_fewer(copy_of, latflow):
    """Either the summary is about as many as are asked for, or the run is refused."""
    run = copy_of("hmc")
    text = (run / "config.toml").read_text("utf-8")
    text = text.replace("n_samples = 40", "n_samples = 20")
    (run / "config.toml").write_text(text, "utf-8")
    if latflow("measure", "run", "-q").code == 0:
        assert numbers_in(run)["chains"]["hmc"]["n_samples"] == 20
