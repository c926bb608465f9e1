"""Vector fields on the space of real scalar fields, with their divergences."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from latflow.fields import ScalarField
from latflow.lattice import Lattice

# Masses squared of the propagators that smooth a field, from long to short ranges, lattice units.
_MASSES = (0.05, 0.3, 1.5, 8.0)
_CUBIC_MASSES = (0.3, 1.5)


def vector_fields(
    lattice: Lattice, field: ScalarField
) -> tuple[Float[Array, "fields *lattice"], Float[Array, " fields"]]:
    """Odd, translation-invariant vector fields v(phi), and div v = sum over x of dv_x / dphi_x.

    With G the propagators 1 / (khat^2 + m^2) of a few masses: phi and G phi; phi^3, phi^5 and
    G phi^3; phi^2 G phi and phi (G phi)^2. What an infinitesimal change of a coupling does to a
    scalar theory is nearly such a map of its field.
    """
    phi = field.astype(jnp.float64)
    square, volume = phi * phi, lattice.volume
    vectors = [phi, phi * square, phi * square * square]
    divergences = [
        jnp.full((), float(volume)),
        3 * jnp.sum(square),
        5 * jnp.sum(square * square),
    ]
    for mass2 in _MASSES:
        at_zero = _propagator_at_zero(lattice, mass2)
        smooth = _smoothed(lattice, phi, mass2)
        vectors.append(smooth)
        divergences.append(jnp.full((), volume * at_zero))
        if mass2 in _CUBIC_MASSES:
            vectors += [
                _smoothed(lattice, phi * square, mass2),
                square * smooth,
                phi * smooth * smooth,
            ]
            divergences += [
                3 * at_zero * jnp.sum(square),
                jnp.sum(2 * phi * smooth + at_zero * square),
                jnp.sum(smooth * smooth + 2 * at_zero * phi * smooth),
            ]
    return jnp.stack(vectors), jnp.stack(divergences)


def _smoothed(lattice: Lattice, values: ScalarField, mass2: float) -> ScalarField:
    return lattice.filter_modes(values, jnp.asarray(1 / (lattice.khat2() + mass2)))


def _propagator_at_zero(lattice: Lattice, mass2: float) -> float:
    return float(np.mean(1 / (lattice.khat2(real=False) + mass2)))
