"""The last resort: an exception that nobody expected becomes a file and one line."""

import os
import platform
import shlex
import sys
import tempfile
import traceback
from contextvars import ContextVar
from pathlib import Path

import latflow
from latflow.errors import one_line, shown

_MOST_FILES = 1000
_folder: ContextVar[Path | None] = ContextVar("folder that is worked in", default=None)


def working_in(folder: Path) -> None:
    """From now on, reports of crashes go to this folder."""
    _folder.set(folder)


def crash_line(error: BaseException) -> str:
    """What to tell the user, after writing down where it happened."""
    words = shown(error, 300)
    what = f"{type(error).__name__}: {words}" if words else type(error).__name__
    path = _write(error)
    where = (
        f"the traceback is in {one_line(str(path))}" if path else "there is no place to tell where"
    )
    return f"{what}; this is a mistake in latflow or in a library below it, and {where}"


def _write(error: BaseException) -> Path | None:
    """The file with the traceback; ``None`` where nothing can be written."""
    text = "\n".join(
        (
            f"latflow {latflow.__version__}, Python {platform.python_version()}, "
            f"{platform.platform()}",
            shlex.join(sys.argv),
            "",
            "".join(traceback.format_exception(error)),
        )
    )
    for folder in (_folder.get(), Path(tempfile.gettempdir())):
        if folder is not None:
            path = _write_in(folder, text)
            if path is not None:
                return path
    return None


def _write_in(folder: Path, text: str) -> Path | None:
    name = "crash" if folder == _folder.get() else f"latflow-crash-{os.getpid()}"
    for number in range(1, _MOST_FILES):
        path = folder / f"{name}-{number}.txt"
        try:
            with path.open("x", encoding="utf-8", errors="backslashreplace") as file:
                file.write(text)
            return path
        except FileExistsError:
            continue
        except OSError:
            return None
    return None
