"""The header of a NERSC archive file: lines ``KEY = VALUE`` between two marks."""

import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from latflow.errors import ForeignFileError
from latflow.exchange.gauge._checks import printable

BEGIN, END = b"BEGIN_HEADER", b"END_HEADER"
_LONGEST = 65536
_ROWS = {"4D_SU3_GAUGE": 2, "4D_SU3_GAUGE_3X3": 3}
_NUMBERS = {
    "IEEE32": ">c8",
    "IEEE32BIG": ">c8",
    "IEEE32LITTLE": "<c8",
    "IEEE64": ">c16",
    "IEEE64BIG": ">c16",
    "IEEE64LITTLE": "<c16",
}


@dataclass(frozen=True)
class NerscHeader:
    """What a NERSC header says.

    Attributes:
        rows: stored of each matrix, 2 or 3.
        dtype: of the complex numbers, with the file's byte order.
        shape: (Lx, Ly, Lz, Lt).
        checksum: the sum of all 32-bit words modulo 2^32.
        plaquette, link_trace: means of Re tr P / 3 and Re tr U / 3.
        facts: everything, as text.
        size: bytes from the beginning of the file to the first number.
    """

    rows: int
    dtype: np.dtype
    shape: tuple[int, int, int, int]
    checksum: int
    plaquette: float
    link_trace: float
    facts: dict[str, str]
    size: int

    @property
    def data_size(self) -> int:
        """Bytes of the numbers."""
        return math.prod(self.shape) * 4 * self.rows * 3 * self.dtype.itemsize


def read_header(path: Path, file: BinaryIO) -> NerscHeader:
    """The header of an open file.

    Raises:
        ForeignFileError: it has none, or one that says something impossible.
    """
    start = file.read(_LONGEST)
    end = re.search(rb"^END_HEADER[ \t\r]*\n", start, re.MULTILINE)
    if not start.startswith(BEGIN) or end is None:
        raise ForeignFileError(path, "not a NERSC file: no header between its marks")
    facts = _entries(path, start[: end.start()])
    kind = _taken(path, facts, "DATATYPE")
    if kind.upper() not in _ROWS:
        raise ForeignFileError(path, f"its DATATYPE is {kind}; latflow reads {' and '.join(_ROWS)}")
    numbers = _taken(path, facts, "FLOATING_POINT")
    if numbers.upper() not in _NUMBERS:
        raise ForeignFileError(
            path, f"its FLOATING_POINT is {numbers}; latflow reads {', '.join(_NUMBERS)}"
        )
    return NerscHeader(
        rows=_ROWS[kind.upper()],
        dtype=np.dtype(_NUMBERS[numbers.upper()]),
        shape=(
            _extent(path, facts, 1),
            _extent(path, facts, 2),
            _extent(path, facts, 3),
            _extent(path, facts, 4),
        ),
        checksum=_hexadecimal(path, facts, "CHECKSUM"),
        plaquette=_real(path, facts, "PLAQUETTE"),
        link_trace=_real(path, facts, "LINK_TRACE"),
        facts=facts,
        size=end.end(),
    )


def header_text(entries: dict[str, str]) -> bytes:
    """The header with these entries, in their order."""
    lines = [BEGIN.decode(), *(f"{key} = {value}" for key, value in entries.items()), END.decode()]
    return "".join(f"{line}\n" for line in lines).encode("ascii", "replace")


def _entries(path: Path, header: bytes) -> dict[str, str]:
    facts: dict[str, str] = {}
    for line in header.decode("latin-1").splitlines()[1:]:
        key, equals, value = line.partition("=")
        if not equals:
            continue
        key = printable(key)
        if key in facts:
            raise ForeignFileError(path, f"its header says {key} twice; get the file again")
        facts[key] = printable(value)
    return facts


def _taken(path: Path, facts: dict[str, str], key: str) -> str:
    if key not in facts:
        raise ForeignFileError(path, f"its header has no {key}; get the file again")
    return facts[key]


def _wrong(path: Path, key: str, value: str, wanted: str) -> ForeignFileError:
    return ForeignFileError(path, f"{key} = {value} in its header is no {wanted}; get it again")


def _extent(path: Path, facts: dict[str, str], number: int) -> int:
    key = f"DIMENSION_{number}"
    value = _taken(path, facts, key)
    # Nine digits: no lattice is longer, and int() of very long text takes very long.
    if not re.fullmatch(r"[0-9]{1,9}", value) or int(value) < 1:
        raise _wrong(path, key, value, "extent of a lattice")
    return int(value)


def _hexadecimal(path: Path, facts: dict[str, str], key: str) -> int:
    value = _taken(path, facts, key)
    if not re.fullmatch(r"(0[xX])?[0-9a-fA-F]{1,8}", value):
        raise _wrong(path, key, value, "hexadecimal number of 32 bits")
    return int(value, 16)


def _real(path: Path, facts: dict[str, str], key: str) -> float:
    value = _taken(path, facts, key)
    try:
        number = float(value)
    except ValueError:
        raise _wrong(path, key, value, "number") from None
    if not math.isfinite(number):
        raise _wrong(path, key, value, "number")
    return number
