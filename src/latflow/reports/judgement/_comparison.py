"""Pulls: by how many standard deviations two numbers differ."""

import math
from collections.abc import Iterable
from typing import NamedTuple

from latflow.reports.data import ChainReport, Measured, Reference, RunReport

# How far apart numbers may lie before the report calls it a tension, and a disagreement.
TENSION = 3.0
DISAGREEMENT = 4.0

WithError = Measured | Reference


class Pull(NamedTuple):
    """How far an observable of one source lies from another source, in standard deviations."""

    observable: str
    source: str
    against: str
    value: float


def pull_between(one: WithError | None, other: WithError | None) -> float:
    """(one − other) / combined error; NaN where there is nothing to compare.

    Numbers without any error that are equal to rounding have a pull of zero.
    """
    if one is None or other is None:
        return math.nan
    difference = one.value - other.value
    error = math.hypot(one.error, other.error)
    if not (math.isfinite(difference) and math.isfinite(error)):
        return math.nan
    rounding = 1e-9 * max(abs(one.value), abs(other.value))
    if error <= 1e-3 * rounding:
        return 0.0 if abs(difference) <= rounding else math.copysign(math.inf, difference)
    return difference / error


def pulls_between_chains(report: RunReport, one: ChainReport, other: ChainReport) -> list[Pull]:
    """Pulls of all observables that two chains have in common."""
    common = report.labels.in_order(set(one.observables) & set(other.observables))
    return _finite(
        Pull(name, one.name, other.name, chain_pull(report, name, one, other)) for name in common
    )


def chain_pull(report: RunReport, name: str, one: ChainReport, other: ChainReport) -> float:
    """Pull of an observable between two chains; NaN where there is nothing to compare."""
    first, second = one.observables.get(name), other.observables.get(name)
    if first is None or second is None or name in report.of_the_kernel:
        return math.nan
    # Two chains without fluctuations have nothing to say about each other.
    if first.error == 0 and second.error == 0:
        return math.nan
    return pull_between(first, second)


def pulls_against_reference(report: RunReport, chain: ChainReport) -> list[Pull]:
    """Pulls of a chain's observables against what is known."""
    common = set(chain.observables) & set(chain.references)
    return _finite(
        Pull(
            name,
            chain.name,
            "reference",
            pull_between(chain.observables[name], chain.references[name]),
        )
        for name in report.labels.in_order(common)
    )


def baseline(report: RunReport) -> ChainReport | None:
    """The chain that the others are compared with: the first that needs no training."""
    if len(report.chains) < 2:
        return None
    return (report.classical_chains or report.chains)[0]


def compared_pairs(report: RunReport) -> list[tuple[ChainReport, ChainReport]]:
    """Every chain but the baseline, with the baseline."""
    reference = baseline(report)
    if reference is None:
        return []
    return [(chain, reference) for chain in report.chains if chain is not reference]


def log_z_pull(report: RunReport) -> float:
    """Pull of log Z against its reference; NaN where one is missing."""
    return pull_between(report.log_z, report.log_z_reference)


def largest(pulls: list[Pull]) -> Pull | None:
    """The pull of largest modulus."""
    return max(pulls, key=lambda pull: abs(pull.value), default=None)


def _finite(pulls: Iterable[Pull]) -> list[Pull]:
    return [pull for pull in pulls if not math.isnan(pull.value)]
