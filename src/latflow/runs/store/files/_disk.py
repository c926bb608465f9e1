"""What a disk may refuse: in one line, with the file, the reason and what to do about it."""

import errno
import os
from pathlib import Path

from latflow.errors import RunFolderError

_FULL = "free some space, then resume: everything finished before is kept"
_CLOSED = "make it writable, give another place with --out, or work on a copy"
_REMEDIES = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EFBIG: "raise the limit on the size of files (ulimit -f), then resume",
    errno.EROFS: _CLOSED,
    errno.EACCES: _CLOSED,
    errno.EPERM: _CLOSED,
    errno.EISDIR: "a folder is in the way: move it",
    errno.ENOTDIR: "a file is in the way: move it",
    errno.ELOOP: "a link is in the way: move it",
    errno.EMFILE: "raise the limit on open files (ulimit -n), then resume",
}
_OTHERWISE = "check the disk, then resume: everything finished before is kept"
# File systems on which a folder cannot be flushed, or not be opened for that.
_NOT_FLUSHED = (errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EBADF,
                errno.EACCES, errno.EISDIR, errno.EPERM)  # fmt: skip


def cannot_be_written(path: Path, error: OSError) -> RunFolderError:
    """The error to raise when a file or folder could not be written."""
    remedy = _REMEDIES.get(error.errno or 0, _OTHERWISE)
    return RunFolderError(f"{path}: cannot be written to ({error.strerror or error}); {remedy}")


def flush_folder(folder: Path) -> None:
    """Make renames and new files in a folder durable, where the file system can.

    Raises:
        RunFolderError: it should, but failed.
    """
    if os.name != "posix":
        return
    try:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        if error.errno not in _NOT_FLUSHED:
            raise cannot_be_written(folder, error) from None
