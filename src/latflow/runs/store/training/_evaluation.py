"""Fresh samples of a trained model, bound to that model."""

from pathlib import Path

import numpy as np
from jaxtyping import Shaped

from latflow.errors import DamagedFileError
from latflow.runs.store.files import ArrayFile, Damage, Typed, only_sound, read_arrays, write_arrays

EVALUATION_FILE = "evaluation.h5"

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
    weights = content.arrays.get("log_weight")
    if weights is None or weights.ndim != 1 or not weights.size:
        raise Damage("no weights")
    for name in ("log_weight", "log_prob", "action"):
        array = content.arrays.get(name, weights)
        if array.shape != weights.shape or array.dtype.kind != "f":
            raise Damage(f"{name} is not of its samples")
    if not all(array.ndim for array in content.arrays.values()):
        raise Damage("an array of no samples")
