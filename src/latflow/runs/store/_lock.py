"""One process at a time works on a run."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from latflow.errors import RunFolderError

try:
    import fcntl
except ImportError:  # not a POSIX system: there the user has to take care
    fcntl = None

LOCK = ".lock"
"""Name of the file in a run's folder that is locked."""


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the lock of a run; the system lets go of it when the process ends, however it ends.

    Raises:
        RunFolderError: another process holds it, or the folder cannot be written to.
    """
    path = folder / LOCK
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise RunFolderError(f"{folder}: cannot be written to ({error.strerror})") from None
    try:
        if fcntl is not None:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise RunFolderError(
                    f"{folder}: another process is working on this run; wait until it ends"
                ) from None
        yield
    finally:
        os.close(descriptor)
