"""Flipping the bits of a file, one after the other."""

import os
from collections.abc import Callable, Iterable
from pathlib import Path

from latflow.errors import DamagedFileError


def flips_refused(
    path: Path, places: Iterable[tuple[int, int]], read: Callable[[], object], remedy: str
) -> int:
    """Flip one bit after the other, and back.

    Args:
        path: the file.
        places: byte and bit of each.
        read: must refuse the file.
        remedy: what the refusal must end with.

    Returns:
        how many flips there were, each of which was refused.
    """
    count = 0
    with open(path, "r+b", buffering=0) as file:
        for place, bit in places:
            sound = os.pread(file.fileno(), 1, place)
            os.pwrite(file.fileno(), bytes([sound[0] ^ 1 << bit]), place)
            try:
                read()
            except DamagedFileError as error:
                assert str(error).startswith(f"{path}: ") and str(error).endswith(remedy)
                count += 1
            else:
                raise AssertionError(f"bit {bit} of byte {place} passed")
            os.pwrite(file.fileno(), sound, place)
    read()
    return count
