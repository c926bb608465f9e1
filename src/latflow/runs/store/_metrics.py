"""Training metrics on disk: one JSON object per line and step."""

import json
import os
from pathlib import Path

import numpy as np
from jaxtyping import Shaped

from latflow.runs.store._atomic import finite, write_text

Metrics = dict[str, Shaped[np.ndarray, " steps"]]


def append_metrics(path: Path, first_step: int, metrics: Metrics) -> None:
    """Add a line for every step; steps count from one, the first one done is step 1."""
    names = list(metrics)
    columns = [metrics[name].tolist() for name in names]
    lines = [
        json.dumps({"step": first_step + i, **finite(dict(zip(names, row, strict=True)))})
        for i, row in enumerate(zip(*columns, strict=True), start=1)
    ]
    with open(path, "a", encoding="utf-8") as file:
        file.write("".join(line + "\n" for line in lines))
        file.flush()
        os.fsync(file.fileno())


def truncate_metrics(path: Path, last_step: int) -> None:
    """Forget the steps after ``last_step``: they will be done again."""
    if path.exists():
        kept = [line for line, entry in _entries(path) if entry["step"] <= last_step]
        write_text(path, "".join(line + "\n" for line in kept))


def read_metrics(path: Path) -> Metrics:
    """All metrics by name, ``step`` among them; NaN where a number was not finite."""
    if not path.exists():
        return {}
    entries = [entry for _, entry in _entries(path)]
    names = entries[0] if entries else {}
    return {
        name: np.array([np.nan if e.get(name) is None else e[name] for e in entries])
        for name in names
    }


def _entries(path: Path):
    """Lines with what they hold; a line that a crash cut short ends the file."""
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            return
        yield line, entry
