"""What an independent sample costs, and when training has paid for itself."""

import math
from typing import Any, Literal, NamedTuple

from latflow.reports.data import ChainReport, RunReport
from latflow.runs import _break_even as costs
from latflow.runs.results._break_even import SLOW_OBSERVABLES, SampleCost


class BreakEven(NamedTuple):
    """A flow, training included, against a classical chain.

    Attributes:
        flow: cost per independent sample after training.
        classical: cost per independent sample without any training.
        training_seconds: what training took.
        samples: independent samples from which on the flow is cheaper; NaN if never.
        error: statistical error of ``samples``.
    """

    flow: SampleCost
    classical: SampleCost
    training_seconds: float
    samples: float
    error: float

    @property
    def outcome(self) -> Literal["pays off", "never", "undecided"]:
        """Whether training pays off; undecided where the costs agree within their errors."""
        if math.isfinite(self.samples):
            return "pays off"
        return "never" if self.flow.seconds >= self.classical.seconds else "undecided"

    @property
    def ratio(self) -> tuple[float, float]:
        """How many times more a classical sample costs, with its error."""
        ratio = self.classical.seconds / self.flow.seconds
        relative = math.hypot(
            self.classical.error / self.classical.seconds, self.flow.error / self.flow.seconds
        )
        return ratio, ratio * relative


def sample_cost(chain: ChainReport, observable: str | None = None) -> SampleCost | None:
    """Cost of an independent sample of a chain; ``None`` if not known.

    Args:
        chain: the chain.
        observable: whose τ_int counts; by default the slowest of M, χ₂ and E.
    """
    names = SLOW_OBSERVABLES if observable is None else (observable,)
    taus: dict[str, dict[str, Any]] = {}
    for name in names:
        quantity = chain.observables.get(name)
        if quantity is not None and math.isfinite(quantity.tau_int):
            error = quantity.tau_int_error if math.isfinite(quantity.tau_int_error) else 0.0
            taus[name] = {"tau_int": quantity.tau_int, "tau_int_error": error}
    return costs.sample_cost(chain.name, taus, chain.seconds_per_sample)


def break_even(report: RunReport, observable: str | None = None) -> BreakEven | None:
    """The cheapest chain that uses the model against the cheapest that does not.

    ``None`` where one of the two, or the training time, is missing.
    """
    flows, classical = (
        [cost for chain in chains if (cost := sample_cost(chain, observable)) is not None]
        for chains in (report.flow_chains, report.classical_chains)
    )
    result = costs.break_even(flows, classical, report.training.get("seconds"))
    if result is None:
        return None
    return BreakEven(
        SampleCost(**result["flow"]),
        SampleCost(**result["classical"]),
        float(result["training_seconds"]),
        math.nan if result["samples"] is None else result["samples"],
        math.nan if result["samples_error"] is None else result["samples_error"],
    )
