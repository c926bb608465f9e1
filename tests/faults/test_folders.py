"""Whose folder is it: names, places and rights."""

import os
import shutil
import stat
import tempfile
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from .configurations import COARSE, FAMILIES, FINE
from .processes import ForkServer, fresh_process
from .results import numbers_in


def test_two_at_once_get_two_folders(server, tmp_path):
    """Started in the same second, without --out: each claims a name of its own."""
    (tmp_path / "it.toml").write_text(FAMILIES["hmc"], "utf-8")
    other = ForkServer()
    late = {"kind": "same moment", "prefix": "it-"}

    def start(server, seed):
        return server.run("train", "it.toml", "--seed", seed, cwd=tmp_path, fault=late).check()

    with ThreadPoolExecutor() as pool:
        ends = list(pool.map(start, (server, other), (1, 2)))
    other.close()
    assert [ended.code for ended in ends] == [0, 0], ends
    folders = [tmp_path / ended.out.strip() for ended in ends]
    assert folders[0] != folders[1]
    seeds = [tomllib.loads((path / "config.toml").read_text("utf-8"))["seed"] for path in folders]
    assert seeds == [1, 2]


def test_a_run_that_needs_another_is_resumed_from_elsewhere(latflow, server, tmp_path):
    """The path of the other run is relative to where it was typed, not to where one is now."""
    (tmp_path / "coarse.toml").write_text(COARSE, "utf-8")
    (tmp_path / "it.toml").write_text(FINE, "utf-8")
    assert latflow("train", "coarse.toml", "--out", "coarse", "-q").code == 0
    assert latflow("train", "it.toml", "--out", "it", "-q").code == 0
    (tmp_path / "elsewhere").mkdir()
    ended = server.run("sample", "../it", "-q", cwd=tmp_path / "elsewhere").check()
    assert ended.code == 0, ended.err


def test_a_tree_of_runs_may_be_moved(latflow, server, tmp_path):
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "coarse.toml").write_text(COARSE, "utf-8")
    (tmp_path / "tree" / "it.toml").write_text(FINE, "utf-8")
    for arguments in (("coarse.toml", "--out", "coarse"), ("it.toml", "--out", "it")):
        ended = server.run("train", *arguments, "-q", cwd=tmp_path / "tree").check()
        assert ended.code == 0, ended.err
    (tmp_path / "tree").rename(tmp_path / "moved")
    ended = latflow("sample", "moved/it", "-q")
    assert ended.code == 0, ended.err


@pytest.mark.first_cases(1)
@pytest.mark.parametrize("name", [b"caf\xe9", "größe".encode(), b"a b", b"-x"])
def test_folders_of_any_name(name, tmp_path, undisturbed, copy_of):
    copy_of("hmc", "plain")
    (tmp_path / "plain").rename(tmp_path / os.fsdecode(name))
    target = "./" + os.fsdecode(name)
    for command in (("measure", target), ("report", target)):
        ended = fresh_process(*command, cwd=tmp_path).check()
        assert ended.code == 0, ended.err
    assert numbers_in(tmp_path / os.fsdecode(name)) == undisturbed("hmc").numbers


def test_the_run_of_a_colleague(undisturbed, server):
    """What may be read only can be measured and reported, with the results elsewhere."""
    with tempfile.TemporaryDirectory() as place:
        Path(place).chmod(0o777)
        run = Path(place) / "run"
        shutil.copytree(undisturbed("hmc").folder, run)
        for name in ("summary.json", "report.html"):
            (run / name).unlink()
        for path in (run, *run.rglob("*")):
            path.chmod(stat.S_IMODE(path.stat().st_mode) & 0o555 | 0o444)
        somebody = {"kind": "another user"}
        for command in ("measure", "report"):
            ended = server.run(
                command, "run", "--out", "mine", "-q", cwd=Path(place), fault=somebody,
                JAX_COMPILATION_CACHE_DIR=f"{place}/cache", MPLCONFIGDIR=f"{place}/cache",
            ).check()  # fmt: skip
            assert ended.code == 0, ended.err
        assert numbers_in(Path(place) / "mine") == undisturbed("hmc").numbers
        assert (Path(place) / "mine" / "report.html").exists()
        for path in (run, *run.rglob("*")):
            path.chmod(0o777)


def test_nothing_is_lost_when_a_bug_strikes(latflow, copy_of, server, tmp_path):
    """An exception that nobody expected: one line, and the traceback in a file of the run."""
    run = copy_of("hmc")
    ended = server.run("measure", "run", cwd=tmp_path, fault={"kind": "bug", "at": 1})
    assert ended.code == 1
    assert "Traceback" not in ended.err
    assert ended.err.count("\n") == 1
    texts = [
        p.read_text("utf-8", "replace") for p in run.rglob("*") if p.suffix in (".txt", ".log")
    ]
    assert any("Traceback" in text for text in texts)
