"""Files that appear whole or not at all: written aside, flushed to disk, then renamed."""

import json
import math
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from latflow.runs.store.files._disk import cannot_be_written, flush_folder

LOCK = ".lock"
"""Name of the file in a run's folder that is locked; others for that begin with it."""

_ASIDE = ".aside"
_NO_LINKS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


@contextmanager
def written_aside(path: Path) -> Iterator[Path]:
    """A path to write to, which becomes ``path`` when the block ends without an exception.

    After a crash at any moment ``path`` is either what it was before or complete. A link is
    replaced, not followed.

    Raises:
        RunFolderError: it cannot be written: disk full, read-only, a limit on the size of files.
    """
    aside = path.with_name(f".{path.name}.{os.getpid()}{_ASIDE}")
    try:
        try:
            aside.unlink(missing_ok=True)
            yield aside
            with open(aside, "rb") as file:
                os.fsync(file.fileno())
            os.replace(aside, path)
        finally:
            with suppress(OSError):  # what went wrong before is worth more
                aside.unlink(missing_ok=True)
    except OSError as error:
        raise cannot_be_written(path, error) from None
    flush_folder(path.parent)


def write_bytes(path: Path, *parts: bytes | memoryview) -> None:
    """Write a file of the parts one after the other.

    Raises:
        RunFolderError: it cannot be written.
    """
    with written_aside(path) as aside:
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_LINKS, 0o666)
        with open(descriptor, "wb") as file:
            for part in parts:
                file.write(part)


def write_text(path: Path, text: str) -> None:
    """Write a text file in UTF-8.

    Raises:
        RunFolderError: it cannot be written.
    """
    write_bytes(path, text.encode())


def write_json(path: Path, content: Any) -> None:
    """Write readable, valid JSON: numbers that are not finite become ``null``.

    Raises:
        RunFolderError: it cannot be written.
    """
    write_text(path, to_json(content) + "\n")


def to_json(content: Any) -> str:
    """Readable, valid JSON: numbers that are not finite become ``null``."""
    return json.dumps(finite(content), indent=2, ensure_ascii=False, allow_nan=False)


def finite(content: Any) -> Any:
    """The same content with ``None`` for every number that is not finite."""
    if isinstance(content, dict):
        return {key: finite(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [finite(value) for value in content]
    if isinstance(content, float) and not math.isfinite(content):
        return None
    return content


def is_leftover(path: Path) -> bool:
    """Whether a process has left this behind that nobody misses: written aside, or to lock."""
    aside = path.name.startswith(".") and path.name.endswith(_ASIDE)
    return aside or path.name.startswith(LOCK)


def remove_leftovers(folder: Path) -> None:
    """Delete what a killed process had written aside anywhere below a folder; links stay links."""
    for path in folder.rglob(f".*{_ASIDE}"):
        with suppress(OSError):  # they are in nobody's way
            path.unlink(missing_ok=True)
