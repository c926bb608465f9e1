"""How much to change a step size or a proposal width, given the acceptance it had."""

import math

from scipy.special import erfcinv

_LARGEST_CHANGE = 2.0


def step_size_factor(acceptance: float, target: float, order: int, progress: float) -> float:
    """Factor on the step size of an integrator that brings the acceptance to its target.

    Uses acceptance = erfc(sqrt(<dH>)/2) with <dH> proportional to step^(2 order) (Gupta et
    al., Phys. Lett. B 242 (1990) 437), so that one or two rounds suffice.

    Args:
        acceptance: mean over the last round.
        target: wanted acceptance, in (0, 1).
        order: of the integrator.
        progress: fraction of the warm-up that is done.
    """
    size = float(erfcinv(target)) / float(erfcinv(min(max(acceptance, 1e-4), 1 - 1e-4)))
    return _damped(size ** (1 / order), progress)


def width_factor(acceptance: float, target: float, progress: float) -> float:
    """Factor on the width of a local proposal: wide proposals are accepted as 1 / width."""
    return _damped(max(acceptance, 1e-4) / target, progress)


def _damped(factor: float, progress: float) -> float:
    """Full changes in the first half of the warm-up; smaller ones, against noise, later."""
    gain = min(1.0, 2 * (1 - progress) + 0.1)
    factor = min(max(factor, 1 / _LARGEST_CHANGE), _LARGEST_CHANGE)
    return math.exp(gain * math.log(factor))
