"""Gauge configurations by a route of their own: matrices by site, bytes by struct, loops in Python.

Nothing here uses latflow, and only :func:`links_of` the order of its arrays.
"""

import itertools
import struct
import zlib

import numpy as np

SHAPE = (2, 3, 1, 4)  # Lx, Ly, Lz, Lt: all different


def random_field(seed=7, n=3, shape=SHAPE):
    """A matrix of SU(N) by (x, y, z, t, mu)."""
    rng = np.random.default_rng(seed)
    field = {}
    for site in itertools.product(*map(range, shape)):
        for mu in range(4):
            unitary, _ = np.linalg.qr(rng.normal(size=(n, n)) + 1j * rng.normal(size=(n, n)))
            field[*site, mu] = unitary / np.linalg.det(unitary) ** (1 / n)
    return field


def rounded(field):
    """The field with numbers of single precision, to calculate with in double."""
    return {key: matrix.astype(np.complex64).astype(complex) for key, matrix in field.items()}


def plaquette(field, shape=SHAPE):
    """The mean of Re tr P / N, loop by loop."""
    total, count = 0.0, 0

    def ahead(site, mu):
        return tuple((c + (k == mu)) % shape[k] for k, c in enumerate(site))

    for site in itertools.product(*map(range, shape)):
        for mu, nu in itertools.combinations(range(4), 2):
            loop = (
                field[*site, mu]
                @ field[*ahead(site, mu), nu]
                @ field[*ahead(site, nu), mu].conj().T
                @ field[*site, nu].conj().T
            )
            total += np.trace(loop).real / len(loop)
            count += 1
    return total / count


def link_trace(field):
    """The mean of Re tr U / N."""
    return float(np.mean([np.trace(matrix).real / len(matrix) for matrix in field.values()]))


def site_bytes(field, code, rows=None, shape=SHAPE):
    """The bytes of every site, x fastest; ``code`` is a struct format such as ``>d``."""
    for t, z, y, x in itertools.product(*map(range, shape[::-1])):
        numbers = []
        for mu in range(4):
            for row in field[x, y, z, t, mu][:rows]:
                for entry in row:
                    numbers += [float(entry.real), float(entry.imag)]
        yield struct.pack(f"{code[0]}{len(numbers)}{code[1]}", *numbers)


def nersc_file(field, code=">d", rows=3, shape=SHAPE, **changes):
    """A NERSC file; changes replace entries of the header, ``None`` takes one out."""
    data = b"".join(site_bytes(field, code, rows, shape))
    words = struct.unpack(f"{code[0]}{len(data) // 4}I", data)
    entries = {
        "HDR_VERSION": "1.0",
        "DATATYPE": "4D_SU3_GAUGE_3x3" if rows == 3 else "4D_SU3_GAUGE",
        **{f"DIMENSION_{k + 1}": shape[k] for k in range(4)},
        "LINK_TRACE": f"{link_trace(field):.10f}",
        "PLAQUETTE ": f"{plaquette(field, shape):.10f}",
        "CHECKSUM": f"{sum(words) % 2**32:x}",
        "FLOATING_POINT": f"IEEE{'32' if code[1] == 'f' else '64'}"
        + ("BIG" if code[0] == ">" else "LITTLE"),
    } | changes
    lines = [f"{key} = {value}" for key, value in entries.items() if value is not None]
    return "\n".join(["BEGIN_HEADER", *lines, "END_HEADER", ""]).encode() + data


def lime_record(kind, data, flags=0xC000):
    """One record of a LIME file."""
    header = struct.pack(">IHHQ", 0x456789AB, 1, flags, len(data)) + kind.encode().ljust(128, b"\0")
    return header + data + bytes(-len(data) % 8)


def ildg_format(n=3, bits=64, shape=SHAPE, field=None):
    """The XML of an ildg-format record."""
    extents = "".join(f"<l{c}>{k}</l{c}>" for c, k in zip("xyzt", shape, strict=True))
    return (
        '<?xml version="1.0" encoding="UTF-8"?><ildgFormat xmlns="http://www.lqcd.org/ildg">'
        f"<version> 1.0 </version><field> {field or f'su{n}gauge'} </field>"
        f"<precision>{bits}</precision>{extents}</ildgFormat>"
    ).encode()


def scidac_checksum(field, code=">d", shape=SHAPE):
    """Both sums, site by site with Python's integers."""
    sums = [0, 0]
    for rank, data in enumerate(site_bytes(field, code, shape=shape)):
        crc = zlib.crc32(data)
        for which, modulus in enumerate((29, 31)):
            k = rank % modulus
            sums[which] ^= ((crc << k) | (crc >> (32 - k))) % 2**32
    return tuple(sums)


def ildg_file(field, code=">d", shape=SHAPE, sums=None, **records):
    """An ILDG file; records replace the data of those of this name, ``None`` takes one out."""
    n = len(next(iter(field.values())))
    a, b = sums or scidac_checksum(field, code, shape)
    contents = {
        "scidac-private-file-xml": b"<scidacFile><version>1.1</version></scidacFile>\0",
        "ildg-format": ildg_format(n, 64 if code[1] == "d" else 32, shape),
        "ildg-binary-data": b"".join(site_bytes(field, code, shape=shape)),
        "scidac-checksum": (
            f"<scidacChecksum><version>1.0</version><suma>{a:x}</suma><sumb>{b:x}</sumb>"
            "</scidacChecksum>"
        ).encode(),
        "ildg-data-lfn": b"lfn://test/one",
    } | {name.replace("_", "-"): data for name, data in records.items()}
    return b"".join(lime_record(kind, data) for kind, data in contents.items() if data is not None)


def links_of(field, n=3, shape=SHAPE):
    """The array of latflow: (N, N, 4, Lx, Ly, Lz, Lt)."""
    links = np.zeros((n, n, 4, *shape), complex)
    for (*site, mu), matrix in field.items():
        links[:, :, mu, *site] = matrix
    return links
