"""A file that only one process can make, as a lock where the file system has none."""

import json
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from latflow.errors import RunFolderError
from latflow.runs.store.files._atomic import LOCK
from latflow.runs.store.files._disk import cannot_be_written

_NAME, _TAKING_OVER = f"{LOCK}-file", f"{LOCK}-file-taken-over"
_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
_LARGEST = 4096


@contextmanager
def lock_file_held(folder: Path) -> Iterator[None]:
    """Hold a folder's lock file, which says whose it is.

    One that a dead process of the same host has left behind is taken over.

    Raises:
        RunFolderError: another process holds it, or may do so; or it cannot be made.
    """
    path = folder / _NAME
    if not _made(path):
        _take_over(path)
    try:
        yield
    finally:
        # Somebody may have deleted it, and another process made it again.
        if _is_mine(_holder(path)):
            with suppress(OSError):
                path.unlink()


def _made(path: Path) -> bool:
    """Whether the file could be made by this process."""
    me = {
        "host": platform.node(),
        "process": os.getpid(),
        "since": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    try:
        descriptor = os.open(path, _FLAGS, 0o644)
    except FileExistsError:
        return False
    except OSError as error:
        raise cannot_be_written(path, error) from None
    try:
        with open(descriptor, "w", encoding="utf-8") as file:
            json.dump(me, file)
    except OSError as error:
        with suppress(OSError):
            path.unlink()
        raise cannot_be_written(path, error) from None
    return True


def _take_over(path: Path) -> None:
    """Replace the file of a dead process by one's own; one process at a time tries."""
    turn = path.with_name(_TAKING_OVER)
    if not _made(turn):
        raise _held_by(path, _holder(turn), turn)
    try:
        holder = _holder(path)
        if not _is_dead(holder):
            raise _held_by(path, holder, path)
        with suppress(FileNotFoundError):
            path.unlink()
        if not _made(path):
            raise _held_by(path, _holder(path), path)
    except OSError as error:
        raise cannot_be_written(path, error) from None
    finally:
        with suppress(OSError):
            turn.unlink()


def _holder(path: Path) -> dict[str, Any]:
    """What the file says; empty if it is not there or says nothing, as in its first moment."""
    try:
        with open(path, "rb") as file:
            content = json.loads(file.read(_LARGEST))
    except (OSError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _is_mine(holder: dict[str, Any]) -> bool:
    return (holder.get("host"), holder.get("process")) == (platform.node(), os.getpid())


def _is_dead(holder: dict[str, Any]) -> bool:
    """Whether a holder is known to have ended: only known of processes of this host."""
    process = holder.get("process")
    if os.name != "posix" or holder.get("host") != platform.node() or type(process) is not int:
        return False
    if not 0 < process < 2**31:
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    except OSError:  # it is somebody else's
        return False
    return False


def _held_by(path: Path, holder: dict[str, Any], file: Path) -> RunFolderError:
    who = f"process {holder.get('process', '?')} on {holder.get('host', 'an unknown host')}"
    return RunFolderError(
        f"{path.parent}: another process is working on this run ({who}); wait until it ends, or "
        f"delete {file} if it has ended"
    )
