"""What becomes of a damaged file: it is kept, under another name, and somebody is told."""

import os
import warnings
from pathlib import Path

from latflow.errors import LatflowWarning
from latflow.runs.store.files._disk import cannot_be_written, flush_folder


def set_aside(path: Path) -> Path:
    """Rename a file, folder or link to ``NAME.damaged-N``, the first such name that is free.

    The lock of the run must be held. Nothing is deleted, and links are not followed.

    Returns:
        where it is now.

    Raises:
        RunFolderError: it cannot be renamed.
    """
    number = 1
    while os.path.lexists(aside := path.with_name(f"{path.name}.damaged-{number}")):
        number += 1
    try:
        os.rename(path, aside)
    except OSError as error:
        raise cannot_be_written(path, error) from None
    flush_folder(path.parent)
    return aside


def mend(path: Path, then: str) -> Path:
    """Set a damaged file aside, and warn of it in one line.

    Args:
        path: the file.
        then: how the run gets on without it, such as "the segment is drawn again".

    Returns:
        where it is now.
    """
    aside = set_aside(path)
    warnings.warn(f"{path}: damaged; kept as {aside.name}; {then}", LatflowWarning, stacklevel=2)
    return aside
