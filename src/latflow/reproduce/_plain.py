"""Named values as JSON has them."""

from collections.abc import Mapping
from typing import Any

from latflow.analysis import Estimate


def plain(content: Mapping[str, Any]) -> dict[str, Any]:
    """Every estimate as a value and an error, ``name`` and ``name_error``; all else as it is."""
    made: dict[str, Any] = {}
    for name, one in content.items():
        if isinstance(one, Estimate):
            made |= {name: one.value, f"{name}_error": one.error}
        else:
            made[name] = one
    return made
