"""Warnings on the terminal: one line each on standard error."""

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from latflow.errors import LatflowWarning


@contextmanager
def one_line_warnings() -> Iterator[None]:
    """Inside the block, every :class:`~latflow.errors.LatflowWarning` is one line, also in quiet.

    Other warnings are shown as Python does.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("always", LatflowWarning)
        others = warnings.showwarning

        def show(message, category, filename, lineno, file=None, line=None) -> None:
            if not issubclass(category, LatflowWarning):
                others(message, category, filename, lineno, file, line)
            elif (stream := file or sys.stderr) is not None:
                print(f"latflow: warning: {' '.join(str(message).split())}", file=stream)

        warnings.showwarning = show
        yield
