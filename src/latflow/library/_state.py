"""How far a run has come: what it has, what is missing, and how long that will take."""

import math
from dataclasses import dataclass, field
from pathlib import Path

from latflow.errors import LatflowError
from latflow.runs import ResolvedRun, RunFolder, report_is_stale, resolve, training_progress


@dataclass(frozen=True)
class RunState:
    """Where a run stands.

    Attributes:
        path: of the run.
        theory: its field space in words.
        outcome: how its last session ended: ``complete``, ``interrupted``, ``failed: ...``,
            ``running`` (or killed); ``new`` before the first.
        last: when that was, in UTC; empty if nothing is known.
        size: bytes on disk.
        has: what is there, in words.
        missing: what is not, in words; empty for a finished run.
        seconds_left: what the missing steps and samples will take at the pace so far, without
            compilation; ``None`` where there is no pace yet.
    """

    path: Path
    theory: str
    outcome: str
    last: str
    size: int
    has: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    seconds_left: float | None = None

    @property
    def is_finished(self) -> bool:
        """Whether nothing is missing."""
        return not self.missing


@dataclass
class _Found:
    has: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    seconds: list[float | None] = field(default_factory=list)

    def note(self, what: str, done: int, wanted: int, pace: float | None) -> None:
        """So many units of so many, at so many seconds per unit."""
        text = f"{what}: {done} of {wanted}"
        if done < wanted:
            self.missing.append(text)
            self.seconds.append(None if pace is None else pace * (wanted - done))
        else:
            self.has.append(text)


def state_of(run: RunFolder | ResolvedRun) -> RunState:
    """Everything about the state of a run; all its files are read.

    Raises:
        RunFolderError: its configuration cannot be read.
        ConfigError: its configuration is not valid.
    """
    run = resolve(run)
    folder, found = run.folder, _Found()
    if run.config.training is not None:
        _note_training(run, found)
    for chain in run.config.chains:
        _note_chain(run, chain.name, chain.n_samples, found)
    for name in ("summary.json", "report.html"):
        there = (folder.results_path / name).exists()
        (found.has if there else found.missing).append(name)
    if not {"summary.json", "report.html"} & set(found.missing) and report_is_stale(folder):
        found.missing.append("report.html is older than the results")
    outcome, last = outcome_of(folder)
    paces = [seconds for seconds in found.seconds if seconds is not None]
    left = float(sum(paces)) if len(paces) == len(found.seconds) else None
    return RunState(
        path=folder.path,
        theory=run.theory.space.description,
        outcome=outcome,
        last=last,
        size=size_of(folder.path),
        has=tuple(found.has),
        missing=tuple(found.missing),
        seconds_left=left if found.missing else 0.0,
    )


def still_missing(run: RunFolder | ResolvedRun) -> tuple[str, ...]:
    """The steps of training and samples of chains that are not there yet, in words; all files of
    the run are read.

    Raises:
        RunFolderError: its configuration cannot be read.
        ConfigError: its configuration is not valid.
    """
    run, found = resolve(run), _Found()
    if run.config.training is not None:
        _note_training(run, found)
    for chain in run.config.chains:
        _note_chain(run, chain.name, chain.n_samples, found)
    return tuple(found.missing)


def outcome_of(folder: RunFolder) -> tuple[str, str]:
    """How the last session of a run ended, and when it did or began."""
    sessions = folder.provenance().get("sessions", [])
    if not sessions:
        return "new", ""
    last = sessions[-1]
    outcome = str(last.get("outcome", ""))
    text = "running, or killed" if outcome == "running" else outcome
    return text, str(last.get("finished") or last.get("started") or "")


def size_of(folder: Path) -> int:
    """Bytes of all files below a folder; links are not followed."""
    return sum(
        path.lstat().st_size for path in folder.rglob("*") if path.is_file() or path.is_symlink()
    )


def _note_training(run: ResolvedRun, found: _Found) -> None:
    for stage in run.stages:
        wanted = stage.settings.steps
        try:
            done, seconds, _ = training_progress(run, stage.number)
        except LatflowError as error:
            found.missing.append(f"{stage.label}: {error}")
            found.seconds.append(None)
            continue
        found.note(f"{stage.label}, steps", done, wanted, seconds / done if done else None)


def _note_chain(run: ResolvedRun, name: str, wanted: int, found: _Found) -> None:
    label = f"chain {name}, samples"
    if not run.folder.has_samples(name):
        found.note(label, 0, wanted, None)
        return
    try:
        data = run.folder.chain(name)
    except LatflowError as error:
        found.missing.append(f"chain {name}: {error}")
        found.seconds.append(None)
        return
    pace = data.seconds_per_sample * data.n_chains
    found.note(label, data.n_samples, wanted, pace if math.isfinite(pace) else None)
