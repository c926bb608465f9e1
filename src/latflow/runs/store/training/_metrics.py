"""Training metrics on disk: one JSON object per line and step, with a checksum at its end."""

import json
import os
import re
import warnings
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Shaped

from latflow.errors import LatflowWarning, RunFolderError
from latflow.runs.store.files import cannot_be_written, contents, finite, mend, write_bytes

Metrics = dict[str, Shaped[np.ndarray, " steps"]]

_BEGINS = b'{"step": '
_LINE = re.compile(rb'(\{"step": .*), "crc32": "([0-9a-f]{8})"\}')
_FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)


class _Lines(NamedTuple):
    """The lines of a file that are sound, what they hold, and how many others there are."""

    sound: list[bytes]
    entries: list[dict[str, Any]]
    damaged: int


def append_metrics(path: Path, first_step: int, metrics: Metrics) -> None:
    """Add a line for every step; steps count from one, the first one done is step 1.

    Raises:
        RunFolderError: they cannot be written; the file is then as it was before.
    """
    names = list(metrics)
    columns = [metrics[name].tolist() for name in names]
    rows = enumerate(zip(*columns, strict=True), start=1)
    entries = [{"step": first_step + i} | dict(zip(names, row, strict=True)) for i, row in rows]
    try:
        descriptor = os.open(path, _FLAGS, 0o644)
        with open(descriptor, "ab", buffering=0) as file:
            before = os.fstat(descriptor).st_size
            try:
                text = b"".join(map(_line, entries))
                while text:  # a disk may take a part of it
                    text = text[file.write(text) :]
                os.fsync(descriptor)
            except OSError:
                with suppress(OSError):
                    file.truncate(before)
                raise
    except OSError as error:
        raise cannot_be_written(path, error) from None


def truncate_metrics(path: Path, last_step: int) -> None:
    """Forget the steps after ``last_step``: they will be done again.

    A damaged file is kept aside, with a warning; the lines of it that are sound stay.

    Raises:
        RunFolderError: it cannot be read, or not be written.
    """
    if not os.path.lexists(path):
        return
    try:
        lines = _read(path)
    except RunFolderError:
        mend(path, "the training curves begin here")
        return
    if lines.damaged:
        mend(path, "the steps of training that can still be read stay in its place")
    steps = [entry["step"] for entry in lines.entries]
    kept = [line for line, step in zip(lines.sound, steps, strict=True) if step <= last_step]
    write_bytes(path, *kept)


def read_metrics(path: Path) -> Metrics:
    """All metrics by name, ``step`` among them; NaN where a number was not finite.

    Steps whose line is damaged are left out, with a warning: metrics are for looking at.

    Raises:
        RunFolderError: the file cannot be read.
    """
    if not os.path.lexists(path):
        return {}
    try:
        lines = _read(path)
    except RunFolderError as error:
        warnings.warn(f"{error}", LatflowWarning, stacklevel=2)
        return {}
    if lines.damaged:
        text = f"{path}: {lines.damaged} lines are damaged; these steps are left out"
        warnings.warn(text, LatflowWarning, stacklevel=2)
    names = lines.entries[0] if lines.entries else {}
    return {
        name: np.array([np.nan if e.get(name) is None else e[name] for e in lines.entries])
        for name in names
    }


def _line(entry: dict[str, Any]) -> bytes:
    text = json.dumps(finite(entry)).encode().removesuffix(b"}")
    return text + b', "crc32": "' + _checksum(text) + b'"}\n'


def _checksum(text: bytes) -> bytes:
    return f"{zlib.crc32(text):08x}".encode()


def _read(path: Path) -> _Lines:
    content = contents(path, "its training curves are not shown")
    whole, _, last = content.rpartition(b"\n")
    # A line that a crash has cut short is no damage.
    sound, entries, damaged = [], [], int(not _BEGINS.startswith(last[: len(_BEGINS)]))
    for line in whole.split(b"\n") if whole else ():
        entry = _sound(line)
        if entry is None or (entries and entry["step"] <= entries[-1]["step"]):
            damaged += 1
            continue
        sound.append(line + b"\n")
        entries.append(entry)
    return _Lines(sound, entries, damaged)


def _sound(line: bytes) -> dict[str, Any] | None:
    """What a line holds, if it is what was written."""
    match = _LINE.fullmatch(line)
    if match is None or _checksum(match[1]) != match[2]:
        return None
    with suppress(ValueError, RecursionError):
        entry = json.loads(match[1] + b"}")
        if type(entry.get("step")) is int and all(
            value is None or type(value) in (int, float) for value in entry.values()
        ):
            return entry
    return None
