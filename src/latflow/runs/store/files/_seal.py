"""A first line that says what a file holds, with a digest of everything, itself included.

A sealed file is a block of 512 bytes and a payload. The block is one line of JSON, filled up with
spaces: ``latflow``, the kind of file; ``format``, the version of its layout; facts about the
payload; its ``length`` in bytes and ``sha256``; and last the ``seal``, the SHA-256 of the line
before it. No parser sees a byte of the payload before its digest was found to be right.
"""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

from latflow.errors import DamagedFileError, RunFolderError
from latflow.runs.store.files._reading import plain_file

BLOCK = 512
"""Length of the first line, with its end: HDF5 can skip so much in front of its own data."""

_SEALED = re.compile(rb'(\{"latflow": .*), "seal": "([0-9a-f]{64})"\}')


class Damage(ValueError):
    """What is wrong with the content of a file, in a few words."""


def seal(kind: str, version: int, facts: dict[str, Any], payload: bytes | memoryview) -> bytes:
    """The first block of a file.

    Args:
        kind: of the file.
        version: of its layout.
        facts: small numbers and strings about it.
        payload: what follows the block.
    """
    fields: dict[str, Any] = {"latflow": kind, "format": version} | facts
    fields |= {"length": len(payload), "sha256": hashlib.sha256(payload).hexdigest()}
    line = json.dumps(fields).encode().removesuffix(b"}")
    line += b', "seal": "' + _digest(line) + b'"}'
    if len(line) >= BLOCK:
        raise ValueError(f"the first line of a file would have {len(line)} bytes")
    return line.ljust(BLOCK - 1) + b"\n"


def read_facts(path: Path, kind: str, version: int, remedy: str) -> dict[str, Any]:
    """What a sealed file says about itself, ``length`` and ``sha256`` included.

    The payload is not read; only its length is compared.

    Args:
        path: the file.
        kind: what it must be.
        version: of the layout that is understood.
        remedy: what to do if it is damaged.

    Raises:
        DamagedFileError: a bit of the first block is wrong, or the length of the file.
        RunFolderError: it cannot be read, or was written by another version of latflow.
    """
    with plain_file(path, remedy) as (file, size):
        block = file.read(BLOCK)
    return _checked_facts(path, block, size, kind, version, remedy)


def read_sealed(path: Path, kind: str, version: int, remedy: str) -> tuple[dict[str, Any], bytes]:
    """What a sealed file says about itself, and all of its bytes, the block included.

    Args:
        path: the file.
        kind: what it must be.
        version: of the layout that is understood.
        remedy: what to do if it is damaged.

    Raises:
        DamagedFileError: a bit of it is wrong.
        RunFolderError: it cannot be read, or was written by another version of latflow.
    """
    with plain_file(path, remedy) as (file, size):
        block = file.read(BLOCK)
        # Whether it is worth reading is known before anything large is.
        facts = _checked_facts(path, block, size, kind, version, remedy)
        file.seek(0)
        content = file.read(size)
    if hashlib.sha256(memoryview(content)[BLOCK:]).hexdigest() != facts["sha256"]:
        raise DamagedFileError(path, f"damaged (its digest does not match); {remedy}")
    return facts, content


def _checked_facts(
    path: Path, block: bytes, size: int, kind: str, version: int, remedy: str
) -> dict[str, Any]:
    try:
        facts = _facts(block)
        if facts.pop("latflow") != kind:
            raise Damage("another kind of file")
        written, length = facts.pop("format"), facts["length"]
        if not (type(written) is type(length) is int and isinstance(facts["sha256"], str)):
            raise Damage("its first line has other types")
        if written == version and size != BLOCK + length:
            raise Damage(f"{size} bytes instead of {BLOCK + length}")
    except (Damage, KeyError) as error:
        raise DamagedFileError(path, f"damaged ({error}); {remedy}") from None
    if written != version:
        age = "a newer" if written > version else "an older"
        raise RunFolderError(
            f"{path}: written by {age} latflow (format {written}, this one reads {version}); "
            "go on with that version, or start a new run"
        )
    return facts


def _facts(block: bytes) -> dict[str, Any]:
    """The content of a first block that is right to the last bit."""
    match = _SEALED.fullmatch(block.removesuffix(b"\n").rstrip(b" "))
    if len(block) != BLOCK or block[-1:] != b"\n" or match is None:
        raise Damage("its first line is none of latflow's")
    if _digest(match[1]) != match[2]:
        raise Damage("the digest of its first line does not match")
    try:
        return json.loads(match[1] + b"}")
    except (ValueError, RecursionError):
        raise Damage("its first line is no JSON") from None


def _digest(line: bytes) -> bytes:
    return hashlib.sha256(line).hexdigest().encode()
