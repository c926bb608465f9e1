"""Susceptibility and correlation lengths of the order parameter of a spin theory."""

from typing import Any

import jax
import jax.numpy as jnp

from latflow.analysis import GammaResult, gamma_method
from latflow.observables._observable import (
    MeasuredTheory,
    Measurements,
    Observable,
    Quantity,
    SeriesByName,
    SlowSeries,
    VectorQuantity,
)
from latflow.observables._zero_momentum import (
    LENGTHS,
    correlation_length,
    correlator_vectors,
    masses,
    zero_momentum,
)
from latflow.observables.spins._theory import require_spins

_QUANTITIES = (
    Quantity("chi", "χ", r"\chi", "susceptibility V⟨M²⟩"),
    *LENGTHS,
)


class SpinCorrelator(Observable):
    """The two-point function of the order parameter s: ``chi``, ``xi_2nd``, ``mpL``, ``mpL_all``.

    - ``chi``: V M^2, with M the mean of s over sites; sum over x of <s_0 . s_x>;
    - ``two_point``: C(t) = sum over the other axes of <s_0 . s_x>; its sum over t is chi;
    - ``structure_factor``: F, the same sum with the smallest momentum.

    C and F are averaged over the axes with the longest extent, T. xi_2nd = sqrt(chi/F - 1) /
    (2 sin(pi/T)); masses as for scalar fields.
    """

    name = "spin-correlator"

    @property
    def figures(self) -> tuple[str, ...]:
        """C(t) with the effective mass."""
        return ("correlator",)

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """Susceptibility, correlation length and masses."""
        return _QUANTITIES

    @property
    def slow(self) -> tuple[SlowSeries, ...]:
        """chi: the order parameter is what clusters and waves move."""
        return (SlowSeries("chi", "χ", r"\chi", "susceptibility", lambda s: s["chi"]),)

    def vectors(self, theory: MeasuredTheory) -> tuple[VectorQuantity, ...]:
        """C(t) and m_eff(t)."""
        return correlator_vectors(max(theory.space.lattice.shape))

    def measure(self, theory: MeasuredTheory, field: Any) -> Measurements:
        """``chi``, ``two_point``, ``structure_factor``."""
        lattice = theory.space.lattice
        components = require_spins(theory, self.name).order_parameter(field)
        sites = tuple(range(1, components.ndim))
        total = jnp.sum(components, axis=sites, dtype=jnp.float64)
        correlators, factors = jax.vmap(lambda one: zero_momentum(one, lattice))(components)
        return {
            "chi": jnp.sum(total * total) / lattice.volume,
            "two_point": jnp.sum(correlators, axis=0),
            "structure_factor": jnp.sum(factors),
        }

    def results(self, theory: MeasuredTheory, series: SeriesByName) -> dict[str, GammaResult]:
        """What noise drives out of its domain has NaN as value and error."""
        found: dict[str, GammaResult] = {}
        extent = max(theory.space.lattice.shape)
        if "chi" in series:
            found["chi"] = gamma_method(series["chi"])
        if extent < 2:
            return found
        if "chi" in series and "structure_factor" in series:
            found["xi_2nd"] = correlation_length(series["chi"], series["structure_factor"], extent)
        if "two_point" in series:
            found |= masses(series["two_point"], extent)
        return found
