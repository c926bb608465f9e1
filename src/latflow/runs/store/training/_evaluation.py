"""Fresh samples of a trained model, bound to that model."""

from pathlib import Path

import numpy as np
from jaxtyping import Shaped

from latflow.errors import DamagedFileError
from latflow.runs.store.files import ArrayFile, read_arrays, write_arrays

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
    if content.attributes.get("model") != model:
        raise DamagedFileError(path, f"is of another model than the run has now; {remedy}")
    return content.arrays
