"""Finer sites given coarser ones as in a Gaussian field: the start of a conditional level."""

import itertools
from typing import Literal

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Inexact, Key
from pydantic import Field

from latflow.fields import FieldSpace, ScalarField
from latflow.flows._flow import Flow, FlowSettings, LogDet
from latflow.flows._levels import require_level, sites_of_level
from latflow.flows._on_coarse_sites import on_coarse_sites
from latflow.flows._spline import OddSpline
from latflow.flows.elimination._pair_averages import pair_displacement
from latflow.lattice import Lattice
from latflow.precision import sum_in_double


class FinerPowerSpectrum(Flow):
    """x = M * x_coarser + g * z on the finer sites of a level; all other sites stay.

    M and g are those of a Gaussian field on all sites with the power spectrum 1/s(khat^2), of
    which the sites of the level are known or drawn only. For a free field, s = m^2 + zeta khat^2,
    the layer is exact: from unit normal numbers on the finer sites it draws them given the
    coarser ones. A sublattice with half of a level's sites has one momentum q more at which
    its waves look alike; with the spectra C(k) and C(k + q) of the level

    M = (C(k) - C(k + q)) / (C(k) + C(k + q)),   g^2 = 2 C(k) C(k + q) / (C(k) + C(k + q)).

    Where coarser sites hold the averages of pairs, and finer ones differences, see
    :class:`PairAverages`, it is the differences given the averages. Any dimension.

    Args:
        space: of the fields.
        log_floor: log s(0).
        rise: s(khat^2) - s(0), on [0, 4 D].
        level: from 0 to D - 1, see :mod:`latflow.flows._levels`; coarser ones by
            :class:`latflow.flows.OnCoarseSites`.
        of_pairs: whether the sites hold averages and differences.

    Raises:
        ConfigError: the lattice does not have the next level.
    """

    space: FieldSpace
    log_floor: Float[Array, ""]
    rise: OddSpline
    level: int = eqx.field(static=True)
    of_pairs: bool = eqx.field(static=True, default=False)

    def __check_init__(self):
        require_level(self.space.lattice, self.level + 1)

    @property
    def symmetries(self) -> frozenset[str]:
        """Linear, and alike on all cells of 2^D sites."""
        return frozenset({"z2", "even-translation"})

    def transform(self, z: ScalarField) -> tuple[ScalarField, LogDet]:
        """The mean given the coarser sites, and filtered noise."""
        mean, log_scale = self._spectra(z.dtype)
        coarser, finer = self._halves(z)
        noise = self.space.lattice.filter_modes(finer, jnp.exp(log_scale))
        moved = self.space.lattice.filter_modes(coarser, mean) + noise
        return self._joined(moved, z), self._log_det(log_scale)

    def transform_back(self, x: ScalarField) -> tuple[ScalarField, LogDet]:
        """The noise without its filter."""
        mean, log_scale = self._spectra(x.dtype)
        coarser, finer = self._halves(x)
        noise = finer - self.space.lattice.filter_modes(coarser, mean)
        moved = self.space.lattice.filter_modes(noise, jnp.exp(-log_scale))
        return self._joined(moved, x), -self._log_det(log_scale)

    def _halves(self, field: ScalarField) -> tuple[ScalarField, ScalarField]:
        coarser = sites_of_level(self.space.lattice, self.level + 1)
        inside = sites_of_level(self.space.lattice, self.level)
        return jnp.where(coarser, field, 0), jnp.where(inside & ~coarser, field, 0)

    def _joined(self, moved: ScalarField, field: ScalarField) -> ScalarField:
        lattice = self.space.lattice
        finer = sites_of_level(lattice, self.level) & ~sites_of_level(lattice, self.level + 1)
        return jnp.where(finer, moved, field)

    def _spectra(self, dtype) -> tuple[Inexact[Array, "..."], Float[Array, "..."]]:
        """M and log g, in the layout of the real FFT."""
        lattice = self.space.lattice
        alike = _momenta_alike(lattice.ndim, self.level + 1)
        # Evaluated once for each value of khat^2: the spectrum knows nothing else.
        khat2 = np.stack([_khat2_beyond(lattice, momentum) for momentum in alike])
        values, places = np.unique(np.round(khat2, 9), return_inverse=True)
        rise, _ = self.rise(jnp.asarray(values, dtype))
        power = 1 / (jnp.exp(self.log_floor) + rise)
        power = power[places.reshape(khat2.shape)]
        # The last factor of two in the list of momenta is that by which the two halves differ.
        here, beyond = jnp.split(power, 2)
        here, beyond = jnp.mean(here, axis=0), jnp.mean(beyond, axis=0)
        both, cross = 0.5 * (here + beyond), 0.5 * (here - beyond)
        if not self.of_pairs:
            return cross / both, 0.5 * jnp.log(here * beyond / both)
        # Of averages: both + cross cos(k d); with differences: i cross sin(k d). These lie
        # at the finer site of the pair, a factor e^(-i k d).
        steps = pair_displacement(lattice.ndim, self.level)
        phase = sum(n * k for n, k in zip(steps, lattice.momenta(), strict=True))
        cos, sin = (jnp.asarray(wave(phase), dtype) for wave in (np.cos, np.sin))
        both = both + cross * cos
        mean = jax.lax.complex(sin * sin * cross / both, sin * cos * cross / both)
        return mean, 0.5 * jnp.log(here * beyond / both)

    def _log_det(self, log_scale: Float[Array, "..."]) -> LogDet:
        # Every mode of the finer sites stands 2^(level + 1) times among those of the lattice.
        weights = self.space.lattice.fourier_multiplicity() / 2 ** (self.level + 1)
        return sum_in_double(jnp.asarray(weights) * log_scale.astype(jnp.float64))


def _momenta_alike(ndim: int, level: int) -> list[tuple[float, ...]]:
    """Momenta at which a wave is 1 on all sites of one of the first D levels.

    One more comes with every level; multiples of the last one are in the second half.
    """
    steps = [(np.pi,) * ndim]
    steps += [tuple(np.pi * (axis == n) for axis in range(ndim)) for n in range(ndim - 1)]
    chosen = itertools.product((0, 1), repeat=level)
    # The last factor varies slowest.
    return [
        tuple(
            sum(on * step[axis] for on, step in zip(which[::-1], steps, strict=False))
            for axis in range(ndim)
        )
        for which in chosen
    ]


def _khat2_beyond(lattice: Lattice, momentum: tuple[float, ...]) -> Float[np.ndarray, "..."]:
    """khat^2 of k + momentum for every k in the layout of the real FFT."""
    parts = zip(lattice.momenta(), momentum, strict=True)
    return sum((4 * np.sin((k + q) / 2) ** 2 for k, q in parts), np.zeros((1,) * lattice.ndim))


class FinerPowerSpectrumSettings(FlowSettings):
    """Finer sites of a level given the coarser ones, by a trainable Gaussian spectrum."""

    kind: Literal["finer-psd"] = "finer-psd"
    start: Literal["free-field", "identity"] = Field(
        "free-field",
        description="spectrum at the start: that of the free field (m2, zeta), or nearly flat: "
        "s = 1 + 0.001 khat^2",
    )
    m2: float = Field(1.0, gt=0, description="mass squared of the free-field start")
    zeta: float = Field(1.0, gt=0, description="field strength of the free-field start")
    bins: int = Field(8, ge=2, le=64, description="bins of the spectrum's spline")
    level: int = Field(
        0,
        ge=0,
        le=64,
        description="sublattice, with 2^-level of all sites, whose finer half is made of the "
        "coarser one; m2 and zeta are those of a field on all sites of the spacing 2^n, n = level "
        "divided by D and rounded down",
    )

    coarser: Literal["sites", "averages"] = Field(
        "sites",
        description="what coarser sites hold: the field there, or averages of pairs that a later "
        '"pair-averages" of the same level makes a field of, with differences on finer sites',
    )

    def build(self, space: FieldSpace, key: Key[Array, ""]) -> Flow:
        """The flow at its start.

        Raises:
            ConfigError: the lattice does not have the level and the next one.
        """
        self.require_space(space)
        require_level(space.lattice, self.level + 1)
        doublings, level = divmod(self.level, space.lattice.ndim)
        m2, zeta = (self.m2, self.zeta) if self.start == "free-field" else (1.0, 1e-3)

        def on_level(space: FieldSpace) -> FinerPowerSpectrum:
            return FinerPowerSpectrum(
                space,
                log_floor=jnp.asarray(np.log(m2), jnp.float32),
                # Long wavelengths matter most, so knots crowd at small momenta.
                rise=OddSpline.linear(zeta, self.bins, 4.0 * space.lattice.ndim, crowding=2.0),
                level=level,
                of_pairs=self.coarser == "averages",
            )

        return on_coarse_sites(space, doublings, on_level)
