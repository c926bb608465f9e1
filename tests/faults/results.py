"""The numbers of a run: what must not depend on how it came about."""

import json
from pathlib import Path
from typing import Any

_TIMES = ("break_even", "slowest_observable", "cost_warnings")


def without_times(content: Any) -> Any:
    """The same content without what depends on how long things took."""
    if isinstance(content, dict):
        return {
            key: without_times(value)
            for key, value in content.items()
            if "seconds" not in key and key not in _TIMES
        }
    if isinstance(content, list):
        return [without_times(entry) for entry in content]
    return content


def numbers_in(folder: Path) -> Any:
    """All results in the summary of a run, to the last bit."""
    return without_times(json.loads((folder / "summary.json").read_text(encoding="utf-8")))


def scan_numbers_in(folder: Path) -> Any:
    """The results of all runs of a scan."""
    return {
        str(path.parent.relative_to(folder)): numbers_in(path.parent)
        for path in sorted(folder.rglob("summary.json"))
    }
