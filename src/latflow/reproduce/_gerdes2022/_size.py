"""What a trained flow is worth on one lattice."""

from typing import Any, NamedTuple

from latflow.analysis import Estimate
from latflow.reproduce._plain import plain


class Size(NamedTuple):
    """One lattice.

    Attributes:
        extent: L.
        ess: effective sample size, from fresh draws in double precision.
        variance: of log w.
        draws: how many.
        seconds: of training on this lattice.
        cpu_seconds: likewise, of processor time.
        parameters: trainable numbers.
    """

    extent: int
    ess: Estimate
    variance: Estimate
    draws: int
    seconds: float
    cpu_seconds: float
    parameters: int

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return plain(self._asdict())
