"""Small results of training in JSON, with a digest of their own and of what they come from."""

import hashlib
import json
from pathlib import Path
from typing import Any

from latflow.errors import DamagedFileError, RunFolderError
from latflow.runs.store.files._atomic import finite, write_json
from latflow.runs.store.files._reading import contents

_LARGEST = 2**20


def write_record(path: Path, content: dict[str, Any], digest: str) -> None:
    """Write a record, completely or not at all.

    Args:
        path: the file.
        content: plain values.
        digest: of the configuration that it comes from.
    """
    content = finite(content)
    write_json(path, {"content": content, "digest": digest, "sha256": _sha256(content, digest)})


def read_record(path: Path, digest: str, remedy: str) -> dict[str, Any]:
    """The content of a record.

    Args:
        path: the file.
        digest: of the configuration that it must come from.
        remedy: what to do if it is damaged.

    Raises:
        DamagedFileError: it cannot be read, is damaged, or of another configuration.
    """
    try:
        whole = json.loads(contents(path, remedy, _LARGEST))
        content, found = whole["content"], whole["digest"]
        intact = isinstance(content, dict) and whole["sha256"] == _sha256(content, found)
    except DamagedFileError:
        raise
    except (RunFolderError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise DamagedFileError(path, f"cannot be read ({type(error).__name__}); {remedy}") from None
    if not intact:
        raise DamagedFileError(path, f"damaged (its digest does not match); {remedy}")
    if found != digest:
        raise DamagedFileError(path, f"of another configuration than config.toml says; {remedy}")
    return content


def _sha256(content: Any, digest: Any) -> str:
    text = json.dumps([content, digest], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
