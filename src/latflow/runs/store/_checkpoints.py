"""Training checkpoints: everything to go on from, in one file with a readable first line."""

import hashlib
import io
import json
import re
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import equinox as eqx
import jax

from latflow.errors import RunFolderError
from latflow.not_trained import parameters_of
from latflow.runs.store._atomic import write_bytes
from latflow.training import TrainingState

_NAME = re.compile(r"checkpoint-(\d+)\.eqx")
_FORMAT = 2
_KEPT = 2


@dataclass(frozen=True)
class Checkpoint:
    """A state of training.

    Attributes:
        state: model, optimiser and step.
        step: optimiser steps done.
        seconds: time spent on them, over all sessions.
    """

    state: TrainingState
    step: int
    seconds: float


@dataclass(frozen=True)
class CheckpointHeader:
    """The first line of a checkpoint: what one may want to know without the state itself.

    Attributes:
        step: optimiser steps done.
        seconds: time spent on them, over all sessions.
        parameters: trainable numbers of the model.
        digest: of the configuration that made it.
        sha256: of the state.
    """

    step: int
    seconds: float
    parameters: int
    digest: str
    sha256: str


def write_checkpoint(folder: Path, checkpoint: Checkpoint, digest: str) -> None:
    """Write a checkpoint and delete all but the last two.

    The first line is a :class:`CheckpointHeader` as JSON; what follows are the leaves of the state
    as NumPy arrays.
    """
    buffer = io.BytesIO()
    eqx.tree_serialise_leaves(buffer, checkpoint.state)
    payload = buffer.getvalue()
    trainable, _ = parameters_of(checkpoint.state.model)
    header = CheckpointHeader(
        step=checkpoint.step,
        seconds=checkpoint.seconds,
        parameters=sum(leaf.size for leaf in jax.tree.leaves(trainable)),
        digest=digest,
        sha256=hashlib.sha256(payload).hexdigest(),
    )
    line = json.dumps({"format": _FORMAT} | asdict(header)).encode() + b"\n"
    write_bytes(folder / f"checkpoint-{checkpoint.step:08d}.eqx", line, payload)
    for path in checkpoint_paths(folder)[:-_KEPT]:
        path.unlink(missing_ok=True)


def latest_checkpoint(folder: Path, like: TrainingState, digest: str) -> Checkpoint:
    """The checkpoint with the most steps.

    Args:
        folder: where the checkpoints are.
        like: a state of the same structure.
        digest: of the configuration that must have made it.

    Raises:
        RunFolderError: there is none, it is damaged, or was made with another configuration.
    """
    path = _latest(folder)
    with open(path, "rb") as file:
        header, payload = _header(path, file.readline()), file.read()
    if header.sha256 != hashlib.sha256(payload).hexdigest():
        raise _damaged(path)
    _check_digest(path, header, digest)
    try:
        state = eqx.tree_deserialise_leaves(io.BytesIO(payload), like)
    except Exception as error:
        raise RunFolderError(
            f"{path}: does not fit this version of latflow ({type(error).__name__}); "
            "start a new run"
        ) from None
    return Checkpoint(state, header.step, header.seconds)


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
        RunFolderError: its first line is damaged, or it was made with another configuration.
    """
    paths = checkpoint_paths(folder)
    if not paths:
        return None
    with open(paths[-1], "rb") as file:
        header = _header(paths[-1], file.readline())
    if digest is not None:
        _check_digest(paths[-1], header, digest)
    return header


def checkpoint_identity(folder: Path) -> str:
    """Identifies the content of the latest checkpoint and the configuration that made it.

    Raises:
        RunFolderError: there is none, or its first line is damaged.
    """
    with open(path := _latest(folder), "rb") as file:
        header = _header(path, file.readline())
    return f"{header.digest} {header.sha256}"


def _latest(folder: Path) -> Path:
    paths = checkpoint_paths(folder)
    if not paths:
        raise RunFolderError(f"{folder}: has no checkpoint; train the run first")
    return paths[-1]


def checkpoint_paths(folder: Path) -> list[Path]:
    """All checkpoints, by increasing number of steps."""
    found = ((_NAME.fullmatch(path.name), path) for path in folder.glob("checkpoint-*.eqx"))
    return [path for _, path in sorted((int(match[1]), path) for match, path in found if match)]


def _header(path: Path, line: bytes) -> CheckpointHeader:
    try:
        content = json.loads(line)
        version = content["format"]
    except (ValueError, KeyError, TypeError):
        raise _damaged(path) from None
    if version != _FORMAT:
        age = "a newer" if version > _FORMAT else "an older"
        raise RunFolderError(
            f"{path}: written by {age} latflow (format {version}, this one reads {_FORMAT}); "
            "go on with that version, or start a new run"
        )
    try:
        return CheckpointHeader(
            **{field.name: content[field.name] for field in fields(CheckpointHeader)}
        )
    except KeyError:
        raise _damaged(path) from None


def _damaged(path: Path) -> RunFolderError:
    earlier = checkpoint_paths(path.parent)[:-1]
    then = f"the run then goes on from {earlier[-1].name}" if earlier else "training restarts"
    return RunFolderError(f"{path}: damaged; delete it, {then}")


def _check_digest(path: Path, header: CheckpointHeader, digest: str) -> None:
    if header.digest != digest:
        raise RunFolderError(
            f"{path}: made with another [theory], [model], [training] or seed than config.toml "
            "says, or from another model of model.prior.run; restore config.toml and "
            "that run, or start a new run"
        )
