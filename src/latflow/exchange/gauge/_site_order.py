"""The order of numbers in NERSC and ILDG files, and that of latflow's arrays.

In the files x runs fastest among the sites, then y, z, t; on every site stand the links of x, y,
z, t, each row by row: an array in C order of shape (Lt, Lz, Ly, Lx, 4, rows, N).
"""

import numpy as np
from jaxtyping import Complex

from latflow.exchange.gauge._configuration import Links

FileOrder = Complex[np.ndarray, "t z y x 4 rows n"]
Rows = Complex[np.ndarray, "rows n 4 x y z t"]
_REVERSED = (5, 6, 4, 3, 2, 1, 0)


def to_links(numbers: FileOrder) -> Rows:
    """Links in native byte order, from numbers as a file has them; with as many rows as it has."""
    native = numbers.dtype.newbyteorder("=")
    return np.ascontiguousarray(numbers.transpose(_REVERSED), dtype=native)


def from_links(links: Links, dtype: np.dtype, rows: int | None = None) -> FileOrder:
    """Numbers as a file has them, in one of its dtypes.

    Args:
        links: in latflow's order.
        dtype: complex, of any byte order.
        rows: how many of each matrix; all if not given.
    """
    kept = links[:rows]
    # The permutation that undoes _REVERSED.
    return np.ascontiguousarray(kept.transpose(6, 5, 4, 3, 2, 0, 1), dtype=dtype)
