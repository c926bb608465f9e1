"""What an independent sample costs, and when training has paid for itself."""

import math
from collections.abc import Callable
from typing import Any, Literal, NamedTuple

from latflow.reports.data import ChainReport, RunReport
from latflow.runs import SampleCost
from latflow.runs import break_even as break_even_of_costs
from latflow.runs import sample_cost as cost_of_results


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


def sample_cost(
    report: RunReport, chain: ChainReport, observable: str | None = None
) -> SampleCost | None:
    """Cost of an independent sample of a chain; ``None`` if not known.

    Args:
        report: the run.
        chain: one of its chains.
        observable: whose τ_int counts; by default that of the slowest of all slow series.
    """
    names = report.slow_names if observable is None else (observable,)
    results: dict[str, dict[str, Any]] = {}
    for name in names:
        measured = chain.observables.get(name)
        if measured is not None:
            error = measured.tau_int_error if math.isfinite(measured.tau_int_error) else 0.0
            results[name] = {
                "tau_int": measured.tau_int,
                "tau_int_error": error,
                "in_doubt": measured.in_doubt or measured.is_frozen,
            }
    return cost_of_results(chain.name, results, names, chain.seconds_per_sample)


def break_even(report: RunReport, observable: str | None = None) -> BreakEven | None:
    """The cheapest chain that uses the model against the cheapest that does not.

    ``None`` where one of the two, or the training time, is missing, and where the model has failed
    a check.

    Args:
        report: the run.
        observable: whose τ_int counts; by default that of the slowest of all slow series.
    """
    return _break_even(report, lambda chain: sample_cost(report, chain, observable))


def break_even_of_entry(report: RunReport, vector: str, name: str) -> BreakEven | None:
    """The same for an entry of a slow vector, each chain's own where that is the slowest.

    Args:
        report: the run.
        vector: the name of the slow vector.
        name: of the entry, as its costs have it.
    """

    def cost_of(chain: ChainReport) -> SampleCost | None:
        memories = chain.memories.get(vector)
        cost = None if memories is None else memories.costs.get(name)
        if cost is None or not cost.seconds > 0:
            return None
        return SampleCost(chain.name, cost.named(name), cost.seconds, cost.error)

    return _break_even(report, cost_of)


def _break_even(
    report: RunReport, cost_of: Callable[[ChainReport], SampleCost | None]
) -> BreakEven | None:
    if report.doubts:
        return None
    flows, classical = (
        [cost for chain in chains if (cost := cost_of(chain)) is not None]
        for chains in (report.flow_chains, report.classical_chains)
    )
    result = break_even_of_costs(flows, classical, report.training.get("seconds"))
    if result is None:
        return None
    return BreakEven(
        SampleCost(**result["flow"]),
        SampleCost(**result["classical"]),
        float(result["training_seconds"]),
        math.nan if result["samples"] is None else result["samples"],
        math.nan if result["samples_error"] is None else result["samples_error"],
    )
