"""Named arrays in one sealed HDF5 file: complete and undamaged, or refused."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from latflow.runs.store.files._atomic import write_bytes
from latflow.runs.store.files._hdf5 import from_hdf5, to_hdf5
from latflow.runs.store.files._seal import BLOCK, read_sealed, seal
from latflow.runs.store.files._typed import only_sound

_KIND, _FORMAT = "arrays", 1


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
    """Write a file that is there completely or not at all.

    It is made in memory: HDF5 never sees a disk that is full.

    Raises:
        RunFolderError: it cannot be written.
    """
    file = to_hdf5(content.arrays, json.dumps(content.attributes, sort_keys=True))
    payload = file[BLOCK:]
    write_bytes(path, seal(_KIND, _FORMAT, {}, payload), payload)


def read_arrays(path: Path, remedy: str) -> ArrayFile:
    """Read a file of which every bit is right.

    Args:
        path: the file.
        remedy: what the user can do if it is damaged.

    Raises:
        DamagedFileError: its content is not what was written, or nothing that latflow writes.
        RunFolderError: it cannot be read, or was written by another version of latflow.
    """
    _, content = read_sealed(path, _KIND, _FORMAT, remedy)
    with only_sound(path, remedy):
        return ArrayFile(*from_hdf5(content))
