"""The zero-momentum correlator C(t) and its effective pole mass."""

import numpy as np
from jaxtyping import Bool, Float

from latflow.analysis._derived import derived_quantity
from latflow.analysis._gamma import gamma_method
from latflow.analysis._gamma_result import GammaResult

TwoPointSeries = Float[np.ndarray, "chains samples time"]


def correlator(two_point: TwoPointSeries, *, s_tau: float = 1.5) -> GammaResult:
    """C(t) for t = 0…T−1, with errors.

    Args:
        two_point: zero-momentum C(t) per configuration, shape (chains, samples, T).
        s_tau: see `gamma_method`.

    Raises:
        ValueError: as `gamma_method`.
    """
    return gamma_method(two_point, s_tau=s_tau)


def effective_mass(two_point: TwoPointSeries, *, s_tau: float = 1.5) -> GammaResult:
    """m_eff(t) = arccosh[(C(t−1) + C(t+1)) / 2C(t)] for t = 1…T−1, lattice units.

    Entry k belongs to t = k + 1. Where noise drives the ratio below 1, value and error
    are NaN.

    Args:
        two_point: zero-momentum C(t) per configuration over the full period, shape
            (chains, samples, T), T ≥ 2.
        s_tau: see `gamma_method`.

    Raises:
        ValueError: for wrong shapes or non-finite series.
    """
    check_two_point(two_point)
    return derived_quantity(masses_of_correlator, two_point, gradient=masses_gradient, s_tau=s_tau)


def mean_effective_mass(
    two_point: TwoPointSeries, times: Bool[np.ndarray, " times"], *, s_tau: float = 1.5
) -> GammaResult:
    """T × the average of m_eff(t) over the selected t among 1…T−1 (dimensionless m_p L)."""
    check_two_point(two_point)
    extent = two_point.shape[2]
    return derived_quantity(
        lambda c: extent * np.mean(masses_of_correlator(c)[times]),
        two_point,
        gradient=lambda c: extent * np.mean(masses_gradient(c)[times], axis=0),
        s_tau=s_tau,
    )


def folded(two_point: Float[np.ndarray, "*rest time"]) -> Float[np.ndarray, "*rest half"]:
    """[C(t) + C(T − t)]/2 for t = 0…T//2: all that a periodic correlator has to say."""
    both = (two_point + np.roll(two_point[..., ::-1], 1, axis=-1)) / 2
    return both[..., : two_point.shape[-1] // 2 + 1]


def folded_masses(c: Float[np.ndarray, " half"], extent: int) -> Float[np.ndarray, " times"]:
    """m_eff(t), t = 1…T//2, of a folded correlator; NaN outside the domain.

    Args:
        c: C(t) for t = 0…T//2.
        extent: T.
    """
    return masses_of_correlator(c[_distance(extent)])[: extent // 2]


def folded_masses_gradient(
    c: Float[np.ndarray, " half"], extent: int
) -> Float[np.ndarray, "times half"]:
    """∂m_eff(t)/∂C(t') of :func:`folded_masses`."""
    unfold = np.eye(c.size)[_distance(extent)]
    return masses_gradient(c[_distance(extent)])[: extent // 2] @ unfold


def _distance(extent: int) -> np.ndarray:
    """min(t, T − t) for t = 0…T−1."""
    t = np.arange(extent)
    return np.minimum(t, extent - t)


def check_two_point(two_point: TwoPointSeries) -> None:
    """Refuse what has no effective mass."""
    if two_point.ndim != 3 or two_point.shape[2] < 2:
        raise ValueError(f"two_point must be (chains, samples, T >= 2), got {two_point.shape}")


def masses_of_correlator(c: Float[np.ndarray, " time"]) -> Float[np.ndarray, " times"]:
    """m_eff(t), t = 1…T−1, of one periodic correlator; NaN outside the domain."""
    with np.errstate(all="ignore"):
        return np.arccosh(_cosh_mass(c))


def masses_gradient(c: Float[np.ndarray, " time"]) -> Float[np.ndarray, "times time"]:
    """∂m_eff(t)/∂C(t'), t = 1…T−1; not finite outside the domain."""
    identity = np.eye(c.size)
    neighbours = identity[:-1] + np.roll(identity, -1, axis=0)[1:]
    with np.errstate(all="ignore"):
        cosh = _cosh_mass(c)
        slope = (neighbours / 2 - identity[1:] * cosh[:, None]) / c[1:, None]
        return slope / np.sqrt(cosh**2 - 1)[:, None]


def _cosh_mass(c: np.ndarray) -> np.ndarray:
    return (c[:-1] + np.roll(c, -1)[1:]) / (2 * c[1:])
