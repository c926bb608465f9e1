"""What the tests of faults share: a server of processes, and runs that were never disturbed."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from .configurations import COARSE, FAMILIES, FINE, SCAN
from .processes import Ended, ForkServer
from .results import numbers_in, scan_numbers_in

_SECONDS = 6.0


@pytest.fixture(scope="session")
def server():
    """Starts commands in milliseconds."""
    server = ForkServer()
    yield server
    server.close()


@dataclass(frozen=True)
class Undisturbed:
    """A run, a scan or a chain of runs without any fault.

    Attributes:
        folder: it, complete; not to be changed.
        configuration: text.
        numbers: its results.
        n_files: how many files were written, one after the other.
        seconds: about how long it takes.
    """

    folder: Path
    configuration: str
    numbers: Any
    n_files: int
    seconds: float


@pytest.fixture(scope="session")
def undisturbed(server, tmp_path_factory):
    """The undisturbed run of a family of configurations, made when first asked for."""
    known: dict[str, Undisturbed] = {}

    def get(family: str) -> Undisturbed:
        if family not in known:
            known[family] = _run(server, tmp_path_factory.mktemp(family), family)
        return known[family]

    return get


def _run(server: ForkServer, folder: Path, family: str) -> Undisturbed:
    if family == "chain-of-runs":
        (folder / "coarse.toml").write_text(COARSE, "utf-8")
        assert server.run("run", "coarse.toml", "--out", "coarse", cwd=folder).check().code == 0
    text = {"scan": SCAN, "chain-of-runs": FINE}.get(family) or FAMILIES[family]
    (folder / "it.toml").write_text(text, "utf-8")
    command = "scan" if family == "scan" else "run"
    count = {"kind": "count", "to": str(folder / "count")}
    ended = server.run(command, "it.toml", "--out", "it", "-q", cwd=folder, fault=count)
    assert ended.check().code == 0, ended.err
    n_files = int((folder / "count").read_text())
    numbers = scan_numbers_in if command == "scan" else numbers_in
    # Later ones find everything compiled.
    seconds = min(ended.seconds, _SECONDS)
    return Undisturbed(folder / "it", text, numbers(folder / "it"), n_files, seconds)


@pytest.fixture
def copy_of(undisturbed, tmp_path):
    """A copy of an undisturbed run, to be damaged, in a folder where nothing else is."""

    def make(family: str, name: str = "run") -> Path:
        shutil.copytree(undisturbed(family).folder, tmp_path / name)
        return tmp_path / name

    return make


@pytest.fixture
def latflow(server, tmp_path):
    """Run a command in the test's own folder, and check that it ends gracefully."""

    def run(*arguments: object, **options: Any) -> Ended:
        return server.run(*arguments, cwd=tmp_path, **options).check()

    return run
