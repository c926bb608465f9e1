"""What a model from coarse to fine is worth on one lattice, and what its chains cost."""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from latflow.analysis import Estimate
from latflow.reproduce._plain import plain

SQUARE = "chi2"
"""The observable whose independent samples are counted: V M^2."""


class Cost(NamedTuple):
    """One chain.

    Attributes:
        acceptance: mean acceptance probability.
        tau: autocorrelation time of M^2, in samples.
        seconds: of processor time for an independent sample of M^2.
    """

    acceptance: float
    tau: Estimate
    seconds: Estimate


class Size(NamedTuple):
    """One lattice.

    Attributes:
        extent: L.
        ess: effective sample size, from fresh draws in double precision.
        variance: of log w.
        training_seconds: processor time of both trainings.
        parameters: trainable numbers.
        costs: by chain.
    """

    extent: int
    ess: Estimate
    variance: Estimate
    training_seconds: float
    parameters: int
    costs: Mapping[str, Cost]

    def speed(self, chain: str, over: str) -> Estimate:
        """How many times as many independent samples of M^2 a chain gives in the same time.

        Not a number where the autocorrelation time of one of them is not known.
        """
        fast, slow = self.costs[chain].seconds, self.costs[over].seconds
        ratio = slow.value / fast.value
        relative = math.hypot(slow.error / slow.value, fast.error / fast.value)
        return Estimate(ratio, ratio * relative)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        content = plain(self._asdict())
        return content | {"costs": {name: plain(c._asdict()) for name, c in self.costs.items()}}


def cost_of(chain: Mapping[str, Any]) -> Cost:
    """What a chain of a summary costs; numbers that are not known are not numbers."""
    entry, seconds = chain["observables"][SQUARE], chain["cpu_seconds_per_sample"]
    tau, error = (_number(entry.get(key)) for key in ("tau_int", "tau_int_error"))
    of_sample = 2 * _number(seconds)
    return Cost(
        _number(chain["acceptance"]),
        Estimate(tau, error),
        Estimate(of_sample * tau, of_sample * error),
    )


def _number(value: float | None) -> float:
    return math.nan if value is None else value
