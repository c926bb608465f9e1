"""Working on a run: one process at a time, and a record of what it did."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from latflow.runs.store import RunFolder
from latflow.runs.store import session as record_session

_held: ContextVar[frozenset[Path]] = ContextVar("held", default=frozenset())


@contextmanager
def session(folder: RunFolder, command: str) -> Iterator[None]:
    """Hold the lock of a run, and record who did what, when, and how it ended.

    A step inside of another one, or of a session of the command line, belongs to that.

    Args:
        folder: the run.
        command: what was typed, or called.

    Raises:
        RunFolderError: another process is working on the run, or it cannot be written to.
    """
    place = folder.path.resolve()
    if place in _held.get():
        yield
        return
    with record_session(folder, command):
        token = _held.set(_held.get() | {place})
        try:
            yield
        finally:
            _held.reset(token)
