"""Named arrays in one HDF5 file with a digest: complete and undamaged, or refused."""

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from latflow.errors import RunFolderError
from latflow.runs.store._atomic import written_aside

_DIGEST = "sha256"
_ATTRIBUTES = "attributes"


@dataclass(frozen=True)
class ArrayFile:
    """What one file holds.

    Attributes:
        arrays: by name; a slash in a name makes a group, as in ``measurements/m``.
        attributes: small numbers and strings beside them, as JSON.
    """

    arrays: dict[str, np.ndarray]
    attributes: dict[str, Any] = field(default_factory=dict)

    def group(self, name: str) -> dict[str, np.ndarray]:
        """The arrays of one group, by their names inside it."""
        prefix = f"{name}/"
        return {
            key.removeprefix(prefix): array
            for key, array in self.arrays.items()
            if key.startswith(prefix)
        }


def write_arrays(path: Path, content: ArrayFile) -> None:
    """Write a file that is there completely or not at all."""
    attributes = json.dumps(content.attributes, sort_keys=True)
    with written_aside(path) as aside, h5py.File(aside, "w") as file:
        for name, array in content.arrays.items():
            file.create_dataset(name, data=np.asarray(array, order="C"))
        file.attrs[_ATTRIBUTES] = attributes
        file.attrs[_DIGEST] = _digest(content.arrays, attributes)


def read_arrays(path: Path, remedy: str) -> ArrayFile:
    """Read a file and check it against its digest.

    Args:
        path: the file.
        remedy: what the user can do if it is damaged.

    Raises:
        RunFolderError: it cannot be read or its content is not what was written.
    """
    try:
        arrays: dict[str, np.ndarray] = {}
        with h5py.File(path, "r") as file:
            attributes, digest = str(file.attrs[_ATTRIBUTES]), file.attrs[_DIGEST]

            def visit(name: str, item) -> None:
                if isinstance(item, h5py.Dataset):
                    arrays[name] = item[...]

            file.visititems(visit)
        intact = _digest(arrays, attributes) == digest
    except (OSError, KeyError, RuntimeError, ValueError) as error:
        raise RunFolderError(f"{path}: cannot be read ({_one_line(error)}); {remedy}") from None
    if not intact:
        raise RunFolderError(f"{path}: damaged (its digest does not match); {remedy}")
    return ArrayFile(arrays, json.loads(attributes))


def _digest(arrays: dict[str, np.ndarray], attributes: str) -> str:
    total = hashlib.sha256(attributes.encode())
    for name in sorted(arrays):
        array = np.asarray(arrays[name], order="C")
        total.update(f"{name} {array.dtype.str} {array.shape}".encode())
        total.update(array.reshape(-1).view(np.uint8).data if array.size else b"")
    return total.hexdigest()


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
