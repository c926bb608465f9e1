"""A gauge configuration outside of any program, and what is checked of it."""

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Complex, Float

Links = Complex[np.ndarray, "n n 4 x y z t"]
"""Links as :class:`latflow.fields.links.SULinks` keeps them: (N, N, 4, Lx, Ly, Lz, Lt)."""


@dataclass(frozen=True)
class GaugeConfiguration:
    """The links of one SU(N) configuration in four dimensions.

    Axis k of latflow's lattice is the file formats' direction x, y, z, t in this order, so that a
    shape reads (Lx, Ly, Lz, Lt); U_mu(x) leads from x to x + mu in all of them.

    Attributes:
        links: complex numbers in the file's precision, of shape (N, N, 4, Lx, Ly, Lz, Lt):
            ``links[i, j, mu]`` is the entry in row i and column j of U_mu on all sites.
        facts: what the file says about itself, by name, in the order of the file; text only.
    """

    links: Links
    facts: dict[str, str] = field(default_factory=dict)

    @property
    def n(self) -> int:
        """N of SU(N)."""
        return self.links.shape[0]

    @property
    def shape(self) -> tuple[int, ...]:
        """Extents (Lx, Ly, Lz, Lt)."""
        return self.links.shape[3:]

    @property
    def precision(self) -> str:
        """``single`` or ``double``."""
        return precision_of(self.links)

    @property
    def plaquette(self) -> float:
        """The mean of Re tr P / N over sites and planes."""
        return mean_plaquette(self.links)

    @property
    def link_trace(self) -> float:
        """The mean of Re tr U / N over all links."""
        return mean_link_trace(self.links)

    @property
    def deviation_from_group(self) -> float:
        """How far the links are from SU(N): the largest entry of |U U+ - 1| or of |det U - 1|."""
        return deviation_from_group(self.links)

    def described(self) -> dict[str, str]:
        """What the file says, and what its links are, line by line for people."""
        return {
            "group": f"SU({self.n})",
            "lattice": " x ".join(map(str, self.shape)),
            "numbers": f"{self.precision} precision",
            **{f"file: {name}": value for name, value in self.facts.items()},
            "plaquette": f"{self.plaquette:.12g}",
            "link trace": f"{self.link_trace:.12g}",
            "deviation from the group": f"{self.deviation_from_group:.1e}",
        }


def precision_of(links: Links) -> str:
    """``single`` or ``double``."""
    return "single" if links.dtype == np.complex64 else "double"


def _matrices(links: Links) -> Complex[np.ndarray, "4 x y z t n n"]:
    """Matrices last, in double precision, as NumPy multiplies them."""
    return np.ascontiguousarray(np.moveaxis(links, (0, 1), (-2, -1)), dtype=np.complex128)


def mean_plaquette(links: Links) -> float:
    """The mean of Re tr P / N over sites and planes, in double precision."""
    matrices, n = _matrices(links), links.shape[0]
    total = 0.0
    for mu in range(4):
        for nu in range(mu + 1, 4):
            there = matrices[mu] @ np.roll(matrices[nu], -1, axis=mu)
            back = matrices[nu] @ np.roll(matrices[mu], -1, axis=nu)
            # Re tr(A B+) is the real product of the entries.
            total += float(np.sum(there.real * back.real + there.imag * back.imag))
    return total / (6 * n * np.prod(links.shape[3:], dtype=float))


def mean_link_trace(links: Links) -> float:
    """The mean of Re tr U / N over all links, in double precision."""
    diagonal: Float[np.ndarray, "n 4 x y z t"] = np.einsum("ii...->i...", links).real
    return float(np.mean(diagonal, dtype=np.float64))


def deviation_from_group(links: Links) -> float:
    """The largest entry of |U U+ - 1| or of |det U - 1|."""
    matrices = _matrices(links)
    unitarity = matrices @ np.conj(np.swapaxes(matrices, -2, -1)) - np.eye(links.shape[0])
    determinants = np.linalg.det(matrices) - 1
    return float(max(np.abs(unitarity).max(), np.abs(determinants).max()))
