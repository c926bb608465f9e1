"""Standard streams that may be closed, full, read by nobody, or unable to write every letter."""

import codecs
import logging
import os
import sys
import warnings
from contextlib import suppress
from pathlib import Path
from typing import TextIO

import latflow
from latflow.cli._letters import writable
from latflow.errors import LatflowWarning, one_line

_HANDLER = "latflow.writable"


def prepare_streams() -> None:
    """Make the standard streams of this process fit to be written to, whatever they are.

    Closed ones lead nowhere: otherwise the next file to be opened would take their number, and
    be printed into. Letters that a stream does not have are written in others, and names of
    files that are no text as the bytes that they are. Warnings of libraries are not for users.
    """
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            # The lowest number that is free, which is this one.
            os.open(os.devnull, os.O_RDONLY if descriptor == 0 else os.O_WRONLY)
    sys.stdin = sys.stdin or open(os.devnull, encoding="utf-8")  # noqa: SIM115
    sys.stdout = sys.stdout or open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = sys.stderr or open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    codecs.register_error(_HANDLER, _written_otherwise)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=_HANDLER)  # pyright: ignore[reportAttributeAccessIssue]
    if not sys.warnoptions:
        warnings.showwarning = _show_warning
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    # Figures go into files only.
    os.environ["MPLBACKEND"] = "agg"


def tell(text: str) -> None:
    """A line on standard error, if anybody is there to read it."""
    with suppress(OSError, ValueError):
        print(text, file=sys.stderr, flush=True)


def flush_output() -> str:
    """Write out what is still held back.

    Returns:
        What is wrong with standard output; empty if nothing is, or if its reader has gone.
    """
    problem = ""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _discard(sys.stdout)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        problem = f"standard output cannot be written to ({reason})"
        _discard(sys.stdout)
    try:
        sys.stderr.flush()
    except (OSError, ValueError):
        _discard(sys.stderr)
    return problem


def discard_output() -> None:
    """Standard output leads nowhere from now on: whoever read it has gone."""
    _discard(sys.stdout)


def _discard(stream: TextIO) -> None:
    """Keep Python from complaining when it flushes the stream at the end."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
        stream.flush()


def _written_otherwise(error: UnicodeError) -> tuple[str | bytes, int]:
    """What to write in place of letters that an encoding does not have."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    letters = error.object[error.start : error.end]
    first = letters[0]
    if "\udc80" <= first <= "\udcff":
        # A byte of a file's name that is no text: written as it is.
        return first.encode("ascii", "surrogateescape"), error.start + 1
    text = writable(letters, error.encoding).encode("ascii", "replace").decode()
    return text, error.end


def _show_warning(message, category, filename, lineno, file=None, line=None) -> None:
    """One line for warnings of latflow's own; those of other libraries are not for users."""
    own = str(Path(latflow.__file__).parent)
    if issubclass(category, LatflowWarning) or filename.startswith(own):
        tell(f"latflow: warning: {one_line(str(message))}")
