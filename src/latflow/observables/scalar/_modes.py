"""Power of every Fourier mode of a real scalar field, so that the memory of each can be seen."""

import itertools
from functools import cache

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from latflow.analysis import GammaResult, gamma_method
from latflow.lattice import Lattice
from latflow.observables._observable import (
    MeasuredTheory,
    Measurements,
    Observable,
    Quantity,
    SeriesByName,
    SlowVector,
)
from latflow.observables.scalar._correlator import power_spectrum

Momentum = tuple[int, ...]

_SMALLEST = 1
"""Where the smallest momentum that is not zero stands."""


class Modes(Observable):
    """``mode_power``: |phi~(k)|^2 / V of every Fourier mode; its expectation is the propagator.

    Modes that the lattice's reflections, and exchanges of axes of equal extent, turn into each
    other are averaged over: one entry for every such orbit, in the order of khat^2, zero momentum
    first (there it is V M^2). An entry stands at n = (n_1, ..., n_D), k = 2 pi n / L.

    Its means are a spectrum; it is measured for the autocorrelation time of each mode. No theory
    names it, since it takes an FFT for every sample: ``observables.extra = ["modes"]``.
    """

    name = "modes"

    @property
    def figures(self) -> tuple[str, ...]:
        """Autocorrelation time and cost against the momentum."""
        return ("modes",)

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """F, the power at the smallest momentum, as in the second-moment correlation length."""
        words = "structure factor at the smallest momentum"
        return (Quantity("structure_factor", "<i>F</i>", "F", words),)

    def slow_vectors(self, theory: MeasuredTheory) -> tuple[SlowVector, ...]:
        """The power of every mode."""
        shape = theory.space.lattice.shape
        return (
            SlowVector(
                name="mode_power",
                html="|φ̃(<i>k</i>)|<sup>2</sup>/<i>V</i>",
                tex=r"|\tilde\phi(k)|^2/V",
                words="power of Fourier modes",
                entry="mode",
                axis=tuple(f"n_{axis + 1}" for axis in range(len(shape))),
                at=mode_orbits(shape),
                named=(("zero mode", 0),),
                of=lambda series: np.asarray(series["mode_power"]),
            ),
        )

    def measure(self, theory: MeasuredTheory, field: Float[Array, "..."]) -> Measurements:
        """``mode_power``."""
        return {"mode_power": mode_power(field, theory.space.lattice)}

    def results(self, theory: MeasuredTheory, series: SeriesByName) -> dict[str, GammaResult]:
        """``structure_factor``, unless the lattice is a single site."""
        if "mode_power" not in series or max(theory.space.lattice.shape) < 2:
            return {}
        return {"structure_factor": gamma_method(series["mode_power"][..., _SMALLEST])}


def mode_power(field: Float[Array, "..."], lattice: Lattice) -> Float[Array, " orbits"]:
    """|phi~(k)|^2 / V, averaged over the modes of each orbit, in the order of `mode_orbits`.

    Args:
        field: one real number on every site.
        lattice: the lattice.
    """
    power = power_spectrum(field, lattice).reshape(-1)
    return jnp.mean(power[_images(lattice.shape)], axis=-1)


@cache
def mode_orbits(shape: tuple[int, ...]) -> tuple[Momentum, ...]:
    """One n = k L / 2 pi for every orbit, 0 <= n_i <= L_i / 2, in the order of khat^2.

    An orbit has all momenta that reflections, and exchanges of axes of equal extent, make of one
    another; of its members the one that comes last stands for it, such as (2, 1) for (1, 2).

    Args:
        shape: of the lattice.
    """
    first = itertools.product(*(range(extent // 2 + 1) for extent in shape))
    exchanges = _exchanges(shape)
    orbits = {max(tuple(n[axis] for axis in exchange) for exchange in exchanges) for n in first}
    khat2 = Lattice(shape).khat2(real=False).round(9)
    return tuple(sorted(orbits, key=lambda n: (khat2[n], n)))


def _exchanges(shape: tuple[int, ...]) -> list[tuple[int, ...]]:
    """The permutations of the axes that leave the lattice's shape as it is."""
    axes = range(len(shape))
    return [
        exchange
        for exchange in itertools.permutations(axes)
        if all(shape[axis] == shape[other] for axis, other in zip(axes, exchange, strict=True))
    ]


@cache
def _images(shape: tuple[int, ...]) -> Int[np.ndarray, "orbits images"]:
    """Where the modes of every orbit stand in the real FFT's layout, laid out in a row.

    Every orbit has as many: of those with fewer members some come several times, each equally
    often. Of the last axis only n >= 0 are there; k and -k have the same power.
    """
    layout = (*shape[:-1], shape[-1] // 2 + 1)
    signs = [(*some, 1) for some in itertools.product((1, -1), repeat=len(shape) - 1)]
    return np.array(
        [
            [
                np.ravel_multi_index(
                    tuple(
                        sign * n[axis] % extent
                        for axis, sign, extent in zip(exchange, some, shape, strict=True)
                    ),
                    layout,
                )
                for exchange in _exchanges(shape)
                for some in signs
            ]
            for n in mode_orbits(shape)
        ]
    )
