"""The json.gz of pyerrors (version 1.1 of its format), written without it.

A measurement becomes an ``Obs``, or an ``Array`` of them, whose samples stand as deviations from
the mean of all replicas: ``pyerrors.input.json.load_json`` gives them back.
"""

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Shaped

from latflow.exchange.chains._run_data import ChainExport, RunExport

_VERSION = "1.1"


def write_pyerrors(path: Path, export: RunExport) -> None:
    """Every measurement of every chain; the tag is ``CHAIN/NAME``.

    Each chain block is an ensemble of its own, with a replicum per independent chain. What is not
    finite is left out, and named in the description.
    """
    data, left_out = [], []
    for chain in export.chains:
        for name, array in chain.measurements.items():
            if np.isfinite(array).all() and chain.n_samples > 1:
                data.append(_entry(chain, name, np.asarray(array, dtype=np.float64)))
            else:
                left_out.append(f"{chain.name}/{name}")
    document = {
        "program": export.about["program"],
        "version": _VERSION,
        "who": "latflow",
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S +0000"),
        "host": "",
        "description": export.about | ({"left out": left_out} if left_out else {}),
        "obsdata": data,
    }
    text = json.dumps(document, allow_nan=False)
    # Without a name and a time in the header the same samples make the same file.
    with open(path, "wb") as file, gzip.GzipFile("", "wb", fileobj=file, mtime=0) as packed:
        packed.write(text.encode())


def _entry(
    chain: ChainExport, name: str, series: Shaped[np.ndarray, "replicas samples ..."]
) -> dict[str, Any]:
    shape = series.shape[2:]
    columns = series.reshape(*series.shape[:2], -1)
    means = columns.mean(axis=(0, 1))
    tag = f"{chain.name}/{name}"
    return {
        "type": "Array" if shape else "Obs",
        "layout": ", ".join(map(str, shape)) or "1",
        "tag": [tag] * means.size,
        "value": means.tolist(),
        "data": [
            {
                "id": chain.name,
                "replica": [
                    {
                        "name": f"{chain.name}|r{number}",
                        "deltas": [
                            [sample, *row]
                            for sample, row in enumerate((replica - means).tolist(), start=1)
                        ],
                    }
                    for number, replica in enumerate(columns)
                ],
            }
        ],
    }
