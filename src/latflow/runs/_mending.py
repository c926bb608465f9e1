"""What a step does about a damaged file: keep it aside and make it again, or refuse."""

import warnings
from collections.abc import Callable, Iterable
from pathlib import Path

from latflow.errors import DamagedFileError, LatflowWarning
from latflow.runs.store import mend, set_aside

Damaged = Callable[[DamagedFileError], None]


def keep_aside(then: str, strict: bool) -> Damaged:
    """What to do with damaged files that can be made again.

    Args:
        then: how the run gets on without them, such as "it is drawn again".
        strict: refuse instead.

    Returns:
        a function of the error about a file, which raises it again where it is strict.
    """

    def damaged(error: DamagedFileError) -> None:
        if strict:
            raise error
        mend(error.path, then)

    return damaged


def keep_all_aside(paths: Iterable[Path], why: str) -> None:
    """Keep sound files aside that what was made again does not lead to, with one warning.

    Args:
        paths: the files.
        why: the reason, and what happens then.
    """
    kept = [f"{path} as {set_aside(path).name}" for path in paths]
    warnings.warn(f"kept {', '.join(kept)}: {why}", LatflowWarning, stacklevel=2)
