"""The Polyakov loop."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PyTree

from latflow.analysis import GammaResult, gamma_method
from latflow.fields.links import polyakov_loop
from latflow.observables._observable import (
    MeasuredTheory,
    Measurements,
    Observable,
    OddSeries,
    Quantity,
    SeriesByName,
    SlowSeries,
)

_MODULUS = "modulus of the Polyakov loop"


class PolyakovLoop(Observable):
    """The mean over sites of tr / N of the line around an axis. Any group, any dimension.

    - ``polyakov``: real and imaginary part for each axis, shape (D, 2);
    - ``polyakov_re``, ``polyakov_im``, ``polyakov_abs``: means of real part, imaginary part and
      modulus, averaged over the axes of the shortest extent: at finite temperature, the inverse
      temperature; on a lattice of equal extents, all.
    """

    name = "polyakov-loop"

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """Complex mean and modulus."""
        real, imaginary = "Re⟨<i>L</i>⟩", "Im⟨<i>L</i>⟩"
        return (
            Quantity(
                "polyakov_re",
                real,
                r"\mathrm{Re}\langle L\rangle",
                "Polyakov loop",
                vanishes_under="centre",
            ),
            Quantity(
                "polyakov_im",
                imaginary,
                r"\mathrm{Im}\langle L\rangle",
                "Polyakov loop",
                vanishes_under="charge-conjugation",
            ),
            Quantity("polyakov_abs", "⟨|<i>L</i>|⟩", r"\langle|L|\rangle", _MODULUS),
        )

    @property
    def slow(self) -> tuple[SlowSeries, ...]:
        """The modulus."""
        return (SlowSeries("polyakov_abs", "|<i>L</i>|", "|L|", _MODULUS, _modulus),)

    @property
    def odd(self) -> tuple[OddSeries, ...]:
        """Real and imaginary part, averaged over all axes."""
        return (
            OddSeries("polyakov_re", "Polyakov loop", "centre", lambda s: _part(s, 0)),
            OddSeries("polyakov_im", "Polyakov loop", "charge-conjugation", lambda s: _part(s, 1)),
        )

    def measure(self, theory: MeasuredTheory, field: PyTree[Array]) -> Measurements:
        """``polyakov``."""
        shape = theory.space.lattice.shape
        loops = [polyakov_loop(theory.space, field, axis) for axis in range(len(shape))]
        return {"polyakov": jnp.stack([jnp.stack([loop.real, loop.imag]) for loop in loops])}

    def results(self, theory: MeasuredTheory, series: SeriesByName) -> dict[str, GammaResult]:
        """Plain means."""
        if "polyakov" not in series:
            return {}
        shape = theory.space.lattice.shape
        axes = [axis for axis, extent in enumerate(shape) if extent == min(shape)]
        loops = np.asarray(series["polyakov"])[:, :, axes]
        return {
            "polyakov_re": gamma_method(loops[..., 0].mean(axis=-1)),
            "polyakov_im": gamma_method(loops[..., 1].mean(axis=-1)),
            "polyakov_abs": gamma_method(np.hypot(loops[..., 0], loops[..., 1]).mean(axis=-1)),
        }


def _modulus(series: SeriesByName) -> Float[np.ndarray, "chains samples"]:
    loops = np.asarray(series["polyakov"])
    return np.hypot(loops[..., 0], loops[..., 1]).mean(axis=-1)


def _part(series: SeriesByName, part: int) -> Float[np.ndarray, "chains samples"]:
    return np.asarray(series["polyakov"], dtype=np.float64)[..., part].mean(axis=-1)
