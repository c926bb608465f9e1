"""More samples of a run that is there: as if so many had been asked for at once."""

import shutil

import numpy as np
import pytest

from latflow.errors import ConfigError
from latflow.runs import RunFolder, config_from, extend, run

from .test_resume import without_times


def configuration(n_samples, **more):
    chain = {
        "name": "hmc", "kernel": "hmc", "steps": 4, "n_chains": 2, "n_samples": n_samples,
        "warm_up": 10, "segment": 10, "configurations_every": 5, **more,
    }  # fmt: skip
    theory = {"kind": "phi4", "shape": [4], "beta": 0.5, "lam": 0.5}
    other = {**chain, "name": "other", "n_samples": 12}
    return config_from({"theory": theory, "chains": [chain, other]})


@pytest.mark.parametrize(
    "every", [5, 0, *(pytest.param(n, marks=pytest.mark.slow) for n in (2, 10, 20))]
)
def test_as_if_asked_for_at_once(tmp_path, every):
    """Cut in the middle of segments, and between stored configurations."""
    storage = {"configurations_every": every, "segment": 10}
    folder = RunFolder.create(tmp_path / "run", configuration(7, **storage))
    run(folder)
    for n_samples in (13, 13, 37):
        summary = extend(folder, n_samples, ["hmc"])
        assert summary["chains"]["hmc"]["n_samples"] == n_samples
    at_once = RunFolder.create(tmp_path / "at-once", configuration(37, **storage))
    expected = run(at_once)
    assert without_times(summary) == without_times(expected)
    one, other = folder.chain("hmc"), at_once.chain("hmc")
    assert one.n_kept == other.n_kept == (37 // every if every else 0)
    for a, b in ((one.infos, other.infos), (one.configurations, other.configurations)):
        assert all(np.array_equal(a[name], b[name]) for name in b)
    assert folder.config() == at_once.config()


def test_all_chains_or_those_that_are_named(tmp_path):
    folder = RunFolder.create(tmp_path / "run", configuration(12))
    run(folder)
    before = (folder.path / "config.toml").read_text()
    for n_samples, names, words in (
        (11, None, "has been asked for 12 samples, and 11 are fewer"),
        (13, ["hcm"], 'no chain is called "hcm"'),
    ):
        with pytest.raises(ConfigError, match=words):
            extend(folder, n_samples, names)
    assert (folder.path / "config.toml").read_text() == before
    summary = extend(folder, 14)
    assert [chain["n_samples"] for chain in summary["chains"].values()] == [14, 14]


def test_fewer_samples_are_the_first_ones(tmp_path):
    folder = RunFolder.create(tmp_path / "run", configuration(40, configurations_every=5))
    run(folder)
    shutil.copytree(folder.path, tmp_path / "fewer")
    config = tmp_path / "fewer" / "config.toml"
    config.write_text(config.read_text().replace("n_samples = 40", "n_samples = 17"))
    fewer, data = RunFolder(tmp_path / "fewer"), folder.chain("hmc")
    summary = run(fewer)
    assert summary["chains"]["hmc"]["n_samples"] == 17
    cut = fewer.chain("hmc")
    assert np.array_equal(cut.measurements["m"], data.measurements["m"][:, :17])
    assert np.array_equal(cut.configurations["field"], data.configurations["field"][:, :3])
    assert len(list(fewer.chain_path("hmc").glob("segment-*.h5"))) == 4
