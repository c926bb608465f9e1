"""Folders inside of a run: no link leads what is written into them anywhere else."""

import os
import stat
from pathlib import Path

from latflow.errors import RunFolderError
from latflow.runs.store.files._disk import cannot_be_written, flush_folder


def make_folder_inside(root: Path, path: Path) -> Path:
    """Make a folder below another one, unless it is there, with all between them.

    Args:
        root: where the run lies; it may be reached through links.
        path: below it.

    Returns:
        the path.

    Raises:
        RunFolderError: something on the way is a link or no folder, or cannot be made.
    """
    place = root
    try:
        for part in path.relative_to(root).parts:
            place = place / part
            if part == os.pardir:
                raise RunFolderError(f"{path}: not inside of {root}")
            try:
                mode = os.lstat(place).st_mode
            except FileNotFoundError:
                os.mkdir(place)
                flush_folder(place.parent)
                continue
            if stat.S_ISLNK(mode):
                raise RunFolderError(
                    f"{place}: a link, which nothing is written through; put the folder itself "
                    "there, or move the whole run and link to that"
                )
            if not stat.S_ISDIR(mode):
                raise RunFolderError(f"{place}: a file is in the way; move it")
    except OSError as error:
        raise cannot_be_written(place, error) from None
    return path
