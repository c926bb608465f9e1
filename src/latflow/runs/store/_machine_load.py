"""How busy the machine is: with what times of work may be compared."""

import math
import os


def machine_load() -> float:
    """Processes that want to run, for each processor of this machine; NaN where nobody counts them.

    The average of the last minute, of all processes, this one included.
    """
    try:
        return os.getloadavg()[0] / (os.cpu_count() or 1)
    except (AttributeError, OSError):  # not on every system
        return math.nan
