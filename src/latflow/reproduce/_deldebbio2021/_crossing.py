"""Where a curve of training reaches a level."""

import numpy as np
from jaxtyping import Float, Real

from latflow.analysis import Estimate
from latflow.reproduce._curves import binned

_WINDOW = np.log(2.0)
_ROUNDS = 20
_FEWEST = 6


def crossing(
    steps: Real[np.ndarray, " steps"], values: Float[np.ndarray, " steps"], level: float
) -> Estimate | None:
    """The step at which what batches say of a model reaches a level for the first time.

    A parabola in the logarithm of the step is fitted to all batches within a factor 2 of the
    crossing, which is found by repeating. The error is that of the parabola, by the scatter of
    the batches about it: batches are independent.

    Args:
        steps: positive and increasing.
        values: one number of each batch, such as its acceptance.
        level: to be reached from below.

    Returns:
        The step with its error; ``None`` if it is not reached, or not by a rising curve.
    """
    places, means = binned(steps, values)
    above = np.flatnonzero(means >= level)
    if above.size == 0:
        return None
    logs = np.log(steps)
    where = np.log(places[above[0]])
    found = None
    for _ in range(_ROUNDS):
        near = np.abs(logs - where) <= _WINDOW
        found = _on_a_parabola(logs[near], values[near], level)
        if found is None or not logs[0] <= found.value <= logs[-1]:
            return None
        if abs(found.value - where) < 0.1 * max(found.error, 1e-6):
            break
        where = found.value
    assert found is not None
    step = float(np.exp(found.value))
    return Estimate(step, step * found.error)


def _on_a_parabola(
    x: Float[np.ndarray, " points"], y: Float[np.ndarray, " points"], level: float
) -> Estimate | None:
    """Where a parabola through points is at a level, if it rises there."""
    if x.size < _FEWEST:
        return None
    middle = x.mean()
    (bend, slope, height), covariance = np.polyfit(x - middle, y, 2, cov=True)
    inside = slope**2 - 4 * bend * (height - level)
    if slope <= 0 or inside <= 0:
        return None
    # Of the two places the one where it rises, in a form that suits vanishing curvature.
    place = -2 * (height - level) / (slope + np.sqrt(inside))
    powers = np.array([place**2, place, 1.0])
    variance = max(float(powers @ covariance @ powers), 0.0) / inside
    return Estimate(float(middle + place), float(np.sqrt(variance)))
