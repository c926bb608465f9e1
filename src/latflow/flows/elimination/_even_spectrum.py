"""Power-spectral-density flow on the even sites: the propagator of what elimination leaves."""

from typing import Literal

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key
from pydantic import Field

from latflow.fields import FieldSpace, ScalarField
from latflow.flows._flow import Flow, LogDet
from latflow.flows._levels import doublings_of
from latflow.flows._spectral import ZERO_MODE_BOUND, PowerSpectrum, PowerSpectrumSettings
from latflow.flows._spline import OddSpline
from latflow.lattice import Lattice
from latflow.precision import sum_in_double


def even_momentum(lattice: Lattice) -> Float[np.ndarray, "..."]:
    """u = D (1 - c^2) with c the mean of cos k over the axes, in the layout of the real FFT.

    The momentum squared that the even sites know: invariant under k -> k + (pi, ..., pi), and
    close to k^2 for small k. The action of a free field without its odd sites is linear in it.
    """
    cosines = sum((np.cos(k) for k in lattice.momenta()), np.zeros((1,) * lattice.ndim))
    return lattice.ndim * (1 - (cosines / lattice.ndim) ** 2)


class EvenPowerSpectrum(PowerSpectrum):
    """Modes of the even sites are scaled with s(u)^(-1/2); odd sites stay as they are.

    As :class:`latflow.flows.PowerSpectrum`, with u of :func:`even_momentum` for the momentum
    squared. The zero mode is that of the even sites.
    """

    @property
    def symmetries(self) -> frozenset[str]:
        """The sign, and translations that keep even sites even."""
        return frozenset({"z2", "even-translation"})

    def _apply(self, field, power, zero_mode) -> tuple[ScalarField, LogDet]:
        lattice = self.space.lattice
        is_even = ~lattice.parity
        even = jnp.where(is_even, field, 0)
        u = even_momentum(lattice)
        others = np.where(u > 1e-9, 1.0, 0.0)
        log_spectrum = jnp.log(self.inverse_spectrum(jnp.asarray(u, field.dtype)))
        factor = jnp.exp(power * log_spectrum) * jnp.asarray(others, field.dtype)
        moved = lattice.filter_modes(even, factor)
        root = (lattice.volume / 2) ** 0.5
        zero, log_slope = zero_mode(jnp.sum(even) / root)
        # Every mode of the even sites stands twice among those of the lattice.
        weights = jnp.asarray(lattice.fourier_multiplicity() * others / 2)
        spectral = power * sum_in_double(weights * log_spectrum.astype(jnp.float64))
        moved = jnp.where(is_even, moved + zero / root, field)
        return moved, spectral + log_slope.astype(jnp.float64)


class EvenPowerSpectrumSettings(PowerSpectrumSettings):
    """PSD flow of the even sites, for models that end with "exact-odd-sites"."""

    kind: Literal["even-psd"] = "even-psd"  # pyright: ignore[reportIncompatibleVariableOverride]

    level: int = Field(
        1,
        ge=1,
        le=64,
        description="sublattice that it acts on, with 2^-level of all sites: 1, D + 1, ... in D "
        "dimensions; m2 and zeta are in units of the lattice whose even sites it is",
    )

    def build(self, space: FieldSpace, key: Key[Array, ""]) -> Flow:
        """The flow at its start.

        Raises:
            ConfigError: the lattice does not have the level.
        """
        self.require_space(space)
        return self.on_lattices(space, doublings_of(space.lattice, self.level, 1))

    def on_all_sites(self, space: FieldSpace) -> EvenPowerSpectrum:
        """On all even sites of a lattice; the start for a free field without its odd sites."""
        twice = 2.0 * space.lattice.ndim
        m2, zeta = (self.m2, self.zeta) if self.start == "free-field" else (1.0, 1e-3)
        floor = m2 * (2 * twice * zeta + m2) / (twice * zeta + m2)
        slope = 2 * twice * zeta**2 / (twice * zeta + m2)
        bound = float(space.lattice.ndim)
        return EvenPowerSpectrum(
            space,
            log_floor=jnp.asarray(np.log(floor), jnp.float32),
            rise=OddSpline.linear(slope, self.bins, bound, crowding=2.0),
            zero_mode=OddSpline.linear(floor**-0.5, self.zero_mode_bins, ZERO_MODE_BOUND),
        )
