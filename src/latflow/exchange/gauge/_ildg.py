"""ILDG files: a LIME file with the records of the International Lattice Data Grid.

``ildg-format`` is XML with the group, the precision and the extents; ``ildg-binary-data`` holds
whole matrices in big-endian numbers; ``ildg-data-lfn`` is the file's name in the grid. The
checksum is SciDAC's (``scidac-checksum``), the plaquette stands in ``xlf-info`` as in the files of
several collaborations; both are verified where a file has them.
"""

import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, Literal
from xml.sax.saxutils import escape

import numpy as np
from jaxtyping import Complex

from latflow.errors import ForeignFileError
from latflow.exchange.gauge._checks import (
    check_finite,
    check_links,
    check_mean,
    numbers_from,
    printable,
)
from latflow.exchange.gauge._configuration import (
    GaugeConfiguration,
    mean_plaquette,
    precision_of,
)
from latflow.exchange.gauge._lime import START as START
from latflow.exchange.gauge._lime import LimeRecord, lime_records, record_text, write_lime
from latflow.exchange.gauge._site_checksum import site_checksums
from latflow.exchange.gauge._site_order import FileOrder, from_links, to_links
from latflow.exchange.gauge._xml import xml_texts
from latflow.runs import written_aside

_XML = '<?xml version="1.0" encoding="UTF-8"?>'
_FORMAT = """{xml}
<ildgFormat xmlns="http://www.lqcd.org/ildg" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" \
xsi:schemaLocation="http://www.lqcd.org/ildg http://www.lqcd.org/ildg/filefmt.xsd">
<version>1.0</version>
<field>su{n}gauge</field>
<precision>{bits}</precision>
<lx>{x}</lx><ly>{y}</ly><lz>{z}</lz><lt>{t}</lt>
</ildgFormat>"""
_CHECKSUM = (
    "{xml}<scidacChecksum><version>1.0</version><suma>{a:x}</suma><sumb>{b:x}</sumb>"
    "</scidacChecksum>"
)


def read_ildg(path: Path | str) -> GaugeConfiguration:
    """A configuration, with the checksum and the plaquette verified that the file may have.

    Raises:
        ForeignFileError: it is no ILDG file with one SU(N) configuration, is cut off, or does not
            keep what it promises.
    """
    path = Path(path)
    with open(path, "rb") as file:
        records = lime_records(path, file)
        text = record_text(path, file, _only(path, records, "ildg-format"))
        facts = xml_texts(path, "ildg-format", text)
        n, dtype, shape = _structure(path, facts)
        data = _only(path, records, "ildg-binary-data")
        wanted = math.prod(shape) * 4 * n * n * dtype.itemsize
        if data.size != wanted:
            raise ForeignFileError(
                path,
                f"holds {data.size} bytes of links, its ildg-format asks for {wanted}: damaged; "
                "get the file again",
            )
        file.seek(data.offset)
        numbers = numbers_from(file, dtype, (*shape[::-1], 4, n, n))
        facts.pop("ildgFormat", None)
        lfn = _one(path, file, records, "ildg-data-lfn")
        if lfn is not None:
            facts["lfn"] = printable(lfn.decode("latin-1"))
        facts["checksum"] = _verified(path, _one(path, file, records, "scidac-checksum"), numbers)
        info = _one(path, file, records, "xlf-info")
    links = to_links(numbers)
    check_finite(path, links)
    claimed = _plaquette(info)
    if claimed is not None:
        check_mean(path, "plaquette", claimed, mean_plaquette(links))
        facts["plaquette"] = f"{claimed:.10g}, verified"
    return GaugeConfiguration(links, facts)


def write_ildg(
    path: Path | str,
    links: Complex[np.ndarray, "..."],
    *,
    precision: Literal["single", "double"] | None = None,
    lfn: str = "",
    number: int = 0,
) -> None:
    """Write the links of an SU(N) configuration; the file appears whole or not at all.

    Args:
        path: of the file.
        links: of shape (N, N, 4, Lx, Ly, Lz, Lt). The standard knows N = 3; other N are written as
            ``suNgauge``, which some programs read.
        precision: of the numbers; that of the links if not given.
        lfn: the logical file name in the grid; ``lfn://unknown/`` and the file's name if not
            given.
        number: of the configuration in its chain.

    Raises:
        ForeignFileError: the links are none of SU(N) in four dimensions.
    """
    path = Path(path)
    check_links(path, links)
    size = {"single": 8, "double": 16}[precision or precision_of(links)]
    numbers = from_links(links, np.dtype(f">c{size}"))
    x, y, z, t = links.shape[3:]
    form = _FORMAT.format(xml=_XML, n=links.shape[0], bits=4 * size, x=x, y=y, z=z, t=t)
    a, b = site_checksums(numbers)
    plaquette = mean_plaquette(to_links(numbers))
    records = [
        ("xlf-info", f"plaquette = {plaquette:.14f}\ntrajectory nr = {number}\n".encode()),
        ("ildg-format", form.encode()),
        ("ildg-binary-data", numbers.reshape(-1).view(np.uint8).data),
        ("scidac-checksum", _CHECKSUM.format(xml=_XML, a=a, b=b).encode()),
        ("ildg-data-lfn", escape(lfn or f"lfn://unknown/{path.name}").encode()),
    ]
    with written_aside(path) as aside, open(aside, "wb") as file:
        write_lime(file, records)


def _structure(path: Path, facts: dict[str, str]) -> tuple[int, np.dtype, tuple[int, ...]]:
    """N, the dtype of the numbers, and (Lx, Ly, Lz, Lt)."""
    group = re.fullmatch(r"su([2-9]|[1-9][0-9])gauge", facts.get("field", ""))
    if group is None:
        raise ForeignFileError(
            path, f'its field is "{facts.get("field", "")}"; latflow reads su3gauge and suNgauge'
        )
    if facts.get("precision") not in ("32", "64"):
        raise ForeignFileError(
            path, f'its precision is "{facts.get("precision", "")}"; latflow reads 32 and 64'
        )
    shape = []
    for name in ("lx", "ly", "lz", "lt"):
        value = facts.get(name, "")
        # Nine digits: no lattice is longer, and int() of very long text takes very long.
        if not re.fullmatch(r"[0-9]{1,9}", value) or int(value) < 1:
            raise ForeignFileError(path, f'{name} is "{value}" in its ildg-format; get it again')
        shape.append(int(value))
    dtype = np.dtype({"32": ">c8", "64": ">c16"}[facts["precision"]])
    return int(group[1]), dtype, tuple(shape)


def _only(path: Path, records: Sequence[LimeRecord], kind: str) -> LimeRecord:
    found = [record for record in records if record.kind == kind]
    if len(found) != 1:
        raise ForeignFileError(
            path, f"has {len(found)} records {kind}; latflow reads files with one configuration"
        )
    return found[0]


def _one(path: Path, file: BinaryIO, records: Sequence[LimeRecord], kind: str) -> bytes | None:
    """The text of a record that a file may have or not."""
    found = [record for record in records if record.kind == kind]
    return record_text(path, file, _only(path, records, kind)) if found else None


def _verified(path: Path, document: bytes | None, numbers: FileOrder) -> str:
    """What is to be said of the checksum."""
    if document is None:
        return "none in the file"
    texts = xml_texts(path, "scidac-checksum", document)
    claimed = []
    for name in ("suma", "sumb"):
        value = texts.get(name, "")
        if not re.fullmatch(r"(0[xX])?[0-9a-fA-F]{1,8}", value):
            raise ForeignFileError(path, f'{name} is "{value}" in its checksum; get it again')
        claimed.append(int(value, 16))
    found = site_checksums(numbers)
    if found != tuple(claimed):
        raise ForeignFileError(
            path,
            f"the checksum of its links is {found[0]:08x} {found[1]:08x}, it says "
            f"{claimed[0]:08x} {claimed[1]:08x}: damaged; get the file again",
        )
    return f"{found[0]:08x} {found[1]:08x}, verified"


def _plaquette(info: bytes | None) -> float | None:
    """The plaquette that an ``xlf-info`` record tells, if it tells one."""
    found = re.search(rb"plaquette\s*=\s*([-+0-9.eE]{1,40})", info or b"")
    try:
        return float(found[1]) if found else None
    except ValueError:
        return None
