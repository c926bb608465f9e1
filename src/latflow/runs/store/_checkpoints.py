"""Training checkpoints: everything to go on from, in one file with a readable first line."""

import hashlib
import io
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import equinox as eqx

from latflow.errors import RunFolderError
from latflow.runs.store._atomic import write_bytes
from latflow.training import TrainingState

_NAME = re.compile(r"checkpoint-(\d+)\.eqx")
_FORMAT = 1
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


def write_checkpoint(folder: Path, checkpoint: Checkpoint, digest: str) -> None:
    """Write a checkpoint and delete all but the last two.

    The first line is JSON with the step, the seconds, the digest of the configuration and the
    SHA-256 of what follows: the leaves of the state as NumPy arrays.
    """
    buffer = io.BytesIO()
    eqx.tree_serialise_leaves(buffer, checkpoint.state)
    payload = buffer.getvalue()
    header = {
        "format": _FORMAT,
        "step": checkpoint.step,
        "seconds": checkpoint.seconds,
        "digest": digest,
        "sha256": hashlib.sha256(payload).hexdigest(),
    }
    line = json.dumps(header).encode() + b"\n"
    write_bytes(folder / f"checkpoint-{checkpoint.step:08d}.eqx", line, payload)
    for path in checkpoint_paths(folder)[:-_KEPT]:
        path.unlink(missing_ok=True)


def latest_checkpoint(folder: Path, like: TrainingState, digest: str) -> Checkpoint | None:
    """The checkpoint with the most steps, or ``None`` before the first one.

    Args:
        folder: where the checkpoints are.
        like: a state of the same structure.
        digest: of the configuration that must have made it.

    Raises:
        RunFolderError: the file is damaged, or was made with another configuration.
    """
    paths = checkpoint_paths(folder)
    if not paths:
        return None
    path = paths[-1]
    header, payload = _read(path)
    if header["digest"] != digest:
        raise RunFolderError(
            f"{path}: made with another [theory], [model], [training] or seed than config.toml "
            "says, or from another model of model.prior.run; restore config.toml and "
            "that run, or start a new run"
        )
    try:
        state = eqx.tree_deserialise_leaves(io.BytesIO(payload), like)
    except Exception as error:
        raise RunFolderError(
            f"{path}: does not fit this version of latflow ({type(error).__name__}); "
            "start a new run"
        ) from None
    return Checkpoint(state, header["step"], header["seconds"])


def steps_saved(folder: Path) -> int:
    """Steps of the latest checkpoint; -1 before the first one."""
    paths = checkpoint_paths(folder)
    match = _NAME.fullmatch(paths[-1].name) if paths else None
    return int(match[1]) if match else -1


def checkpoint_identity(folder: Path) -> str:
    """Identifies the content of the latest checkpoint and the configuration that made it.

    Raises:
        RunFolderError: there is none, or it is damaged.
    """
    paths = checkpoint_paths(folder)
    if not paths:
        raise RunFolderError(f"{folder}: has no checkpoint; train the run first")
    header, _ = _read(paths[-1])
    return f"{header['digest']} {header['sha256']}"


def checkpoint_paths(folder: Path) -> list[Path]:
    """All checkpoints, by increasing number of steps."""
    found = ((_NAME.fullmatch(path.name), path) for path in folder.glob("checkpoint-*.eqx"))
    return [path for _, path in sorted((int(match[1]), path) for match, path in found if match)]


def _read(path: Path) -> tuple[dict[str, Any], bytes]:
    line, _, payload = path.read_bytes().partition(b"\n")
    try:
        header = json.loads(line)
        intact = header["sha256"] == hashlib.sha256(payload).hexdigest()
    except (ValueError, KeyError, TypeError):
        intact, header = False, {}
    if not intact:
        earlier = checkpoint_paths(path.parent)[:-1]
        then = f"the run then goes on from {earlier[-1].name}" if earlier else "training restarts"
        raise RunFolderError(f"{path}: damaged; delete it, {then}")
    if header.get("format") != _FORMAT:
        raise RunFolderError(f"{path}: written by a newer latflow; update latflow to go on")
    return header, payload
