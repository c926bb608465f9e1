"""Fresh samples of a trained model, bound to that model."""

from pathlib import Path

import numpy as np
from jaxtyping import Shaped

from latflow.errors import DamagedFileError
from latflow.runs.store.files import ArrayFile, read_arrays, write_arrays

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
    if content.attributes.get("model") != model:
        raise DamagedFileError(path, f"is of another model than the run has now; {remedy}")
    # Other files of arrays are of this model as well.
    shapes = [content.arrays[name].shape if name in content.arrays else () for name in _SERIES]
    if len(shapes[0]) != 1 or any(shape != shapes[0] for shape in shapes):
        raise DamagedFileError(path, f"is no evaluation of a model; {remedy}")
    return content.arrays
