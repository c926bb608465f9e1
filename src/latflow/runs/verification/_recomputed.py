"""Numbers of a run computed once more from the configurations that are stored beside them."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Shaped

from latflow.errors import RunFolderError
from latflow.fields import from_named_arrays
from latflow.runs._resolved import ResolvedRun
from latflow.runs._stages import TrainingStage
from latflow.runs.store import ChainData

_AT_ONCE = 64
# Relative to the largest number of a series: another program adds in another order.
_ROUNDING, _ROUNDING_VECTORS, _ROUNDING_SINGLE = 1e-9, 1e-6, 1e-3


def remeasured(run: ResolvedRun, name: str, data: ChainData) -> int:
    """Measure the stored configurations of a chain again, and compare.

    Args:
        run: the run.
        name: of the chain.
        data: its samples.

    Returns:
        the number of configurations.

    Raises:
        RunFolderError: a number differs by more than rounding.
    """
    every = run.config.chain(name).configurations_every
    if not (every and data.n_kept):
        return 0
    structure = run.theory.space.structure(jnp.float64)
    flat = {key: a.reshape(-1, *a.shape[2:]) for key, a in data.configurations.items()}
    again = jax.lax.map(
        run.measurement, from_named_arrays(structure, _on_device(flat)), batch_size=_AT_ONCE
    )
    # A complex number is two of half its size.
    single = any(np.finfo(a.dtype).dtype == np.float32 for a in flat.values())
    for series, values in again.items():
        stored = data.measurements[series][:, every - 1 :: every][:, : data.n_kept]
        stored = stored.reshape(-1, *stored.shape[2:])
        # Vectors are stored in single precision, whatever the fields are in.
        usual = _ROUNDING_VECTORS if stored.ndim > 1 else _ROUNDING
        _compare(series, np.asarray(values), stored, _ROUNDING_SINGLE if single else usual)
    return data.n_chains * data.n_kept


def reweighed(stage: TrainingStage, evaluation: dict[str, Any]) -> int:
    """Compute the action of the stored samples of a model again, and compare.

    Args:
        stage: of training.
        evaluation: of its model.

    Returns:
        the number of samples.

    Raises:
        RunFolderError: a number differs by more than rounding.
    """
    arrays = {
        k.removeprefix("fields/"): v for k, v in evaluation.items() if k.startswith("fields/")
    }
    fields = from_named_arrays(stage.theory.space.structure(jnp.float64), _on_device(arrays))
    again = np.asarray(jax.lax.map(stage.theory.action, fields, batch_size=_AT_ONCE))
    _compare("action", again, evaluation["action"][: again.size], _ROUNDING)
    total = -evaluation["action"] - evaluation["log_weight"]
    _compare("log_prob", total, evaluation["log_prob"], _ROUNDING)
    return again.size


def _on_device(arrays: dict[str, np.ndarray]) -> dict[str, Array | np.ndarray]:
    return {name: jnp.asarray(array) for name, array in arrays.items()}


def _compare(
    name: str, again: Shaped[np.ndarray, "..."], stored: Shaped[np.ndarray, "..."], rounding: float
) -> None:
    finite = np.isfinite(stored)
    largest = np.abs(stored[finite]).max(initial=0.0)
    with np.errstate(invalid="ignore"):
        close = np.abs(again - stored) <= rounding * largest
    if not np.where(finite, close, np.isfinite(again) == finite).all():
        raise RunFolderError(
            f"{name} of the stored configurations is not what was recorded with them: recorded "
            "by another version of latflow, or made up"
        )
