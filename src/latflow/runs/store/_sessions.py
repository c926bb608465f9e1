"""The record of the sessions of a run, as a file: for people, and never in the way of a run."""

import json
import os
import warnings
from pathlib import Path
from typing import Any

from latflow.errors import DamagedFileError, LatflowWarning, RunFolderError
from latflow.runs.store.files import contents, mend

PROVENANCE_FILE = "provenance.json"

_LARGEST = 2**26


def sessions_to_continue(path: Path) -> list[dict[str, Any]]:
    """The sessions so far; a file that cannot be read is kept aside, with a warning.

    Raises:
        RunFolderError: it cannot be set aside.
    """
    if not os.path.lexists(path):
        return []
    try:
        return _read(path)["sessions"]
    except RunFolderError:
        mend(path, "the record of sessions begins anew")
        return []


def read_provenance(path: Path) -> dict[str, Any]:
    """``seed`` and ``sessions``; empty, with a warning, if it was damaged; empty if it was lost."""
    if not os.path.lexists(path):
        return {}
    try:
        return _read(path)
    except RunFolderError as error:
        warnings.warn(f"{error}", LatflowWarning, stacklevel=2)
        return {}


def _read(path: Path) -> dict[str, Any]:
    remedy = "the record of earlier sessions is lost"
    text = contents(path, remedy, _LARGEST)
    try:
        content = json.loads(text.decode("utf-8"))
        sessions = content["sessions"]
        sound = all(isinstance(session, dict) for session in sessions)
        seed = content["seed"]
        if not sound or type(seed) is not int or not isinstance(sessions, list):
            raise TypeError
    except (ValueError, KeyError, TypeError, RecursionError):
        raise DamagedFileError(path, f"damaged; {remedy}") from None
    return {"seed": seed, "sessions": sessions}
