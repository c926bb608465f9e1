"""Observables of scalar theories, in the definitions of the reference numbers."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from latflow.analysis._correlator import mean_effective_mass
from latflow.analysis._derived import derived_quantity
from latflow.analysis._gamma import gamma_method
from latflow.analysis._gamma_result import GammaResult

_NOT_PLAIN_MEANS = frozenset({"two_point", "structure_factor"})


def scalar_observables(
    series: Mapping[str, np.ndarray], shape: Sequence[int], s_tau: float = 1.5
) -> dict[str, GammaResult]:
    """Every observable of a scalar theory that the measured series allow, lattice units.

    Args:
        series: measurements per configuration, each of shape (chains, samples) but
            `two_point`. `m`: magnetisation M = Σφ/V; `phi2`, `phi4`, `ising_energy`: averages
            over sites (and links); `two_point`, (chains, samples, T): zero-momentum C(t) over
            the full period, averaged over time axes; `structure_factor`: |φ̃(k_min)|²/V,
            averaged over axes. Any other series is passed through as a plain mean.
        shape: lattice extents. L below is T of `two_point` if that is given, else the
            largest extent.
        s_tau: see `gamma_method`.

    Returns:
        From `m`: `m` = ⟨M⟩, `abs_m` = ⟨|M|⟩, `chi2` = V⟨M²⟩, `chi_absM` = V(⟨M²⟩ − ⟨|M|⟩²),
        `binder_U4` = 1 − ⟨M⁴⟩/3⟨M²⟩². With `structure_factor` F: `xi_2nd` =
        √(χ₂/F − 1)/(2 sin(π/L)). From `two_point`: `mpL` = L × mean of m_eff(t) over
        min(t, L − t) ≥ L/4, `mpL_all` over t = 1…L−1. All others: plain means. What noise
        drives out of its domain has NaN as value and error.

    Raises:
        ValueError: for wrong or unequal shapes, or non-finite series.
    """
    _check(series, shape)
    volume = math.prod(shape)
    result = {
        name: gamma_method(values, s_tau=s_tau)
        for name, values in series.items()
        if name not in _NOT_PLAIN_MEANS
    }
    extent = series["two_point"].shape[2] if "two_point" in series else max(shape)
    if "m" in series:
        result |= _magnetic(series["m"], volume, s_tau)
        if "structure_factor" in series:
            result["xi_2nd"] = _second_moment_length(
                series["m"], series["structure_factor"], volume, extent, s_tau
            )
    if "two_point" in series:
        two_point = series["two_point"]
        t = np.arange(1, extent)
        far = 4 * np.minimum(t, extent - t) >= extent
        result["mpL"] = mean_effective_mass(two_point, far, s_tau=s_tau)
        result["mpL_all"] = mean_effective_mass(two_point, t > 0, s_tau=s_tau)
    return result


def _magnetic(m: np.ndarray, volume: int, s_tau: float) -> dict[str, GammaResult]:
    # Double precision before powers are taken: M⁴ and the subtraction below lose digits.
    m = np.asarray(m, dtype=np.float64)
    m2 = m * m
    magnitude = np.abs(m)
    return {
        "abs_m": gamma_method(magnitude, s_tau=s_tau),
        "chi2": gamma_method(volume * m2, s_tau=s_tau),
        "chi_absM": derived_quantity(
            lambda a: volume * (a[0] - a[1] ** 2),
            np.stack([m2, magnitude], axis=-1),
            gradient=lambda a: volume * np.array([1.0, -2 * a[1]]),
            s_tau=s_tau,
        ),
        "binder_U4": derived_quantity(
            lambda a: 1 - a[1] / (3 * a[0] ** 2),
            np.stack([m2, m2 * m2], axis=-1),
            gradient=lambda a: np.array([2 * a[1] / (3 * a[0] ** 3), -1 / (3 * a[0] ** 2)]),
            s_tau=s_tau,
        ),
    }


def _second_moment_length(
    m: np.ndarray, structure_factor: np.ndarray, volume: int, extent: int, s_tau: float
) -> GammaResult:
    momentum = 2 * math.sin(math.pi / extent)

    def length(a: np.ndarray) -> float:
        return float(np.sqrt(volume * a[0] / a[1] - 1) / momentum)

    def gradient(a: np.ndarray) -> np.ndarray:
        slope = volume / (2 * momentum**2 * length(a))
        return np.array([slope / a[1], -slope * a[0] / a[1] ** 2])

    m = np.asarray(m, dtype=np.float64)
    primaries = np.stack([m * m, structure_factor], axis=-1)
    return derived_quantity(length, primaries, gradient=gradient, s_tau=s_tau)


def _check(series: Mapping[str, np.ndarray], shape: Sequence[int]) -> None:
    if not shape or min(shape) < 1:
        raise ValueError(f"lattice extents must be positive, got {tuple(shape)}")
    leading = {values.shape[:2] for values in series.values()}
    if len(leading) > 1:
        raise ValueError(f"series differ in (chains, samples): {sorted(leading)}")
    for name in ("m", "phi2", "phi4", "ising_energy", "structure_factor"):
        if name in series and series[name].ndim != 2:
            raise ValueError(f"{name} must be (chains, samples), got {series[name].shape}")
    if "two_point" in series:
        two_point = series["two_point"]
        if two_point.ndim != 3 or two_point.shape[2] not in shape:
            raise ValueError(
                f"two_point must be (chains, samples, T) with T an extent of {tuple(shape)}, "
                f"got {two_point.shape}"
            )
