"""Vector fields on the space of real scalar fields, with their divergences."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from latflow.fields import ScalarField
from latflow.lattice import Lattice

# Masses squared of the propagators that smooth a field, from long to short ranges, lattice units.
_MASSES = (0.05, 0.3, 1.5, 8.0)


def vector_fields(
    lattice: Lattice, field: ScalarField
) -> tuple[Float[Array, "fields *lattice"], Float[Array, " fields"]]:
    """Odd, translation-invariant vector fields v(phi), and div v = sum over x of dv_x / dphi_x.

    Every v_x is a function of phi = phi_x and of s = (G phi)_x, with G = 1 / (khat^2 + m^2) for a
    few masses: s^p phi^q, and the same with powers of u = 1 / (1 + phi^2), which falls off where
    the potential is steep. What an infinitesimal change of a coupling does to a scalar theory is
    nearly such a map of its field: of s alone where the theory is nearly free, of u s where sites
    sit in a potential of their own.
    """
    phi = field.astype(jnp.float64)
    square = phi * phi
    u = 1 / (1 + square)
    slope = -2 * phi * u * u
    vectors = [phi, phi * square, phi * u]
    divergences = [jnp.ones_like(phi), 3 * square, u + phi * slope]
    for mass2 in _MASSES:
        s, g = _smoothed(lattice, phi, mass2), _propagator_at_zero(lattice, mass2)
        # (f(phi), its derivative, power of s): v = f s^p has the divergence f' s^p + p g f s^(p-1).
        for f, df, power in (
            (jnp.ones_like(phi), jnp.zeros_like(phi), 1),
            (square, 2 * phi, 1),
            (u, slope, 1),
            (u * u, 2 * u * slope, 1),
            (phi, jnp.ones_like(phi), 2),
            (phi * u, u + phi * slope, 2),
            (jnp.ones_like(phi), jnp.zeros_like(phi), 3),
            (u, slope, 3),
        ):
            vectors.append(f * s**power)
            divergences.append(df * s**power + power * g * f * s ** (power - 1))
    sites = tuple(range(1, lattice.ndim + 1))
    return jnp.stack(vectors), jnp.sum(jnp.stack(divergences), axis=sites)


def _smoothed(lattice: Lattice, values: ScalarField, mass2: float) -> ScalarField:
    return lattice.filter_modes(values, jnp.asarray(1 / (lattice.khat2() + mass2)))


def _propagator_at_zero(lattice: Lattice, mass2: float) -> float:
    return float(np.mean(1 / (lattice.khat2(real=False) + mass2)))
