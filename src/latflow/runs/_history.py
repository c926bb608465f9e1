"""What is recorded of a warm-up: the slow series, and what the kernel says about itself."""

from contextlib import suppress

import numpy as np
from jaxtyping import Float

from latflow.kernels import Measure
from latflow.observables import Measurement
from latflow.runs.store import WarmUpHistory, single
from latflow.sampling import Segment, history_every


def measure_slow(measurement: Measurement) -> Measure:
    """A measurement of those observables that call something slow."""
    slow = tuple(observable for observable in measurement.observables if observable.slow)
    return Measurement(measurement.theory, slow)


def history_of(measurement: Measurement, n_steps: int, part: Segment) -> WarmUpHistory:
    """A round of the warm-up as it is kept.

    A series that an observable (it may be the user's own) fails to make is left out: of the samples
    the same is found out later, and said.

    Args:
        measurement: what the run measures.
        n_steps: of the whole warm-up.
        part: what was measured in the round.
    """
    measured = {name: np.asarray(array) for name, array in part.measurements.items()}
    infos = {name: single(np.asarray(array)) for name, array in part.infos.items()}
    shape = infos["acceptance"].shape
    series = {}
    for observable in measurement.observables:
        for slow in observable.slow:
            with suppress(Exception), np.errstate(all="ignore"):
                values: Float[np.ndarray, "chains points"] = np.asarray(slow.of(measured))
                if values.shape == shape:
                    series[slow.name] = single(values.astype(np.float64))
    return WarmUpHistory(history_every(n_steps), series, infos)
