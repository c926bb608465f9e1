"""What is known about a theory's observables, and how a run compares with it."""

from typing import Any

from latflow.analysis import KnownNumber
from latflow.observables import Observable, known_by_principle
from latflow.runs.configuration import RunConfig
from latflow.runs.results._pull import pull
from latflow.theories import Theory


def known_numbers(
    theory: Theory, observables: tuple[Observable, ...] | None = None
) -> dict[str, KnownNumber]:
    """Numbers to compare with, by name: of symmetries, of identities, and what the theory knows.

    Args:
        theory: any.
        observables: what is measured; by default what the theory names.
    """
    observables = theory.observables if observables is None else observables
    return known_by_principle(observables, theory.symmetries) | theory.known()


def reference_entries(
    config: RunConfig, numbers: dict[str, KnownNumber], summary: dict[str, Any]
) -> dict[str, Any]:
    """Every known number; its pull is that of the first chain that measured it.

    Args:
        config: of the run.
        numbers: by name.
        summary: the results of the chains, and ``log_z`` where there is one.
    """
    return {name: _entry(config, number, summary) for name, number in numbers.items()}


def _entry(config: RunConfig, number: KnownNumber, summary: dict[str, Any]) -> dict[str, Any]:
    entry = {"value": number.value, "error": number.error, "source": number.source, "pull": None}
    if number.compares_with == "log_z":
        if "log_z" in summary:
            entry["pull"] = summary["log_z"].get("pull")
        return entry
    for name, content in summary["chains"].items():
        measured = content["observables"].get(number.compares_with)
        if measured is None or not _is_for(number, config, name):
            continue
        deviation = pull(measured[number.of], measured[_ERROR_OF[number.of]], number)
        return entry | {"chain": name, "pull": deviation}
    return entry


_ERROR_OF = {"value": "error", "tau_int": "tau_int_error"}


def _is_for(number: KnownNumber, config: RunConfig, chain: str) -> bool:
    """Whether a number is about the chains of a block: it may be for one kernel only."""
    if number.kernel is None:
        return True
    block = config.chain(chain)
    return all(getattr(block, key, None) == value for key, value in number.kernel.items())
