"""Configurations are made again to the last bit, wherever they were made and after a restart."""

import pytest

from latflow.runs import RunFolder

from .test_device_counts import flags

_BLOCKS = """
seed = 5

[theory]
kind = "phi4"
convention = "hopping"
shape = [4, 4]
beta = 0.537
lam = 0.5

[model]

[[model.flow]]
kind = "affine-coupling"
layers = 2
net = { hidden = [2] }

[training]
steps = 10
batch = 16
micro_batch = 8
warm_up = 5
evaluation_samples = 64

[[chains]]
name = "flow"
kernel = "independence"
n_chains = 8
n_samples = 40
warm_up = 20
segment = 20
configurations_every = 2
"""


@pytest.mark.slow
def test_on_one_and_two_devices_and_after_a_restart(server, tmp_path):
    (tmp_path / "it.toml").write_text(_BLOCKS, "utf-8")
    made = server.run("train", "it.toml", "--out", "it", "-q", cwd=tmp_path, **flags(1)).check()
    assert made.code == 0, made.err
    # Stopped in the middle, and gone on with on two devices.
    first = {"kind": "kill after", "at": 12}
    server.run("sample", "it", "-q", cwd=tmp_path, fault=first, **flags(1))
    rest = server.run("sample", "it", "-q", cwd=tmp_path, **flags(2)).check()
    assert rest.code == 0, rest.err
    assert RunFolder(tmp_path / "it").chain("flow").n_kept == 20
    files = []
    for count in (1, 2):
        out = ("--pack", f"{count}.h5", "--out", f"fields-{count}.h5")
        again = server.run("regenerate", "it", *out, cwd=tmp_path, **flags(count)).check()
        assert again.code == 0, again.err
        assert "160 to the last bit, 0 not" in again.out
        # From the packed file alone, on the other number of devices.
        alone = ("--out", f"alone-{count}.h5")
        again = server.run("regenerate", f"{count}.h5", *alone, cwd=tmp_path, **flags(3 - count))
        assert again.check().code == 0, again.err
        files += [tmp_path / f"fields-{count}.h5", tmp_path / f"alone-{count}.h5"]
    assert len({path.read_bytes() for path in files}) == 1
