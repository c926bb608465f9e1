"""Observables of a real scalar field, with the definitions that the reference numbers use."""

from collections.abc import Callable
from typing import Any, Protocol, runtime_checkable

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from latflow.lattice import Lattice
from latflow.neighbours import forward_sum
from latflow.precision import sum_in_double

Measurements = dict[str, Float[Array, "..."]]


@runtime_checkable
class ScalarTheory(Protocol):
    """The part of a theory that observables need; ``space`` has a ``lattice``."""

    @property
    def space(self) -> Any:
        """The field space."""

    def action(self, field: Any) -> Float[Array, ""]:
        """The action of one configuration."""
        ...

    def force(self, field: Any) -> Any:
        """Minus the gradient of the action."""


@runtime_checkable
class MomentTheory(Protocol):
    """A theory whose action is a function of a few sums that are measured anyway."""

    def action_of_moments(
        self, phi2: Float[Array, ""], phi4: Float[Array, ""], links: Float[Array, ""]
    ) -> Float[Array, ""]:
        """The action, from sums over sites of phi^2, phi^4 and over links of phi phi."""
        ...

    def virial_of_moments(
        self, phi2: Float[Array, ""], phi4: Float[Array, ""], links: Float[Array, ""]
    ) -> Float[Array, ""]:
        """Sum over sites of phi dS/dphi, from the same sums."""
        ...


def scalar_measurements(
    theory: ScalarTheory,
) -> Callable[[Float[Array, "..."]], Measurements]:
    """What to measure on a configuration of a scalar theory.

    Sums are taken in double precision. The measurements of one configuration are

    - ``m``: M, the mean of the field;
    - ``phi2``, ``phi4``: the means of its square and fourth power;
    - ``ising_energy``: E = (1/D) sum over axes of the mean of phi_x phi_{x+mu};
    - ``two_point``: C(t) at zero momentum, t = 0 ... T-1; its sum over t is V M^2;
    - ``structure_factor``: F = |phi~(k)|^2 / V at the smallest momentum;
    - ``action``: as the theory defines it, without its constant;
    - ``schwinger_dyson``: (1/V) sum of phi dS/dphi, with expectation value one.

    C(t) and F are averaged over the axes with the longest extent, T.
    """
    lattice: Lattice = theory.space.lattice

    def measure(field: Float[Array, "..."]) -> Measurements:
        square = field * field
        ahead = forward_sum(lattice, field)
        phi2, phi4 = sum_in_double(square), sum_in_double(square * square)
        links = sum_in_double(field * ahead)
        correlator, structure_factor, total = _zero_momentum(field, lattice)
        if isinstance(theory, MomentTheory):
            action = theory.action_of_moments(phi2, phi4, links)
            virial = theory.virial_of_moments(phi2, phi4, links)
        else:
            action = theory.action(field)
            virial = -sum_in_double(field * theory.force(field))
        volume = lattice.volume
        return {
            "m": total / volume,
            "phi2": phi2 / volume,
            "phi4": phi4 / volume,
            "ising_energy": links / (volume * lattice.ndim),
            "two_point": correlator,
            "structure_factor": structure_factor,
            "action": action,
            "schwinger_dyson": virial / volume,
        }

    return measure


def power_spectrum(field: Float[Array, "..."], lattice: Lattice) -> Float[Array, "..."]:
    """|phi~(k)|^2 / V in the layout of the real FFT; its expectation is the propagator."""
    transform = jnp.fft.rfftn(field.astype(jnp.float64))
    return (transform.real**2 + transform.imag**2) / lattice.volume


def _zero_momentum(
    field: Float[Array, "..."], lattice: Lattice
) -> tuple[Float[Array, " time"], Float[Array, ""], Float[Array, ""]]:
    """C(t), F and the sum of the field, from the sums over timeslices.

    C(t) = (1/V) sum over t' of S(t') S(t' + t) is a circulant product. Its Fourier form needs
    three small matrix products and no FFT or gather, keeps the batch where it is, and holds F.
    """
    extent = lattice.shape[lattice.time_axes[0]]
    harmonics = np.arange(extent // 2 + 1)
    angles = 2 * np.pi * np.outer(harmonics, np.arange(extent)) / extent
    cosine, sine = jnp.asarray(np.cos(angles)), jnp.asarray(np.sin(angles))
    multiplicity = np.where((harmonics == 0) | (2 * harmonics == extent), 1.0, 2.0)
    power = jnp.zeros(len(harmonics), jnp.float64)
    total = jnp.zeros((), jnp.float64)
    for axis in lattice.time_axes:
        others = tuple(other for other in range(lattice.ndim) if other != axis)
        slices = jnp.sum(field, axis=others, dtype=jnp.float64)
        total = jnp.sum(slices)
        power = power + (cosine @ slices) ** 2 + (sine @ slices) ** 2
    power = power / (len(lattice.time_axes) * lattice.volume)
    correlator = cosine.T @ (multiplicity / extent * power)
    return correlator, power[min(1, extent // 2)], total
