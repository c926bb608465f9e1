"""Training checkpoints: everything to go on from, in one file with a readable first line."""

import io
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import equinox as eqx
import jax

from latflow.errors import RunFolderError
from latflow.not_trained import parameters_of
from latflow.runs.store.files import (
    BLOCK,
    Damage,
    Typed,
    cannot_be_written,
    only_sound,
    read_facts,
    read_sealed,
    seal,
    write_bytes,
)
from latflow.stopwatch import Spent
from latflow.training import TrainingState

_NAME = re.compile(r"checkpoint-([0-9]{8,12})\.eqx")
_KIND, _FORMAT = "checkpoint", 3
_KEPT = 2


@dataclass(frozen=True)
class Checkpoint:
    """A state of training.

    Attributes:
        state: model, optimiser and step.
        step: optimiser steps done.
        spent: time spent on them, over all sessions, and before the first one on what it was
            built on.
        seconds_before: of these seconds, those before the first step of the run; NaN where that
            is not known.
    """

    state: TrainingState
    step: int
    spent: Spent
    seconds_before: float


@dataclass(frozen=True)
class CheckpointHeader:
    """The first line of a checkpoint: what one may want to know without the state itself.

    Attributes:
        step: optimiser steps done.
        spent: as of :class:`Checkpoint`.
        seconds_before: as of :class:`Checkpoint`.
        parameters: trainable numbers of the model.
        digest: of the configuration that made it.
        sha256: of the state.
    """

    step: int
    spent: Spent
    seconds_before: float
    parameters: int
    digest: str
    sha256: str


def write_checkpoint(folder: Path, checkpoint: Checkpoint, digest: str) -> None:
    """Write a checkpoint and delete all but the last two.

    The first line is a :class:`CheckpointHeader` as JSON; what follows are the leaves of the state
    as NumPy arrays.

    Raises:
        RunFolderError: it cannot be written.
    """
    buffer = io.BytesIO()
    eqx.tree_serialise_leaves(buffer, checkpoint.state)
    payload = buffer.getbuffer()
    trainable, _ = parameters_of(checkpoint.state.model)
    facts = {
        "step": checkpoint.step,
        "seconds": checkpoint.spent.seconds,
        "parameters": sum(leaf.size for leaf in jax.tree.leaves(trainable)),
        "digest": digest,
    }
    # What is not known of a model that was made elsewhere is left out.
    for name, value in (
        ("cpu_seconds", checkpoint.spent.cpu_seconds),
        ("seconds_before", checkpoint.seconds_before),
    ):
        if math.isfinite(value):
            facts[name] = value
    path = folder / _name(checkpoint.step)
    write_bytes(path, seal(_KIND, _FORMAT, facts, payload), payload)
    for old in checkpoint_paths(folder)[:-_KEPT]:
        try:
            old.unlink(missing_ok=True)
        except OSError as error:
            raise cannot_be_written(old, error) from None


def latest_checkpoint(folder: Path, like: TrainingState, digest: str) -> Checkpoint:
    """The checkpoint with the most steps.

    Args:
        folder: where the checkpoints are.
        like: a state of the same structure.
        digest: of the configuration that must have made it.

    Raises:
        DamagedFileError: a bit of it is wrong.
        RunFolderError: there is none, it cannot be read, or was made with another configuration.
    """
    path = _latest(folder)
    facts, content = read_sealed(path, _KIND, _FORMAT, _remedy(path))
    header = _header(path, facts)
    _check_digest(path, header, digest)
    try:
        payload = io.BytesIO(content)
        payload.seek(BLOCK)
        state = eqx.tree_deserialise_leaves(payload, like)
        if payload.read(1):
            raise ValueError("there are more leaves")
    except Exception as error:
        raise RunFolderError(
            f"{path}: does not fit this version of latflow ({type(error).__name__}); "
            "start a new run"
        ) from None
    return Checkpoint(state, header.step, header.spent, header.seconds_before)


def steps_saved(folder: Path) -> int:
    """Steps of the latest checkpoint; -1 before the first one."""
    paths = checkpoint_paths(folder)
    match = _NAME.fullmatch(paths[-1].name) if paths else None
    return int(match[1]) if match else -1


def checkpoint_header(folder: Path, digest: str | None = None) -> CheckpointHeader | None:
    """What the latest checkpoint says about itself; ``None`` before the first one.

    Args:
        folder: where the checkpoints are.
        digest: of the configuration that must have made it, if that matters.

    Raises:
        DamagedFileError: a bit of its first line is wrong, or its length.
        RunFolderError: it cannot be read, or was made with another configuration.
    """
    paths = checkpoint_paths(folder)
    if not paths:
        return None
    header = _read_header(paths[-1])
    if digest is not None:
        _check_digest(paths[-1], header, digest)
    return header


def check_latest_checkpoint(folder: Path, digest: str | None = None) -> None:
    """Read all of the latest checkpoint, if there is one, to see whether it is sound.

    Args:
        folder: where the checkpoints are.
        digest: of the configuration that must have made it, if that matters.

    Raises:
        DamagedFileError: a bit of it is wrong.
        RunFolderError: it cannot be read, or was made with another configuration.
    """
    paths = checkpoint_paths(folder)
    if paths:
        header = check_checkpoint(paths[-1])
        if digest is not None:
            _check_digest(paths[-1], header, digest)


def check_checkpoint(path: Path) -> CheckpointHeader:
    """Read all of a checkpoint, to see whether it is sound.

    Raises:
        DamagedFileError: a bit of it is wrong.
        RunFolderError: it cannot be read.
    """
    facts, _ = read_sealed(path, _KIND, _FORMAT, _remedy(path))
    return _header(path, facts)


def checkpoint_identity(folder: Path) -> str:
    """Identifies the content of the latest checkpoint and the configuration that made it.

    Raises:
        DamagedFileError: a bit of its first line is wrong, or its length.
        RunFolderError: there is none, or it cannot be read.
    """
    header = _read_header(_latest(folder))
    return f"{header.digest} {header.sha256}"


def checkpoint_paths(folder: Path) -> list[Path]:
    """All checkpoints, by increasing number of steps."""
    return [path for _, path in sorted(_numbered(folder))]


def _numbered(folder: Path) -> Iterator[tuple[int, Path]]:
    for path in folder.glob("checkpoint-*.eqx"):
        match = _NAME.fullmatch(path.name)
        if match and path.name == _name(int(match[1])):
            yield int(match[1]), path


def _name(step: int) -> str:
    return f"checkpoint-{step:08d}.eqx"


def _latest(folder: Path) -> Path:
    paths = checkpoint_paths(folder)
    if not paths:
        raise RunFolderError(f"{folder}: has no checkpoint; train the run first")
    return paths[-1]


def _read_header(path: Path) -> CheckpointHeader:
    return _header(path, read_facts(path, _KIND, _FORMAT, _remedy(path)))


def _header(path: Path, facts: dict[str, Any]) -> CheckpointHeader:
    with only_sound(path, _remedy(path)):
        typed = Typed(facts)
        header = CheckpointHeader(
            step=typed.count("step"),
            spent=Spent(typed.seconds("seconds"), typed.seconds_if_known("cpu_seconds")),
            seconds_before=typed.seconds_if_known("seconds_before"),
            parameters=typed.count("parameters"),
            digest=typed.text("digest"),
            sha256=typed.text("sha256"),
        )
        if path.name != _name(header.step):
            raise Damage(f"it is of step {header.step}, whatever its name says")
    return header


def _remedy(path: Path) -> str:
    """What to do without this file."""
    earlier = [other.name for other in checkpoint_paths(path.parent) if other.name < path.name]
    then = f"goes on from {earlier[-1]}" if earlier else "begins this training anew"
    folder = path.parent.parent
    run = folder.parent if folder.name == "training" else folder
    return f"`latflow resume {run}` keeps it aside and {then}"


def _check_digest(path: Path, header: CheckpointHeader, digest: str) -> None:
    if header.digest != digest:
        raise RunFolderError(
            f"{path}: made with another [theory], [model], [training] or seed than config.toml "
            "says, or from another model of model.prior.run; restore config.toml and "
            "that run, or start a new run"
        )
