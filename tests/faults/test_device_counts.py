"""Training does not depend on how many devices share the work."""

import shutil

import numpy as np
import pytest

from latflow.runs import RunFolder

from .configurations import FAMILIES

COUNTS = (1, 2, 4)


def flags(count):
    return {"XLA_FLAGS": f"--xla_force_host_platform_device_count={count}"}


@pytest.fixture(scope="module")
def metrics(server, tmp_path_factory):
    """Metrics of the same training on several numbers of devices."""
    folder = tmp_path_factory.mktemp("devices")
    (folder / "it.toml").write_text(FAMILIES["model"], "utf-8")
    found = {}
    for count in COUNTS:
        out = folder / f"on-{count}"
        change = ("--set", "training.micro_batch=2")
        ended = server.run(
            "train", "it.toml", "--out", out, "-q", *change, cwd=folder, **flags(count)
        )
        assert ended.check().code == 0, ended.err
        found[count] = RunFolder(out).training_metrics()
    return found


@pytest.mark.parametrize("name", ["acceptance", "ess", "log_weight_variance", "loss"])
@pytest.mark.parametrize("count", COUNTS[1:])
def test_metrics_of_the_same_state(metrics, name, count):
    """Before the first update the weights are the same: every one counts once."""
    np.testing.assert_allclose(metrics[count][name][0], metrics[1][name][0], rtol=1e-6)


@pytest.mark.parametrize("count", COUNTS[1:])
def test_training_is_the_same_to_the_last_bit(metrics, count):
    for name in ("loss", "gradient_norm"):
        np.testing.assert_array_equal(metrics[count][name], metrics[1][name], err_msg=name)


def test_what_is_resumed_elsewhere_is_the_same_or_warned_about(server, tmp_path):
    """Half on one device, half on two: bit-identical, or said."""
    (tmp_path / "it.toml").write_text(FAMILIES["model"], "utf-8")
    options = ("--out", "it", "--set", "training.micro_batch=2", "-q")
    at = {"kind": "kill after", "at": 8}
    server.run("train", "it.toml", *options, cwd=tmp_path, fault=at, **flags(1))
    shutil.copytree(tmp_path / "it", tmp_path / "other")
    ends = [
        server.run("train", name, cwd=tmp_path, **flags(count)).check()
        for name, count in (("it", 1), ("other", 2))
    ]
    assert [ended.code for ended in ends] == [0, 0]
    one, other = (RunFolder(tmp_path / name).training_metrics() for name in ("it", "other"))
    same = all(np.array_equal(one[name], other[name]) for name in ("loss", "gradient_norm"))
    assert same or "device" in ends[1].err
