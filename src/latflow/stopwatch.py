"""Time that work took: on the clock, and of the processors."""

import math
import time
from typing import NamedTuple


class Spent(NamedTuple):
    """Time that something took.

    Attributes:
        seconds: on the clock; NaN where nothing is known.
        cpu_seconds: of all processors together, of this process; NaN where that is not known.
    """

    seconds: float
    cpu_seconds: float = math.nan

    def and_then(self, other: "Spent") -> "Spent":
        """Both, one after the other."""
        return Spent(self.seconds + other.seconds, self.cpu_seconds + other.cpu_seconds)

    def without(self, part: "Spent") -> "Spent":
        """What is left without a part of it."""
        return Spent(self.seconds - part.seconds, self.cpu_seconds - part.cpu_seconds)


NOTHING = Spent(0.0, 0.0)
NOT_KNOWN = Spent(math.nan)


class Stopwatch:
    """Runs from when it is made."""

    def __init__(self) -> None:
        self._clock, self._cpu = time.perf_counter(), time.process_time()

    def spent(self) -> Spent:
        """The time since then."""
        return Spent(time.perf_counter() - self._clock, time.process_time() - self._cpu)
