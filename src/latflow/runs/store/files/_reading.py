"""Reading a file that a stranger may have made: only a plain file, and no more than it is long."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from latflow.errors import DamagedFileError, RunFolderError

# So that a pipe without a writer does not make us wait, nor a terminal become ours.
_FLAGS = os.O_RDONLY | sum(
    getattr(os, name, 0) for name in ("O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC", "O_BINARY")
)


def contents(path: Path, remedy: str, longest: int = 2**40) -> bytes:
    """Everything in a file.

    Args:
        path: the file.
        remedy: what to do if it is damaged.
        longest: bytes that it may have.

    Raises:
        DamagedFileError: it is a folder, a device, a pipe, or a link to nowhere, or too long.
        RunFolderError: it is not there, or the system does not let us read it.
    """
    with plain_file(path, remedy) as (file, size):
        if size > longest:
            raise DamagedFileError(path, f"{size} bytes are too many; {remedy}")
        return file.read(size)


@contextmanager
def plain_file(path: Path, remedy: str) -> Iterator[tuple[BinaryIO, int]]:
    """A file opened for reading, and its length in bytes.

    Args:
        path: the file.
        remedy: what to do if it is damaged.

    Raises:
        DamagedFileError: it is a folder, a device, a pipe, or a link to nowhere.
        RunFolderError: it is not there, or the system does not let us read it.
    """
    try:
        descriptor = os.open(path, _FLAGS)
    except OSError as error:
        reason = error.strerror or error
        if path.is_symlink() and not os.access(path, os.F_OK):
            raise DamagedFileError(path, f"a link to nowhere ({reason}); {remedy}") from None
        if error.errno in (errno.EACCES, errno.EPERM):
            remedy = "make it readable"
        raise RunFolderError(f"{path}: cannot be read ({reason}); {remedy}") from None
    about = os.fstat(descriptor)
    if not stat.S_ISREG(about.st_mode):
        os.close(descriptor)
        raise DamagedFileError(path, f"is no file that can be read; {remedy}")
    with open(descriptor, "rb") as file:
        try:
            yield file, about.st_size
        except OSError as error:
            reason = error.strerror or error
            raise RunFolderError(f"{path}: cannot be read ({reason}); {remedy}") from None
        except MemoryError:
            raise RunFolderError(f"{path}: does not fit into memory; {remedy}") from None
