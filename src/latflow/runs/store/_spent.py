"""Time that work took: on the clock, and of the processor."""

import math
import os
import time
from typing import NamedTuple


class Spent(NamedTuple):
    """Time that something took.

    Attributes:
        seconds: on the clock.
        cpu_seconds: of all processors together, of this process; NaN where that is not known.
    """

    seconds: float
    cpu_seconds: float = math.nan

    def and_then(self, other: "Spent") -> "Spent":
        """Both, one after the other."""
        return Spent(self.seconds + other.seconds, self.cpu_seconds + other.cpu_seconds)


class Stopwatch:
    """Runs from when it is made."""

    def __init__(self) -> None:
        self._clock, self._cpu = time.perf_counter(), time.process_time()

    def spent(self) -> Spent:
        """The time since then."""
        return Spent(time.perf_counter() - self._clock, time.process_time() - self._cpu)


def machine_load() -> float:
    """Processes that want to run, for each processor of this machine; NaN where nobody counts them.

    The average of the last minute, of all processes, this one included.
    """
    try:
        return os.getloadavg()[0] / (os.cpu_count() or 1)
    except (AttributeError, OSError):  # not on every system
        return math.nan
