"""Whatever a user gets wrong: exit code 2, one line that says what, and nothing written."""

import errno
import os
from pathlib import Path

import pytest

CASES = [
    (["run", "quickstart", "--set", "theory.lamb=3"], "theory.lamb: unknown key"),
    (["run", "quickstart", "--set", "theory.lam=high"], "theory.lam: should be a valid number"),
    (["run", "quickstart", "--set", "theory.lam=-1"], "theory.lam: "),
    (["run", "hopping-L8", "--set", "theory.shape=[7, 8]"], "theory.shape: a checkerboard needs"),
    (["run", "quickstart", "--set", "theory.lam"], "--set: "),
    (["run", "quickstart", "--seed", "x"], "'--seed'"),
    (["run", "quickstart", "--seed", "-1"], "seed: should be greater than or equal to 0"),
    (["run", "missing.toml"], "missing.toml: no such file"),
    (["run", "no-such-preset"], "presets are quickstart"),
    (["run", "broken.toml"], "broken.toml: not valid TOML"),
    (["run", "binary.toml"], "binary.toml: not valid TOML"),
    (["run", "folder.toml"], "folder.toml: cannot be read"),
    (["run", "quickstart", "--out", "full"], "full: already exists and is not empty"),
    (["run", "quickstart", "--out", "broken.toml"], "broken.toml: already exists"),
    (["run", "quickstart", "--out", "broken.toml/run"], "broken.toml/run: cannot be written to"),
    (["train", "full", "--seed", "3"], "--seed: full is a run already"),
    (["train", "full"], "full: not a run folder"),
    (["sample", "full", "--chain", "x"], "full: not a run folder"),
    (["resume", "nowhere"], "nowhere: not a run folder"),
    (["measure", "nowhere"], "nowhere: not a run folder"),
    (["report", "nowhere"], "nowhere: not a run folder"),
    (["validate", "missing.toml"], "missing.toml: no such file"),
    (["init", "no-such-preset"], "no such preset"),
    (["fly"], "No such command"),
    (["run", "--fast"], "--fast"),
    (["resume"], "RUN"),
]


@pytest.mark.parametrize(("arguments", "words"), CASES, ids=lambda case: str(case)[:60])
def test_mistakes(latflow, tmp_path, arguments, words):
    (tmp_path / "broken.toml").write_text("[theory\n")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "folder.toml").mkdir()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "notes.txt").write_text("mine")
    before = sorted(tmp_path.rglob("*"))
    result = latflow(*arguments)
    assert result.code == 2
    assert result.out == ""
    assert result.err.startswith("latflow: error: ")
    assert result.err.count("\n") == 1
    assert words in result.err
    assert sorted(tmp_path.rglob("*")) == before
    assert (tmp_path / "full" / "notes.txt").read_text() == "mine"


def test_no_permission_to_write(latflow, tmp_path, monkeypatch):
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o500)
    if os.geteuid() == 0:
        # Root may write anywhere: refused as the system refuses everybody else.
        mkdir = Path.mkdir

        def refuse(path, *args, **kwargs):
            if locked in path.absolute().parents:
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
            mkdir(path, *args, **kwargs)

        monkeypatch.setattr(Path, "mkdir", refuse)
    result = latflow("run", "quickstart", "--out", locked / "run")
    assert result.code == 2
    assert "cannot be written to (Permission denied)" in result.err


def test_no_way_to_write(latflow):
    result = latflow("run", "quickstart", "--out", "/proc/latflow")
    assert result.code == 2
    assert result.err.startswith("latflow: error: /proc/latflow: cannot be written to")
