"""By how many standard deviations a result differs from a known number."""

import math

from latflow.analysis import KnownNumber

# Numbers are compared to this relative precision at best: reference files print so many digits.
_ROUNDING = 1e-8


def pull(value: float | None, error: float | None, known: KnownNumber) -> float | None:
    """(value - known) / combined error; ``None`` where the result has no value or no error."""
    if value is None or error is None or not (math.isfinite(value) and math.isfinite(error)):
        return None
    rounding = _ROUNDING * max(abs(value), abs(known.value))
    total = math.hypot(error, known.error, rounding)
    return (value - known.value) / total if total > 0 else None
