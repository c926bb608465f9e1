"""Rectangular Wilson loops and their Creutz ratios."""

import equinox as eqx
import numpy as np
from jaxtyping import Array, Float, PyTree

from latflow.analysis import GammaResult, derived_quantity, gamma_method
from latflow.fields.links import wilson_loops
from latflow.lattice import Lattice
from latflow.observables._observable import (
    MeasuredTheory,
    Measurements,
    Observable,
    Quantity,
    SeriesByName,
    VectorQuantity,
)

LARGEST = 4


def largest_loop(lattice: Lattice, size: int = LARGEST) -> int:
    """How large loops are measured: up to ``size``, and half of the shortest extent."""
    return max(1, min(size, min(lattice.shape) // 2))


class WilsonLoops(Observable):
    """W(R, T), R and T up to min(``size``, L / 2), and chi(R, T). Any group, any dimension.

    - ``wilson_loops``: the array W(R, T), a mean over sites, planes and orientations;
    - ``wilson_loop_RxT`` for R <= T: its mean; 1 x 1 is the plaquette;
    - ``creutz_RxT`` for 2 <= R <= T: -ln [ W(R,T) W(R-1,T-1) / (W(R,T-1) W(R-1,T)) ], which tends
      to the string tension.
    """

    name = "wilson-loops"
    size: int = eqx.field(static=True, default=LARGEST)

    @property
    def figures(self) -> tuple[str, ...]:
        """W against the area, with the Creutz ratios."""
        return ("wilson-loops",)

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """All that a large lattice has."""
        sizes = _sizes(self.size)
        loops = [
            Quantity(
                f"wilson_loop_{r}x{t}",
                f"<i>W</i>({r},{t})",
                f"W({r},{t})",
                f"Wilson loop of {r} x {t}",
            )
            for r, t in sizes
        ]
        ratios = [
            Quantity(f"creutz_{r}x{t}", f"χ({r},{t})", rf"\chi({r},{t})", "Creutz ratio")
            for r, t in sizes
            if r > 1
        ]
        return (*loops, *ratios)

    def vectors(self, theory: MeasuredTheory) -> tuple[VectorQuantity, ...]:
        """W(R, T) for all R and T >= R: what potentials and string tensions are fitted to."""
        size = largest_loop(theory.space.lattice, self.size)
        sizes = tuple((r, t) for r in range(1, size + 1) for t in range(r, size + 1))
        rows, columns = (np.array(each) - 1 for each in zip(*sizes, strict=True))

        def loops(series: SeriesByName) -> Float[np.ndarray, "chains samples loops"]:
            return np.asarray(series["wilson_loops"], dtype=np.float64)[..., rows, columns]

        return (
            VectorQuantity(
                "wilson_loops",
                "<i>W</i>(<i>R</i>, <i>T</i>)",
                "W(R, T)",
                "Wilson loops",
                ("R", "T"),
                sizes,
                loops,
                tuple(f"wilson_loop_{r}x{t}" for r, t in _sizes(size)),
            ),
        )

    def measure(self, theory: MeasuredTheory, field: PyTree[Array]) -> Measurements:
        """``wilson_loops``."""
        size = largest_loop(theory.space.lattice, self.size)
        return {"wilson_loops": wilson_loops(theory.space, field, size)}

    def results(self, theory: MeasuredTheory, series: SeriesByName) -> dict[str, GammaResult]:
        """Loops are plain means; a ratio is NaN where noise makes its loops negative."""
        if "wilson_loops" not in series:
            return {}
        loops = np.asarray(series["wilson_loops"], dtype=np.float64)
        found = {}
        for r, t in _sizes(loops.shape[-1]):
            found[f"wilson_loop_{r}x{t}"] = gamma_method(loops[..., r - 1, t - 1])
            if r > 1:
                corners = [loops[..., a - 1, b - 1] for a in (r - 1, r) for b in (t - 1, t)]
                found[f"creutz_{r}x{t}"] = derived_quantity(
                    lambda w: -np.log(w[3] * w[0] / (w[2] * w[1])),
                    np.stack(corners, axis=-1),
                    gradient=lambda w: np.array([-1.0, 1.0, 1.0, -1.0]) / w,
                )
        return found


def _sizes(size: int) -> list[tuple[int, int]]:
    """R <= T, without the plaquette."""
    return [(r, t) for r in range(1, size + 1) for t in range(max(r, 2), size + 1)]
