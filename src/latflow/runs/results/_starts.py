"""Chains that started hot and cold: have they met?"""

import math
from collections.abc import Iterable, Mapping
from itertools import combinations
from typing import Any

from scipy import stats

from latflow.observables import Doubt, SlowSeries
from latflow.runs.configuration import ChainSettings

_SMALLEST_P_VALUE = 0.001
_NO_EQUILIBRIUM_P_VALUE = 1e-6
_STARTS = {"hot", "cold"}


def about_starts(
    chains: Iterable[ChainSettings],
    results: Mapping[str, Mapping[str, Any]],
    slow: Iterable[SlowSeries],
    odd: frozenset[str] = frozenset(),
) -> dict[str, list[Doubt]]:
    """What is to be said where chains of one kernel start hot and cold, by name of the chain.

    Their slow means must agree. Beyond p < 10⁻⁶ for one of them nothing is known of either chain,
    beyond p < 10⁻³ there is a warning. Of chains in equilibrium a pair is doubted wrongly once in
    10⁶ comparisons.

    Args:
        chains: the blocks.
        results: ``observables`` of their entries in the summary, by name.
        slow: the series that count.
        odd: quantities that a symmetry makes vanish: only they are in doubt then.
    """
    found: dict[str, list[Doubt]] = {}
    there = [chain for chain in chains if chain.name in results]
    for one, other in combinations(there, 2):
        if {one.first_field, other.first_field} != _STARTS or one.kernel != other.kernel:
            continue
        for name in dict.fromkeys(series.name for series in slow):
            entries = [results[chain.name].get(name) for chain in (one, other)]
            p_value, sigmas = _difference(*entries)
            if p_value >= _SMALLEST_P_VALUE:
                continue
            for chain, partner in ((one, other), (other, one)):
                found.setdefault(chain.name, []).append(
                    _doubt(name, chain, partner, p_value, sigmas, results[chain.name], odd)
                )
    return found


def _doubt(
    name: str,
    chain: ChainSettings,
    partner: ChainSettings,
    p_value: float,
    sigmas: float,
    results: Mapping[str, Any],
    odd: frozenset[str],
) -> Doubt:
    start, other = chain.first_field, partner.first_field
    seen = f"{name} is {sigmas:.1f} sigma from that of {partner.name}"
    if p_value >= _NO_EQUILIBRIUM_P_VALUE:
        return Doubt(f"{start} and {other} starts differ; a longer warm_up may be needed: {seen}")
    return Doubt(
        f"{start} and {other} starts have not met; the chains are not in equilibrium, and there is "
        f"no result (a longer warm_up is needed): {seen}",
        (name,) if name in odd else tuple(results),
    )


def _difference(
    one: Mapping[str, Any] | None, other: Mapping[str, Any] | None
) -> tuple[float, float]:
    """The probability of a difference as large as this, and how many sigmas it is."""
    if one is None or other is None or one["error"] is None or other["error"] is None:
        return 1.0, 0.0
    error = math.hypot(one["error"], other["error"])
    if not error > 0:
        return 1.0, 0.0
    sigmas = abs(one["value"] - other["value"]) / error
    return float(2 * stats.norm.sf(sigmas)), sigmas
