"""What theories know exactly along a path, and which of their couplings change on it."""

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np

from latflow.sampling.replicas import Ladder, couplings_of
from latflow.theories import Theory

# In t: what is neglected is a millionth, and so is rounding.
_STEP = 1e-3


class ExactState(NamedTuple):
    """What is known of a state without simulating it; None where it is not."""

    log_z: float | None
    slope: float | None = None
    entropy: float | None = None


def of_time(ladder: Ladder) -> Callable[[float], Theory]:
    """The theories of a path, each made once."""
    return cache(lambda time: ladder.theory(time))


def exact_state(
    at: Callable[[float], Theory], time: float, from_nothing: bool = False
) -> ExactState:
    """log Z of a theory, its derivative from theories nearby, and the entropy."""
    log_z = exact_log_z(at(time))
    if log_z is None:
        return ExactState(None)
    # Three points on the path, with the weights of the derivative of a parabola at one of them.
    first = min(max(time - _STEP, 0.0), 1.0 - 2 * _STEP)
    place = (time - first) / _STEP
    slope = 0.0
    for i, weight in enumerate((place - 1.5, 2.0 - 2 * place, place - 0.5)):
        nearby = exact_log_z(at(first + i * _STEP))
        if nearby is None:
            return ExactState(log_z)
        slope += weight * (nearby - log_z) / _STEP
    return ExactState(log_z, slope, log_z - time * slope if from_nothing else None)


def exact_log_z(theory: Theory) -> float | None:
    """log Z where the theory knows it, without an error."""
    number = theory.known().get("log_z")
    return None if number is None or number.error else float(number.value)


def changing_couplings(theories: list[Theory], times: list[float]) -> dict[str, list[float]]:
    """What changes along a path, but for its own parameter."""
    if len({type(theory) for theory in theories}) > 1:
        return {}
    found = {
        name: [float(getattr(theory, name)) for theory in theories]
        for name in couplings_of(theories[0])
    }
    return {
        name: values
        for name, values in found.items()
        if np.ptp(values) > 0 and not np.allclose(values, times)
    }
