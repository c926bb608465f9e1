"""One process at a time works on a run."""

import errno
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from latflow.errors import LatflowWarning, RunFolderError
from latflow.runs.store.files._atomic import LOCK
from latflow.runs.store.files._disk import cannot_be_written
from latflow.runs.store.files._lock_file import lock_file_held

try:
    import fcntl
except ImportError:  # not a POSIX system
    fcntl = None

_FLAGS = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
# What file systems without ``flock`` answer; some network file systems are so.
_NO_LOCKS = (errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the lock of a run; the system lets go of it when the process ends, however it ends.

    Where the file system has no such locks, a file that only one process can make stands for it,
    with a warning.

    Raises:
        RunFolderError: another process holds it, or the folder cannot be written to.
    """
    path = folder / LOCK
    try:
        descriptor = os.open(path, _FLAGS, 0o644)
    except OSError as error:
        raise cannot_be_written(path, error) from None
    try:
        if _lock(folder, descriptor):
            yield
        else:
            with lock_file_held(folder):
                yield
    finally:
        os.close(descriptor)


def _lock(folder: Path, descriptor: int) -> bool:
    """Lock an open file; ``False`` where the system cannot."""
    if fcntl is None:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise RunFolderError(
            f"{folder}: another process is working on this run; wait until it ends"
        ) from None
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise cannot_be_written(folder, error) from None
        warnings.warn(
            f"{folder}: its file system cannot lock files ({error.strerror}): a lock file keeps "
            "other processes out, which a killed one leaves behind",
            LatflowWarning,
            stacklevel=4,
        )
        return False
    return True
