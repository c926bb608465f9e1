"""Text files: samples as a table, results for gvar."""

import csv
import json
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from jaxtyping import Shaped

from latflow.errors import ConfigError
from latflow.exchange.chains._run_data import ChainExport, RunExport


def write_csv(path: Path, export: RunExport) -> None:
    """One line per sample: chain, replica, sample, then every component of every measurement.

    Components of arrays are columns of their own: ``c[0]``, ``w[0,1]``. Fields are empty where a
    chain did not measure something. All digits are there.
    """
    tables = [(chain, dict(_columns(chain))) for chain in export.chains]
    names = list(dict.fromkeys(name for _, columns in tables for name in columns))
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["chain", "replica", "sample", *names])
        for chain, columns in tables:
            for replica in range(chain.n_replicas):
                rows = [columns[n][replica].tolist() if n in columns else None for n in names]
                for sample in range(chain.n_samples):
                    cells = ["" if row is None else repr(row[sample]) for row in rows]
                    writer.writerow([chain.name, replica, sample, *cells])


def write_gvar(path: Path, export: RunExport) -> None:
    """JSON of ``CHAIN/QUANTITY: "value +- error"``, as ``gvar.gvar`` takes it.

    Results without an error are left out. Correlations between quantities are not told: combine
    those that share samples from the samples themselves.
    """
    content = {
        f"{chain.name}/{quantity}": f"{numbers['value']!r} +- {numbers['error']!r}"
        for chain in export.chains
        for quantity, numbers in chain.results.items()
        if math.isfinite(numbers["value"]) and math.isfinite(numbers["error"])
    }
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def write_metrics(path: Path, export: RunExport) -> None:
    """A table of the training: one line per step of the last stage, all digits.

    Raises:
        ConfigError: nothing was trained.
    """
    if not export.metrics:
        raise ConfigError("--format", "metrics are those of training, and this run has none")
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(export.metrics)
        columns = [series.tolist() for series in export.metrics.values()]
        writer.writerows([repr(cell) for cell in row] for row in zip(*columns, strict=True))


def _columns(
    chain: ChainExport,
) -> Iterator[tuple[str, Shaped[np.ndarray, "replicas samples"]]]:
    for name, array in (chain.measurements | chain.infos).items():
        for index in np.ndindex(array.shape[2:]):
            suffix = f"[{','.join(map(str, index))}]" if index else ""
            yield name + suffix, array[(slice(None), slice(None), *index)]
