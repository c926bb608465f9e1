"""NERSC archive files: a text header, then the links of SU(3), as three rows or two.

The format of the Gauge Connection (qcd.nersc.gov): ``DATATYPE`` 4D_SU3_GAUGE_3x3 stores matrices,
4D_SU3_GAUGE their first two rows, from which the third follows. The header's checksum is the sum
of the data's 32-bit words, its plaquette and link trace are means of Re tr / 3.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Literal

import numpy as np
from jaxtyping import Complex, Shaped

from latflow.errors import ForeignFileError
from latflow.exchange.gauge._checks import (
    check_finite,
    check_links,
    check_mean,
    numbers_from,
    size_of,
)
from latflow.exchange.gauge._configuration import (
    GaugeConfiguration,
    Links,
    mean_link_trace,
    mean_plaquette,
    precision_of,
)
from latflow.exchange.gauge._nersc_header import BEGIN, header_text, read_header
from latflow.exchange.gauge._site_order import FileOrder, Rows, from_links, to_links
from latflow.runs import written_aside

START = BEGIN


def read_nersc(path: Path | str) -> GaugeConfiguration:
    """A configuration, with its checksum, plaquette and link trace verified.

    Raises:
        ForeignFileError: it is no NERSC file of SU(3), is cut off, or does not keep what its
            header promises.
    """
    path = Path(path)
    with open(path, "rb") as file:
        header = read_header(path, file)
        there = size_of(file) - header.size
        if there != header.data_size:
            raise ForeignFileError(
                path,
                f"holds {there} bytes of links, its header asks for {header.data_size}: cut off or "
                "damaged; get the file again",
            )
        file.seek(header.size)
        numbers = numbers_from(file, header.dtype, (*header.shape[::-1], 4, header.rows, 3))
    found = word_sum(numbers)
    if found != header.checksum:
        raise ForeignFileError(
            path,
            f"the checksum of its links is {found:08x}, its header says {header.checksum:08x}: "
            "damaged; get the file again",
        )
    links = _with_third_row(to_links(numbers))
    check_finite(path, links)
    check_mean(path, "plaquette", header.plaquette, mean_plaquette(links))
    check_mean(path, "link trace", header.link_trace, mean_link_trace(links))
    return GaugeConfiguration(links, header.facts)


def write_nersc(
    path: Path | str,
    links: Complex[np.ndarray, "..."],
    *,
    rows: Literal[2, 3] = 3,
    byte_order: Literal["big", "little"] = "big",
    precision: Literal["single", "double"] | None = None,
    ensemble: str = "latflow",
    number: int = 0,
) -> None:
    """Write the links of an SU(3) configuration; the file appears whole or not at all.

    Args:
        path: of the file.
        links: of shape (3, 3, 4, Lx, Ly, Lz, Lt).
        rows: 3, or 2 for the short form.
        byte_order: of the numbers.
        precision: of the numbers; that of the links if not given.
        ensemble: a name of the ensemble, for the header.
        number: of the configuration in it, for the header.

    Raises:
        ForeignFileError: the links are none of SU(3) in four dimensions.
    """
    path = Path(path)
    check_links(path, links)
    if links.shape[0] != 3:
        raise ForeignFileError(
            path, f"not written: NERSC files hold SU(3), not SU({links.shape[0]}); use ILDG"
        )
    size = {"single": 8, "double": 16}[precision or precision_of(links)]
    dtype = np.dtype(f"{'>' if byte_order == 'big' else '<'}c{size}")
    numbers = from_links(links, dtype, rows)
    # What readers will compute: of the rounded numbers.
    stored = _with_third_row(to_links(numbers))
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    entries = {
        "HDR_VERSION": "1.0",
        "DATATYPE": "4D_SU3_GAUGE_3x3" if rows == 3 else "4D_SU3_GAUGE",
        "STORAGE_FORMAT": "1.0",
        **{f"DIMENSION_{k}": str(extent) for k, extent in enumerate(links.shape[3:], start=1)},
        "LINK_TRACE": f"{mean_link_trace(stored):.12g}",
        "PLAQUETTE": f"{mean_plaquette(stored):.12g}",
        **{f"BOUNDARY_{k}": "PERIODIC" for k in range(1, 5)},
        "CHECKSUM": f"{word_sum(numbers):x}",
        "ENSEMBLE_ID": " ".join(ensemble.split()),
        "SEQUENCE_NUMBER": str(number),
        "CREATOR": "latflow",
        "CREATION_DATE": now,
        "FLOATING_POINT": f"IEEE{4 * size}{byte_order.upper()}",
    }
    with written_aside(path) as aside, open(aside, "wb") as file:
        file.write(header_text(entries))
        _write_numbers(file, numbers)


def word_sum(numbers: Shaped[np.ndarray, "..."]) -> int:
    """The sum modulo 2^32 of all 32-bit words, read in the byte order of the numbers."""
    order = ">" if numbers.dtype.str.startswith(">") else "<"
    words = numbers.reshape(-1).view(np.dtype(f"{order}u4"))
    return int(np.sum(words, dtype=np.uint64)) % 2**32


def _with_third_row(links: Rows) -> Links:
    """All rows of the matrices: the third is the conjugate of the vector product of the others."""
    if links.shape[0] == 3:
        return links
    third = np.conj(np.cross(links[0], links[1], axis=0))
    return np.concatenate([links, third[None]])


def _write_numbers(file: BinaryIO, numbers: FileOrder) -> None:
    file.write(numbers.reshape(-1).view(np.uint8).data)
