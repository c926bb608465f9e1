"""Results as notebooks show them."""

from collections.abc import Mapping
from typing import Any

from latflow.reports import value_with_error


def number(value: Any, error: Any) -> str:
    """A value with its error as people write it, or what is known of it."""
    if value is None:
        return "undefined"
    return f"{value:.6g}" if error is None else value_with_error(value, error)


def result_rows(results: Mapping[str, Mapping[str, Any]]) -> list[list[str]]:
    """Name, value and tau_int of results as a summary has them."""
    return [
        [
            name,
            number(entry["value"], entry["error"]),
            "" if entry["tau_int"] is None else number(entry["tau_int"], entry["tau_int_error"]),
        ]
        for name, entry in results.items()
    ]
