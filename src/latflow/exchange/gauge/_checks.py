"""Checks that all formats have in common: what is claimed against what is there."""

import os
from pathlib import Path
from typing import BinaryIO

import numpy as np
from jaxtyping import Complex, Shaped

from latflow.errors import ForeignFileError
from latflow.exchange.gauge._configuration import Links, deviation_from_group

MEAN_TOLERANCE = 1e-5
"""How far a mean in a header may be from that of the links, as other programs have it: many wrote
sums of single precision, with a few digits."""

_LARGEST_DEVIATION = {"complex64": 1e-5, "complex128": 1e-10}
_LONGEST_TEXT = 200


def size_of(file: BinaryIO) -> int:
    """Bytes of an open file."""
    return os.fstat(file.fileno()).st_size


def numbers_from(
    file: BinaryIO, dtype: np.dtype, shape: tuple[int, ...]
) -> Shaped[np.ndarray, "..."]:
    """Numbers from where an open file stands; that they are there was checked before."""
    count = int(np.prod([int(extent) for extent in shape], dtype=object))
    return np.fromfile(file, dtype, count).reshape(shape)


def check_finite(path: Path, links: Links) -> None:
    """Refuse links that are no numbers.

    Raises:
        ForeignFileError: there are NaN or infinite entries.
    """
    if not np.isfinite(links).all():
        raise ForeignFileError(path, "holds links that are not finite; get the file again")


def check_mean(path: Path, name: str, claimed: float, found: float) -> None:
    """Refuse a mean that the links do not have.

    Raises:
        ForeignFileError: they differ by more than :data:`MEAN_TOLERANCE`.
    """
    if not abs(claimed - found) <= MEAN_TOLERANCE:
        raise ForeignFileError(
            path,
            f"the {name} of its links is {found:.10g}, its header says {claimed:.10g}: damaged, or "
            "written with other conventions; get the file again",
        )


def check_links(path: Path, links: Complex[np.ndarray, "..."]) -> None:
    """Refuse to write what is no gauge configuration.

    Raises:
        ForeignFileError: the array has another shape, or entries that are no matrices of SU(N).
    """
    if links.ndim != 7 or links.shape[0] != links.shape[1] or links.shape[2] != 4:
        raise ForeignFileError(
            path, f"not written: links have the shape (N, N, 4, Lx, Ly, Lz, Lt), got {links.shape}"
        )
    if not np.isfinite(links).all():
        raise ForeignFileError(path, "not written: the links are not finite")
    deviation = deviation_from_group(links)
    if deviation > _LARGEST_DEVIATION[links.dtype.name]:
        raise ForeignFileError(
            path,
            f"not written: the links are not in SU({links.shape[0]}), by {deviation:.1e}; "
            "project them first (SULinks.project)",
        )


def printable(text: str) -> str:
    """A stranger's text that no terminal takes for a command, and not more than some of it."""
    clean = "".join(letter if letter.isprintable() else "?" for letter in text.strip())
    return clean if len(clean) <= _LONGEST_TEXT else clean[:_LONGEST_TEXT] + "…"


def check_free(path: Path) -> None:
    """Refuse to write over a file, or into a folder that is not there.

    Raises:
        ForeignFileError: so it is.
    """
    if path.exists():
        raise ForeignFileError(path, "is there already; delete it, or choose another --out")
    if not path.parent.is_dir():
        raise ForeignFileError(path, "its folder is not there; make it first")
