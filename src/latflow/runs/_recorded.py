"""What was recorded of a chain is what its run measures."""

from pathlib import Path

import equinox as eqx
import jax.numpy as jnp

from latflow.errors import RunFolderError
from latflow.fields import named_arrays
from latflow.observables import Measurement
from latflow.runs.store import ChainData


def check_recorded(path: Path, data: ChainData, measurement: Measurement) -> None:
    """Refuse samples with other series, or with other fields, than a run's theory has.

    Args:
        path: of the chain's folder.
        data: its samples.
        measurement: what the run measures.

    Raises:
        RunFolderError: names or shapes differ.
    """
    field = measurement.theory.space.structure(jnp.float64)
    series, fields = eqx.filter_eval_shape(lambda x: (measurement(x), named_arrays(x)), field)
    for what, found, wanted in (
        ("series", data.measurements, series),
        ("fields", data.configurations, fields),
    ):
        stored = {name: array.shape[2:] for name, array in found.items()}
        now = {name: array.shape for name, array in wanted.items()}
        if stored != now:
            names = sorted(n for n in {*stored, *now} if stored.get(n) != now.get(n))
            raise RunFolderError(
                f"{path}: was recorded by another version of latflow, whose {what} differ "
                f"({', '.join(names)}); go on with that version, or start a new run"
            )
