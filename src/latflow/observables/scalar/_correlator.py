"""The two-point function of a real scalar field at zero momentum, and the masses in it."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from latflow.analysis import GammaResult
from latflow.lattice import Lattice
from latflow.observables._observable import (
    MeasuredTheory,
    Measurements,
    Observable,
    Quantity,
    SeriesByName,
    VectorQuantity,
)
from latflow.observables._zero_momentum import (
    LENGTHS,
    correlation_length,
    correlator_vectors,
    masses,
    zero_momentum,
)


class TwoPoint(Observable):
    """C(t) at zero momentum and F at the smallest one: ``xi_2nd``, ``mpL``, ``mpL_all``.

    - ``two_point``: C(t), t = 0 ... T-1; its sum over t is V M^2;
    - ``structure_factor``: F = |phi~(k)|^2 / V at the smallest momentum.

    Both are averaged over the axes with the longest extent, T. xi_2nd = sqrt(chi2/F - 1) /
    (2 sin(pi/T)); mpL = T x the mean of m_eff(t) over min(t, T - t) >= T/4, mpL_all that over
    t = 1 ... T-1.
    """

    name = "two-point"

    @property
    def figures(self) -> tuple[str, ...]:
        """C(t) with the effective mass; the power spectrum of stored configurations."""
        return ("correlator", "spectrum")

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """Correlation length and masses."""
        return LENGTHS

    def vectors(self, theory: MeasuredTheory) -> tuple[VectorQuantity, ...]:
        """C(t) and m_eff(t)."""
        return correlator_vectors(max(theory.space.lattice.shape))

    def measure(self, theory: MeasuredTheory, field: Float[Array, "..."]) -> Measurements:
        """``two_point``, ``structure_factor``."""
        correlator, structure_factor = zero_momentum(field, theory.space.lattice)
        return {"two_point": correlator, "structure_factor": structure_factor}

    def results(self, theory: MeasuredTheory, series: SeriesByName) -> dict[str, GammaResult]:
        """What noise drives out of its domain has NaN as value and error."""
        found: dict[str, GammaResult] = {}
        extent = max(theory.space.lattice.shape)
        if extent < 2:
            return found
        if "m" in series and "structure_factor" in series:
            found["xi_2nd"] = second_moment_length(
                series["m"], series["structure_factor"], theory.space.lattice.volume, extent
            )
        if "two_point" in series:
            found |= masses(series["two_point"], extent)
        return found


def second_moment_length(
    m: Float[np.ndarray, "chains samples"],
    structure_factor: Float[np.ndarray, "chains samples"],
    volume: int,
    extent: int,
) -> GammaResult:
    """xi = sqrt(V <M^2> / F - 1) / (2 sin(pi / L)), lattice units.

    Args:
        m: magnetisation M per configuration.
        structure_factor: F at the smallest momentum.
        volume: number of sites.
        extent: L.
    """
    m = np.asarray(m, dtype=np.float64)
    return correlation_length(volume * m * m, structure_factor, extent)


def power_spectrum(field: Float[Array, "..."], lattice: Lattice) -> Float[Array, "..."]:
    """|phi~(k)|^2 / V in the layout of the real FFT; its expectation is the propagator."""
    transform = jnp.fft.rfftn(field.astype(jnp.float64))
    return (transform.real**2 + transform.imag**2) / lattice.volume
