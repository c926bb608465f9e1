"""Sites of a lattice ordered by their position in a cell of two sites per axis."""

import itertools
import math
from dataclasses import dataclass

import numpy as np

from latflow.flows._permute import PermutationTable
from latflow.lattice import Lattice


@dataclass(frozen=True)
class Cells:
    """The order of cells: by the parities of all coordinates, then by the cell; row-major both.

    Attributes:
        shape: extents of the lattice, all of them even.
    """

    shape: tuple[int, ...]

    @property
    def extents(self) -> tuple[int, ...]:
        """Cells along each axis."""
        return tuple(extent // 2 for extent in self.shape)

    @property
    def sites(self) -> np.ndarray:
        """Row-major index of the site in each place."""
        ndim = len(self.shape)
        pairs = np.arange(math.prod(self.shape)).reshape([n for e in self.extents for n in (e, 2)])
        return pairs.transpose(*range(1, 2 * ndim, 2), *range(0, 2 * ndim, 2)).ravel()

    def neighbourhood(self, radius: int) -> PermutationTable:
        """The place of the site at each displacement of the window (columns) from every place."""
        lattice, sites = Lattice(self.shape), self.sites
        place = np.argsort(sites)
        window = itertools.product(range(-radius, radius + 1), repeat=len(self.shape))
        columns = [place[lattice.displaced_sites(d)[sites]] for d in window]
        return PermutationTable(np.stack(columns, axis=1))

    def __len__(self) -> int:
        return 3 ** len(self.shape)
