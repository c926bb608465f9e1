"""One process at a time works on a run, also where the file system has no locks."""

import errno
import fcntl
import json
import os
import platform
import subprocess
import sys

import pytest

from latflow.errors import LatflowWarning, RunFolderError
from latflow.runs.store import is_leftover, locked

LOCK_FILE = ".lock-file"
# Without locks, errors are worth the same wherever they come from.
WITHOUT_LOCKS = (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS, errno.EINVAL)


@pytest.fixture
def no_flock(monkeypatch):
    def refuse(*arguments):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refuse)


@pytest.fixture
def dead_process():
    """The number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def says(path, **holder):
    path.write_text(json.dumps({"host": platform.node(), "since": "then"} | holder))


@pytest.mark.parametrize("number", WITHOUT_LOCKS)
def test_file_systems_without_locks(tmp_path, monkeypatch, number):
    def refuse(*arguments):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.warns(LatflowWarning, match="cannot lock files") as told, locked(tmp_path):
        holder = json.loads((tmp_path / LOCK_FILE).read_text())
        assert (holder["host"], holder["process"]) == (platform.node(), os.getpid())
    assert len(told) == 1
    assert not (tmp_path / LOCK_FILE).exists()
    assert all(is_leftover(path) for path in tmp_path.iterdir())


def test_other_failures_of_locks_are_errors(tmp_path, monkeypatch):
    def refuse(*arguments):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(RunFolderError, match="Input/output error"), locked(tmp_path):
        pass


@pytest.mark.filterwarnings("ignore::latflow.errors.LatflowWarning")
def test_two_processes_cannot_work_on_one_run(tmp_path, no_flock):
    refused = pytest.raises(RunFolderError, match=f"process {os.getpid()} on .*delete")
    with locked(tmp_path):
        with refused, locked(tmp_path):
            pass
        # Being refused leaves the other one's file alone.
        with refused, locked(tmp_path):
            pass
        assert (tmp_path / LOCK_FILE).exists()
    with locked(tmp_path):
        pass


@pytest.mark.filterwarnings("ignore::latflow.errors.LatflowWarning")
def test_what_a_dead_process_left_is_taken_over(tmp_path, no_flock, dead_process):
    says(tmp_path / LOCK_FILE, process=dead_process)
    with locked(tmp_path):
        assert json.loads((tmp_path / LOCK_FILE).read_text())["process"] == os.getpid()
    assert not any(path.name.startswith(LOCK_FILE) for path in tmp_path.iterdir())


@pytest.mark.filterwarnings("ignore::latflow.errors.LatflowWarning")
@pytest.mark.parametrize(
    "holder",
    [
        {"process": os.getpid()},
        {"process": 1},
        {"process": 2**40},
        {"process": -1},
        {"process": 0},
        {"process": "x"},
        {},
    ],
)
def test_what_may_be_alive_is_not_taken_over(tmp_path, no_flock, holder):
    says(tmp_path / LOCK_FILE, **holder)
    before = (tmp_path / LOCK_FILE).read_bytes()
    with pytest.raises(RunFolderError, match="another process"), locked(tmp_path):
        pass
    assert (tmp_path / LOCK_FILE).read_bytes() == before


@pytest.mark.filterwarnings("ignore::latflow.errors.LatflowWarning")
def test_processes_of_other_hosts_may_be_alive(tmp_path, no_flock, dead_process):
    says(tmp_path / LOCK_FILE, process=dead_process, host="elsewhere")
    with pytest.raises(RunFolderError, match="on elsewhere"), locked(tmp_path):
        pass


@pytest.mark.filterwarnings("ignore::latflow.errors.LatflowWarning")
@pytest.mark.parametrize("content", [b"", b"\xff\0", b"[1]", b"[" * 9999])
def test_an_empty_lock_file_may_be_just_being_written(tmp_path, no_flock, content):
    (tmp_path / LOCK_FILE).write_bytes(content)
    with pytest.raises(RunFolderError, match=r"delete .*\.lock-file"), locked(tmp_path):
        pass


COUNTING = """
import errno, fcntl, sys, time, warnings
from pathlib import Path
from latflow.errors import RunFolderError
from latflow.runs.store import locked

def refuse(*arguments):
    raise OSError(errno.ENOLCK, "no locks")

fcntl.flock = refuse
warnings.simplefilter("ignore")
folder, done = Path(sys.argv[1]), 0
(folder / f"ready-{sys.argv[2]}").touch()
while len(list(folder.glob("ready-*"))) < 3:
    time.sleep(0.01)
while done < 50:
    try:
        with locked(folder):
            number = int((folder / "number").read_text())
            (folder / "number").write_text(str(number + 1))
            done += 1
    except RunFolderError:
        time.sleep(0.001)
"""


@pytest.mark.slow
def test_many_processes_take_turns(tmp_path, dead_process):
    """Each adds to a number, again and again; nobody thinks to hold what another one holds."""
    says(tmp_path / LOCK_FILE, process=dead_process)
    (tmp_path / "number").write_text("0")
    command = [sys.executable, "-c", COUNTING, str(tmp_path)]
    workers = [subprocess.Popen([*command, str(number)]) for number in range(3)]
    assert [worker.wait(240) for worker in workers] == [0, 0, 0]
    assert (tmp_path / "number").read_text() == "150"


def test_a_link_is_not_locked(tmp_path):
    (tmp_path / "outside").write_text("mine")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / ".lock").symlink_to(tmp_path / "outside")
    with pytest.raises(RunFolderError, match="link is in the way"), locked(tmp_path / "run"):
        pass


def test_a_place_that_is_not_there(tmp_path):
    with pytest.raises(RunFolderError, match="cannot be written to"), locked(tmp_path / "nowhere"):
        pass
