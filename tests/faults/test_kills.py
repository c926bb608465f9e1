"""Killed at any moment, a run goes on and ends with the numbers of one that never stopped."""

import random
import shutil
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from .conftest import Undisturbed
from .damage import newest_file
from .processes import Ended, ForkServer
from .results import numbers_in, scan_numbers_in

FAMILIES = (
    "hmc", "model", "stages-and-pools", "classical-kernels", "model-kernels", "scan",
    "chain-of-runs", "links", "spins", "tiny",
)  # fmt: skip
SOME = ("model", "stages-and-pools", "classical-kernels", "links")
MANY = 12
slow = pytest.mark.slow


@dataclass
class Attempt:
    """A run of one family that faults happen to."""

    family: str
    folder: Path
    expected: Undisturbed
    server: ForkServer

    def start(self, **fault: Any) -> Ended:
        """Begin, or go on, and meet with a fault."""
        return self.server.run(*self._command(), cwd=self.folder, **fault)

    def finish(self, report: bool) -> None:
        """Go on to the end: nothing is lost, and no number is another one."""
        for command in self._rest(report):
            ended = self.server.run(*command, cwd=self.folder).check()
            assert ended.code == 0, ended.err
        numbers = scan_numbers_in if self.family == "scan" else numbers_in
        assert numbers(self.folder / "it") == self.expected.numbers

    def _command(self) -> tuple[str, ...]:
        if self.family == "scan":
            return "scan", "it.toml", "--out", "it", "-q"
        if (self.folder / "it" / "config.toml").exists():
            return "resume", "it", "-q"
        return "run", "it.toml", "--out", "it", "-q"

    def _rest(self, report: bool) -> list[tuple[str, ...]]:
        first = self._command()
        if report or first[0] == "scan":
            return [first]
        # The report takes longer than all the rest together.
        train = ("it",) if first[0] == "resume" else ("it.toml", "--out", "it")
        return [("train", *train, "-q"), ("sample", "it", "-q"), ("measure", "it", "-q")]


@pytest.fixture
def attempt(server, tmp_path, undisturbed) -> Callable[[str], Attempt]:
    """Prepare a run of a family."""

    def prepare(family: str) -> Attempt:
        expected = undisturbed(family)
        (tmp_path / "it.toml").write_text(expected.configuration, "utf-8")
        if family == "chain-of-runs":
            shutil.copytree(expected.folder.parent / "coarse", tmp_path / "coarse")
        return Attempt(family, tmp_path, expected, server)

    return prepare


def killed_at_files(run: Attempt, rng: random.Random, deaths: int) -> None:
    """Killed just before or just after a file got its name, again and again."""
    for _ in range(deaths):
        at = rng.randint(1, max(1, run.expected.n_files // 2))
        ended = run.start(fault={"kind": rng.choice(["kill before", "kill after"]), "at": at})
        if ended.code == 0:
            break
        assert ended.code == -signal.SIGKILL, ended.said


def killed_at_times(run: Attempt, rng: random.Random, deaths: int) -> None:
    """Killed after some time, again and again."""
    for _ in range(deaths):
        ended = run.start(kill_after=rng.uniform(0.05, run.expected.seconds))
        if ended.code == 0:
            break
        assert ended.code == -signal.SIGKILL, ended.said


@pytest.mark.parametrize(("family", "deaths"), [("hmc", 1), ("model", 2)])
def test_killed_between_files(family, deaths, attempt):
    run = attempt(family)
    killed_at_files(run, random.Random(1), deaths)
    run.finish(report=False)


def test_killed_at_some_time(attempt):
    run = attempt("model")
    killed_at_times(run, random.Random(2), 2)
    run.finish(report=False)


@slow
@pytest.mark.parametrize("number", range(MANY))
@pytest.mark.parametrize("family", FAMILIES)
def test_killed_between_files_many_times(family, number, attempt):
    run = attempt(family)
    killed_at_files(run, random.Random(f"{family} files {number}"), 3)
    run.finish(report=number % 4 == 0)


@slow
@pytest.mark.parametrize("number", range(MANY))
@pytest.mark.parametrize("family", FAMILIES)
def test_killed_at_any_time_many_times(family, number, attempt):
    run = attempt(family)
    killed_at_times(run, random.Random(f"{family} times {number}"), 3)
    run.finish(report=number % 4 == 0)


@slow
@pytest.mark.parametrize("number", range(3))
@pytest.mark.parametrize("stop_with", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("family", FAMILIES)
def test_asked_to_stop_many_times(family, stop_with, number, attempt):
    run = attempt(family)
    rng = random.Random(f"{family} {stop_with} {number}")
    ended = run.start(kill_after=rng.uniform(0.3, 1.0) * run.expected.seconds, stop_with=stop_with)
    assert ended.code in (128 + stop_with, 0), ended.said
    assert "Traceback" not in ended.said
    run.finish(report=False)


def killed_and_ruined(run: Attempt, how: str, rng: random.Random) -> None:
    """A power cut also ruins the newest file: the run mends itself without a human."""
    at = rng.randint(3, run.expected.n_files - 3)
    ended = run.start(fault={"kind": "kill after", "at": at})
    assert ended.code == -signal.SIGKILL, ended.said
    path = newest_file(run.folder / "it", but=("config.toml", ".lock"))
    content = bytearray(path.read_bytes())
    if how == "cut":
        content = content[: rng.randrange(len(content))]
    else:
        content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    path.write_bytes(content)
    run.finish(report=False)


@pytest.mark.first_cases(1)
@pytest.mark.parametrize("how", ["cut", "flipped"])
def test_the_newest_file_is_ruined_as_well(how, attempt):
    killed_and_ruined(attempt("model"), how, random.Random(f"{how}"))


@slow
@pytest.mark.parametrize("number", range(MANY))
@pytest.mark.parametrize("how", ["cut", "flipped"])
@pytest.mark.parametrize("family", SOME)
def test_the_newest_file_is_ruined_many_times(family, how, number, attempt):
    killed_and_ruined(attempt(family), how, random.Random(f"{family} {how} {number}"))


def with_a_full_disk(run: Attempt, at: int) -> None:
    """From one file on, nothing can be written any more; then somebody makes room."""
    ended = run.start(fault={"kind": "full", "at": at}).check()
    assert ended.code in (1, 2), ended.said
    assert "No space left on device" in ended.err
    assert "it" in ended.err.replace("write", "").partition("No space")[0].split("error:")[-1]
    run.finish(report=False)


@pytest.mark.parametrize("at", [1, 9])
def test_the_disk_is_full(at, attempt):
    with_a_full_disk(attempt("model"), at)


@slow
@pytest.mark.parametrize("tenth", range(10))
@pytest.mark.parametrize("family", SOME)
def test_the_disk_is_full_many_times(family, tenth, attempt):
    run = attempt(family)
    with_a_full_disk(run, 1 + tenth * run.expected.n_files // 10)


def with_a_limit(run: Attempt, limit: int) -> None:
    """No file may be larger: writing fails in the middle of one."""
    ended = run.start(limits={"RLIMIT_FSIZE": limit}).check()
    assert ended.code in (0, 1, 2), ended.said
    run.finish(report=False)


def test_files_may_not_grow(attempt):
    with_a_limit(attempt("model"), 5_000)


@slow
@pytest.mark.parametrize("limit", [0, 100, 1_000, 3_000, 8_000, 9_000, 12_000, 15_000, 30_000])
@pytest.mark.parametrize("family", SOME)
def test_files_may_not_grow_many_times(family, limit, attempt):
    with_a_limit(attempt(family), limit)
