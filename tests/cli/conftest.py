"""Running commands of latflow in this process."""

import os
from dataclasses import dataclass

import pytest

from latflow.cli._errors import run_command
from latflow.runs import RunFolder, load_config, run

from .commands import TINY


@dataclass
class Result:
    """What a command did."""

    code: int
    out: str
    err: str


@pytest.fixture
def latflow(tmp_path, monkeypatch, capsys):
    """Run a command in an empty folder of its own; gives exit code and output."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XLA_FLAGS", os.environ.get("XLA_FLAGS", ""))
    monkeypatch.setenv("COLUMNS", "160")

    def run(*arguments):
        capsys.readouterr()
        code = run_command([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Result(code, captured.out, captured.err)

    return run


@pytest.fixture(scope="session")
def tiny_config():
    """The configuration of the tiny run."""
    return load_config(TINY)


@pytest.fixture(scope="session")
def finished(tiny_config, tmp_path_factory):
    """The summary of a tiny run that was never interrupted."""
    return run(RunFolder.create(tmp_path_factory.mktemp("finished") / "run", tiny_config))
