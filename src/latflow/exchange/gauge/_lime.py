"""LIME files: a row of records, each a header of 144 bytes and data.

The Lattice QCD Interchange Message Encapsulation of SciDAC, version 1: magic number, version,
marks for the beginning and end of a message, length and type of the data, which are padded to
multiples of eight bytes. All numbers are big-endian.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from latflow.errors import ForeignFileError
from latflow.exchange.gauge._checks import printable, size_of

_MAGIC = 0x456789AB
_VERSION = 1
_BEGIN, _END = 0x8000, 0x4000
_HEADER = struct.Struct(">IHHQ128s")
_UNIT = 8
_MOST_RECORDS = 10000
_LONGEST_TEXT = 65536

START = struct.pack(">I", _MAGIC)


@dataclass(frozen=True)
class LimeRecord:
    """Where a record lies.

    Attributes:
        kind: its type, such as ``ildg-format``.
        offset: of its data in the file.
        size: of its data in bytes.
    """

    kind: str
    offset: int
    size: int


def lime_records(path: Path, file: BinaryIO) -> list[LimeRecord]:
    """All records of an open file; their data are not read.

    Raises:
        ForeignFileError: it is no LIME file, or a record is cut off.
    """
    end, offset, records = size_of(file), 0, []
    while offset < end:
        file.seek(offset)
        header = file.read(_HEADER.size)
        if len(header) < _HEADER.size:
            raise ForeignFileError(path, "cut off within a record's header; get the file again")
        magic, version, _, size, kind = _HEADER.unpack(header)
        if (magic, version) != (_MAGIC, _VERSION):
            raise ForeignFileError(
                path, f"not a LIME file of version {_VERSION}: no record begins at byte {offset}"
            )
        name = printable(kind.split(b"\0")[0].decode("latin-1"))
        offset += _HEADER.size
        if size > end - offset:
            raise ForeignFileError(
                path, f"cut off within the record {name}: {end - offset} of {size} bytes are there"
            )
        records.append(LimeRecord(name, offset, size))
        if len(records) > _MOST_RECORDS:
            raise ForeignFileError(path, f"holds more than {_MOST_RECORDS} records")
        offset += _padded(size)
    return records


def record_text(path: Path, file: BinaryIO, record: LimeRecord) -> bytes:
    """The data of a short record, without the zeros at its end.

    Raises:
        ForeignFileError: it is long.
    """
    if record.size > _LONGEST_TEXT:
        raise ForeignFileError(path, f"its record {record.kind} has {record.size} bytes of text")
    file.seek(record.offset)
    return file.read(record.size).rstrip(b"\0").strip()


def write_lime(file: BinaryIO, records: Sequence[tuple[str, bytes | memoryview]]) -> None:
    """Write records as one message."""
    last = len(records) - 1
    for number, (kind, data) in enumerate(records):
        flags = (_BEGIN if number == 0 else 0) | (_END if number == last else 0)
        file.write(_HEADER.pack(_MAGIC, _VERSION, flags, len(data), kind.encode()))
        file.write(data)
        file.write(bytes(_padded(len(data)) - len(data)))


def _padded(size: int) -> int:
    return -(-size // _UNIT) * _UNIT
