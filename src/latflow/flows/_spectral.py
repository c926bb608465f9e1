"""Power-spectral-density (PSD) flow: a trainable propagator, and a mean-field zero mode.

Source: Komijani and Marinkovic (Lattice 2022), section 3.1.
"""

from typing import Literal

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key
from pydantic import Field

from latflow.fields import FieldSpace, ScalarField
from latflow.flows._flow import Flow, FlowSettings, LogDet
from latflow.flows._levels import doublings_of
from latflow.flows._on_coarse_sites import on_coarse_sites
from latflow.flows._spline import OddSpline
from latflow.lattice import Lattice, on_lattice
from latflow.precision import sum_in_double

ZERO_MODE_BOUND = 4.0
"""Of the zero mode's spline, in units of its width for white noise."""


# Of the logarithm of the density, at its maximum over that at zero. Between the steps of annealing
# maps are nearly the identity, and the ripples of their training are no second phase.
_CLEARLY_BIMODAL = 0.3


class PowerSpectrum(Flow):
    """Every mode is scaled with s(khat^2)^(-1/2); the zero mode goes through its own function.

    s = exp(log_floor) + rise(khat^2) is positive and increasing, a rational-quadratic spline in
    khat^2 on [0, 4 D], the same on every lattice. The zero mode, normalised so that it has unit
    variance for white noise, is mapped by an odd spline and may become bimodal (broken phase).
    Any dimension, any extents, odd ones too.
    """

    space: FieldSpace
    log_floor: Float[Array, ""]
    rise: OddSpline
    zero_mode: OddSpline

    @property
    def symmetries(self) -> frozenset[str]:
        """A function of khat^2 alone, and an odd one of the zero mode."""
        return frozenset({"z2", "translation"})

    def inverse_spectrum(self, khat2: Float[Array, "..."]) -> Float[Array, "..."]:
        """s(khat^2): the inverse power spectral density of the image of white noise."""
        return jnp.exp(self.log_floor) + self.rise(khat2)[0]

    def transform(self, z: ScalarField) -> tuple[ScalarField, LogDet]:
        """Multiply the modes by s^(-1/2)."""
        return self._apply(z, -0.5, self.zero_mode)

    def transform_back(self, x: ScalarField) -> tuple[ScalarField, LogDet]:
        """Multiply the modes by s^(1/2)."""
        return self._apply(x, 0.5, self.zero_mode.inverse)

    def _apply(self, field, power, zero_mode) -> tuple[ScalarField, LogDet]:
        lattice = self.space.lattice
        khat2 = jnp.asarray(lattice.khat2(), field.dtype)
        log_spectrum = jnp.log(self.inverse_spectrum(khat2))
        others = np.ones(khat2.shape)
        others[(0,) * khat2.ndim] = 0
        factor = jnp.exp(power * log_spectrum) * jnp.asarray(others, field.dtype)
        moved = lattice.filter_modes(field, factor)
        root = lattice.volume**0.5
        zero, log_slope = zero_mode(jnp.sum(field) / root)
        weights = jnp.asarray(lattice.fourier_multiplicity() * others)
        spectral = power * sum_in_double(weights * log_spectrum.astype(jnp.float64))
        log_det = spectral + log_slope.astype(jnp.float64)
        return moved + zero / root, log_det

    def moved_to(self, lattice: Lattice) -> "PowerSpectrum":
        """The same spectrum on another lattice.

        The zero mode's variance is the susceptibility, which does not depend on the volume, in
        the symmetric phase; where its density is bimodal, the magnetisation is kept instead.
        """
        factor = (lattice.volume / self.space.lattice.volume) ** 0.5 if self.is_bimodal else 1.0
        zero_mode = self.zero_mode.scaled(factor)
        return type(self)(on_lattice(self.space, lattice), self.log_floor, self.rise, zero_mode)

    @property
    def is_bimodal(self) -> bool:
        """Whether the density of the zero mode has its maximum away from zero."""
        latent = jnp.linspace(0, ZERO_MODE_BOUND, 201, dtype=self.zero_mode.log_slopes.dtype)
        _, log_slope = self.zero_mode(latent)
        log_density = -0.5 * latent**2 - log_slope
        return bool(jnp.max(log_density) > log_density[0] + _CLEARLY_BIMODAL)


class PowerSpectrumSettings(FlowSettings):
    """PSD flow: modes scaled by a trainable propagator, the zero mode by an odd spline."""

    kind: Literal["psd"] = "psd"
    start: Literal["free-field", "identity"] = Field(
        "free-field",
        description="spectrum at the start: that of the free field (m2, zeta), or nearly flat: "
        "s = 1 + 0.001 khat^2",
    )
    m2: float = Field(1.0, gt=0, description="mass squared of the free-field start, lattice units")
    zeta: float = Field(1.0, gt=0, description="field strength of the free-field start")
    bins: int = Field(8, ge=2, le=64, description="bins of the spectrum's spline")
    zero_mode_bins: int = Field(
        8, ge=2, le=64, description="bins of the zero mode's spline, on each side of zero"
    )

    level: int = Field(
        0,
        ge=0,
        le=64,
        description="sublattice that it acts on, with 2^-level of all sites: 0, D, 2 D, ... in D "
        "dimensions; m2 and zeta are in its own units",
    )

    def build(self, space: FieldSpace, key: Key[Array, ""]) -> Flow:
        """The flow at its start.

        Raises:
            ConfigError: the lattice does not have the level.
        """
        self.require_space(space)
        return self.on_lattices(space, doublings_of(space.lattice, self.level, 0))

    def on_lattices(self, space: FieldSpace, doublings: int) -> Flow:
        """The flow on the sites whose coordinates are multiples of 2^doublings."""
        return on_coarse_sites(space, doublings, self.on_all_sites)

    def on_all_sites(self, space: FieldSpace) -> PowerSpectrum:
        """The flow at its start, on all sites of a lattice."""
        m2, zeta = (self.m2, self.zeta) if self.start == "free-field" else (1.0, 1e-3)
        return PowerSpectrum(
            space,
            log_floor=jnp.asarray(np.log(m2), jnp.float32),
            # Long wavelengths matter most, so knots crowd at small momenta.
            rise=OddSpline.linear(zeta, self.bins, 4.0 * space.lattice.ndim, crowding=2.0),
            zero_mode=OddSpline.linear(m2**-0.5, self.zero_mode_bins, ZERO_MODE_BOUND),
        )
