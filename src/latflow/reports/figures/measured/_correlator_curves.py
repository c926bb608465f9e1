"""The numbers behind the figure of the correlator: C(t), m_eff(t) and the plateau."""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from latflow.analysis import GammaResult, PlateauFit, correlator, effective_mass, plateau_fit

_SIGNAL_TO_NOISE = 5.0


@dataclass(frozen=True)
class CorrelatorCurves:
    """What is drawn of one sampler.

    Attributes:
        correlator: C(t) for t = 0…T−1.
        mass: m_eff(t) of the folded correlator, entry k at t = k + 1.
        fit: the plateau; ``None`` where the chains are too short for one.
    """

    correlator: GammaResult
    mass: GammaResult
    fit: PlateauFit | None


def correlator_curves(two_point: Float[np.ndarray, "chains samples time"]) -> CorrelatorCurves:
    """Correlator, effective mass and plateau of C(t) per configuration over the full period."""
    folded = (two_point + np.roll(two_point[..., ::-1], 1, axis=-1)) / 2
    values = correlator(folded)
    window = plateau_window(np.asarray(values.value), np.asarray(values.error))
    try:
        fit = plateau_fit(two_point, window=window)
    except ValueError:
        fit = None
    return CorrelatorCurves(correlator(two_point), effective_mass(folded), fit)


def plateau_window(
    value: Float[np.ndarray, " time"], error: Float[np.ndarray, " time"]
) -> tuple[int, int]:
    """First and last t of the plateau: T/4…T/2, or earlier where noise has taken over by then.

    Args:
        value: folded C(t), t = 0…T−1.
        error: its error.
    """
    extent = value.size
    half = extent // 2
    noisy = np.flatnonzero(~(value[: half + 1] > _SIGNAL_TO_NOISE * error[: half + 1]))
    # m_eff(t) needs C(t + 1), which must stand out from the noise, too.
    last = half if noisy.size == 0 else max(1, int(noisy[0]) - 2)
    return min(math.ceil(extent / 4), (last + 1) // 2 if last < half else half, last), last
