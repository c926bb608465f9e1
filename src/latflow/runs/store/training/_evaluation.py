"""Fresh samples of a trained model, bound to that model."""

from pathlib import Path

import numpy as np
from jaxtyping import Shaped

from latflow.errors import DamagedFileError
from latflow.runs.store.files import ArrayFile, Damage, Typed, only_sound, read_arrays, write_arrays

EVALUATION_FILE = "evaluation.h5"

_SERIES = ("log_weight", "log_prob", "action")

Evaluation = dict[str, Shaped[np.ndarray, "..."]]


def write_evaluation(path: Path, arrays: Evaluation, seconds: float, model: str) -> None:
    """Write the file, completely or not at all.

    Args:
        path: the file.
        arrays: by name.
        seconds: that it took.
        model: identifies the model that the samples are of.
    """
    write_arrays(path, ArrayFile(arrays, {"seconds": seconds, "model": model}))


def read_evaluation(path: Path, model: str, remedy: str) -> Evaluation:
    """The arrays of the file.

    Args:
        path: the file.
        model: identifies the model that the samples must be of.
        remedy: what to do if they are not.

    Raises:
        DamagedFileError: it cannot be read, is damaged, or of another model.
    """
    content = read_arrays(path, remedy)
    with only_sound(path, remedy):
        if Typed(content.attributes).text("model") != model:
            raise DamagedFileError(path, f"is of another model than the run has now; {remedy}")
        _check_shapes(content)
    return content.arrays


def _check_shapes(content: ArrayFile) -> None:
    """Weights are there, and everything that belongs to a sample is of the same ones."""
    series = [content.arrays.get(name, np.zeros(())) for name in _SERIES]
    if any(a.ndim != 1 or not a.size or a.dtype.kind != "f" for a in series):
        raise Damage("no weights")
    if len({a.shape for a in series}) != 1:
        raise Damage("its series are of different samples")
    if not all(array.ndim for array in content.arrays.values()):
        raise Damage("an array of no samples")
