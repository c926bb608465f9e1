"""Files that appear whole or not at all: written aside, flushed to disk, then renamed."""

import json
import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from latflow.runs.store._disk import flush_folder

_ASIDE = ".aside"


@contextmanager
def written_aside(path: Path) -> Iterator[Path]:
    """A path to write to, which becomes ``path`` when the block ends without an exception.

    After a crash at any moment ``path`` is either what it was before or complete.
    """
    aside = path.with_name(f".{path.name}.{os.getpid()}{_ASIDE}")
    try:
        yield aside
        with open(aside, "rb") as file:
            os.fsync(file.fileno())
        os.replace(aside, path)
    finally:
        aside.unlink(missing_ok=True)
    flush_folder(path.parent)


def write_bytes(path: Path, *parts: bytes) -> None:
    """Write a file of the parts one after the other."""
    with written_aside(path) as aside, open(aside, "wb") as file:
        for part in parts:
            file.write(part)


def write_text(path: Path, text: str) -> None:
    """Write a text file in UTF-8."""
    write_bytes(path, text.encode())


def write_json(path: Path, content: Any) -> None:
    """Write readable, valid JSON: numbers that are not finite become ``null``."""
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
    """Whether this is what a killed process had written aside."""
    return path.name.startswith(".") and path.name.endswith(_ASIDE)


def remove_leftovers(folder: Path) -> None:
    """Delete what a killed process had written aside anywhere below a folder."""
    for path in folder.rglob(f".*{_ASIDE}"):
        path.unlink(missing_ok=True)
