"""Correlated plateau fit of the effective pole mass."""

import math
from dataclasses import dataclass

import numpy as np
from scipy import stats

from latflow.analysis._correlator import TwoPointSeries, check_two_point, masses_of_correlator
from latflow.analysis._gamma import gamma_method
from latflow.analysis._resampling import jackknife

_BLOCKS_PER_TIME = 10
_FEWEST_BLOCKS = 40
_LONG_BIN = 10  # in units of tau_int: leaves a bias of 5 % in the error


@dataclass(frozen=True)
class PlateauFit:
    """A constant fitted to m_eff(t) with the full covariance between times.

    Attributes:
        mass: plateau value, lattice units.
        error: one standard deviation, enlarged for the finite number of blocks.
        chi2: residual χ² with the estimated covariance.
        dof: number of times minus one.
        p_value: from Hotelling's T² distribution, which χ² follows when the covariance is
            estimated from `n_blocks` blocks; NaN without degrees of freedom.
        window: first and last t of the fit.
        n_blocks: jackknife blocks behind the covariance.
        bin_size: samples per block.
    """

    mass: float
    error: float
    chi2: float
    dof: int
    p_value: float
    window: tuple[int, int]
    n_blocks: int
    bin_size: int


def plateau_fit(
    two_point: TwoPointSeries,
    *,
    window: tuple[int, int] | None = None,
    bin_size: int | None = None,
) -> PlateauFit:
    """Pole mass as the constant that fits m_eff(t) best over a window of times.

    C(t) is folded first, [C(t) + C(T − t)]/2: the two halves hold the same information, and
    their joint covariance would be singular. The covariance of m_eff comes from a binned
    jackknife. The fit is linear, m = Σ_t w_t m_eff(t) with w ∝ cov⁻¹ 1. With n = blocks − 1
    and d = dof, the inverse of an estimated covariance makes the naive variance low by
    (n − d)/n, and the noise of the weights adds (n − 1)/(n − d − 1) (Dodelson–Schneider,
    arXiv:1304.2593); both factors are put back.

    Args:
        two_point: zero-momentum C(t) per configuration over the full period, shape
            (chains, samples, T).
        window: first and last t, within 1…T//2; by default ⌈T/4⌉…T//2.
        bin_size: samples per block. By default one block per chain where there are enough
            chains, else ten τ_int of C(t) at the window's beginning, shortened if needed
            to leave enough blocks.

    Returns:
        The fit; mass, error and χ² are NaN where noise leaves some m_eff(t) undefined.

    Raises:
        ValueError: for wrong shapes, a window outside the range, or too few blocks.
    """
    check_two_point(two_point)
    extent = two_point.shape[2]
    first, last = window if window is not None else (math.ceil(extent / 4), extent // 2)
    if not 1 <= first <= last <= extent // 2:
        raise ValueError(f"window must lie within 1..{extent // 2}, got {(first, last)}")
    times = last - first + 1
    size = bin_size if bin_size is not None else _default_bin_size(two_point, first, times)

    def masses(c: np.ndarray) -> np.ndarray:
        folded = (c + np.roll(c[::-1], 1)) / 2
        return masses_of_correlator(folded)[first - 1 : last]

    blocks = jackknife(two_point, masses, size)
    n, d = blocks.n_bins - 1, times - 1
    if n <= d + 1:
        raise ValueError(f"{blocks.n_bins} blocks are too few for a covariance of {times} times")
    values = np.asarray(blocks.value)
    if not (np.isfinite(values).all() and np.isfinite(blocks.covariance).all()):
        nan = float("nan")
        return PlateauFit(nan, nan, nan, d, nan, (first, last), blocks.n_bins, size)

    # Scaled to a correlation matrix, whose inverse does not depend on the units; the
    # pseudo-inverse drops directions that do not fluctuate beyond rounding.
    scale = np.asarray(blocks.error)
    if not (scale > 0).all():
        mass = float(values.mean())
        nan = float("nan")
        return PlateauFit(mass, 0.0, nan, d, nan, (first, last), blocks.n_bins, size)
    precision = np.linalg.pinv(blocks.covariance / np.outer(scale, scale), hermitian=True)
    precision /= np.outer(scale, scale)
    information = float(precision.sum())
    mass = float(precision.sum(axis=0) @ values / information)
    residual = values - mass
    chi2 = float(residual @ precision @ residual)
    inflation = n / (n - d) * (n - 1) / (n - d - 1)
    p_value = float(stats.f.sf((n - d + 1) / (n * d) * chi2, d, n - d + 1)) if d else math.nan
    error = math.sqrt(inflation / information)
    return PlateauFit(mass, error, chi2, d, p_value, (first, last), blocks.n_bins, size)


def _default_bin_size(two_point: np.ndarray, first: int, times: int) -> int:
    chains, samples = two_point.shape[:2]
    wanted = max(_FEWEST_BLOCKS, _BLOCKS_PER_TIME * times)
    if chains >= wanted:
        return samples
    tau = float(gamma_method(two_point[:, :, first]).tau_int)
    longest = max(1, chains * samples // wanted)
    return int(min(samples, max(1, math.ceil(_LONG_BIN * tau)), longest))
