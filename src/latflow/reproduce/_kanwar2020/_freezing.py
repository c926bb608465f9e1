"""What is read off the runs: tau_int of Q^2, and what an independent Q^2 costs."""

import math
from typing import Any, NamedTuple

from latflow.analysis import Estimate
from latflow.reproduce._plain import plain

SLOW = "q2"
INDEPENDENT = 10_000
"""Independent samples that training is shared by, where its time is counted."""


class Point(NamedTuple):
    """One sampler at one coupling.

    Attributes:
        beta: the coupling.
        chain: name of the chain.
        label: what the kernel is called.
        tau: tau_int of Q^2 in steps; nan where it is not known.
        at_least: a lower bound on it, where no chain ever left its sector; else nan.
        cpu_seconds: for one independent Q^2, without training; of a frozen chain at least so many.
        cpu_seconds_trained: likewise, with the training shared by :data:`INDEPENDENT` of them.
        ess: of the model behind it; nan where there is none.
    """

    beta: float
    chain: str
    label: str
    tau: Estimate
    at_least: float
    cpu_seconds: float
    cpu_seconds_trained: float
    ess: Estimate

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return plain(self._asdict())


def points_of(summary: dict[str, Any], beta: float) -> list[Point]:
    """Every chain of a finished run, from its summary."""
    training = summary["training"]
    found = []
    for name, chain in summary["chains"].items():
        measured = chain["observables"][SLOW]
        at_least = _number(measured.get("tau_int_at_least"))
        tau = Estimate(_number(measured.get("tau_int")), _number(measured.get("tau_int_error")))
        longest = at_least if math.isnan(tau.value) else tau.value
        seconds = 2 * longest * _number(chain["cpu_seconds_per_sample"]) / chain["thin"]
        model = Estimate(math.nan, math.nan)
        trained = seconds
        if chain["needs_model"]:
            model = Estimate(_number(training["ess"]), _number(training["ess_error"]))
            trained = (
                seconds + training["cpu_seconds"] / INDEPENDENT
                if training["parameters"]
                else seconds
            )
        found.append(
            Point(beta, name, chain["kernel_label"], tau, at_least, seconds, trained, model)
        )
    return found


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)
