"""The SciDAC checksum: two sums over the sites' CRC-32, which do not depend on who wrote which.

Site number r (x fastest) with the CRC c of its bytes contributes c, rotated to the left by r mod
29 bits in sum A and by r mod 31 bits in sum B; contributions are joined by exclusive or.
"""

import zlib

import numpy as np
from jaxtyping import UInt

from latflow.exchange.gauge._site_order import FileOrder


def site_checksums(numbers: FileOrder) -> tuple[int, int]:
    """Sums A and B of numbers as they stand in a file."""
    sites = int(np.prod(numbers.shape[:4]))
    data = numbers.reshape(-1).view(np.uint8).data
    size = len(data) // sites
    crc = (zlib.crc32(data[site * size : (site + 1) * size]) for site in range(sites))
    crcs = np.fromiter(crc, np.uint64, sites)
    return _rotated_sum(crcs, 29), _rotated_sum(crcs, 31)


def _rotated_sum(crcs: UInt[np.ndarray, " sites"], modulus: int) -> int:
    left = np.arange(crcs.size, dtype=np.uint64) % np.uint64(modulus)
    rotated = (crcs << left) | (crcs >> (np.uint64(32) - left))
    return int(np.bitwise_xor.reduce(rotated & np.uint64(0xFFFFFFFF)))
