"""Arrays as HDF5 in memory: written plainly, and read only if nothing but that is there.

Digests keep damage out; these bounds keep out what somebody may have put into a file on purpose,
with a digest that is right: arrays of terabytes in a few bytes, or in other files.
"""

import io
import json
import math
from collections.abc import Mapping
from typing import Any

import h5py
import numpy as np

from latflow.runs.store.files._seal import BLOCK, Damage

_ATTRIBUTES = "attributes"
_LONGEST_ATTRIBUTES = 2**20
_NUMBERS = frozenset(
    np.dtype(name)
    for name in ("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
                 "float16", "float32", "float64", "complex64", "complex128")
)  # fmt: skip
_PLAIN_LAYOUTS = (h5py.h5d.COMPACT, h5py.h5d.CONTIGUOUS)


def to_hdf5(arrays: Mapping[str, np.ndarray], attributes: str) -> memoryview:
    """An HDF5 file in memory: its first ``BLOCK`` bytes are left to us.

    Args:
        arrays: by name; a slash in a name makes a group.
        attributes: JSON.
    """
    buffer = io.BytesIO()
    with h5py.File(buffer, "w", userblock_size=BLOCK) as file:
        for name, array in arrays.items():
            file.create_dataset(name, data=np.asarray(array, order="C"))
        file.attrs[_ATTRIBUTES] = attributes
    return buffer.getbuffer()


def from_hdf5(content: bytes) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Arrays by name, and the attributes.

    Raises:
        Damage: there is something that :func:`to_hdf5` does not write, or HDF5 fails.
    """
    try:
        with h5py.File(io.BytesIO(content), "r") as file:
            datasets = _datasets(file, len(content))
            attributes = _attributes(file)
            return {name: item[...] for name, item in datasets.items()}, attributes
    except Damage:
        raise
    except Exception as error:
        # HDF5 fails in many ways, as errors of the system, of types, of memory, of recursion.
        reason = " ".join(str(error).split())[:200]
        raise Damage(f"HDF5 fails: {reason}") from None


def _datasets(file: h5py.File, most: int) -> dict[str, h5py.Dataset]:
    """All arrays by name, if they are plain and hold no more than ``most`` bytes together."""
    found, seen, total = {}, {file["/"]}, 0
    groups: list[tuple[str, h5py.Group]] = [("", file)]
    while groups:
        prefix, group = groups.pop()
        for name in group:
            if not (isinstance(name, str) and name.isprintable()):
                raise Damage("a name that cannot be printed")
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                raise Damage(f"{prefix}{name} is a link")
            item = group[name]
            if item in seen:
                raise Damage(f"{prefix}{name} is something else's second name")
            seen.add(item)
            if isinstance(item, h5py.Group):
                groups.append((f"{prefix}{name}/", item))
                continue
            total += _bytes_in(item, f"{prefix}{name}")
            if total > most:
                raise Damage(f"{prefix}{name} declares more than the file holds")
            found[f"{prefix}{name}"] = item
    return found


def _bytes_in(item: Any, name: str) -> int:
    """How large an array is."""
    if not isinstance(item, h5py.Dataset):
        raise Damage(f"{name} is no array")
    layout = item.id.get_create_plist()
    if layout.get_layout() not in _PLAIN_LAYOUTS or layout.get_external_count():
        raise Damage(f"{name} is not stored plainly")
    if item.shape is None or item.dtype not in _NUMBERS:
        raise Damage(f"{name} is no array of numbers")
    return math.prod(item.shape) * item.dtype.itemsize


def _attributes(file: h5py.File) -> dict[str, Any]:
    where = file.attrs.get_id(_ATTRIBUTES)
    if where.shape != () or h5py.check_string_dtype(where.dtype) is None:
        raise Damage("its attributes are no text")
    text = file.attrs[_ATTRIBUTES]
    if not isinstance(text, str) or len(text) > _LONGEST_ATTRIBUTES:
        raise Damage("its attributes are no text, or too long")
    content = json.loads(text)
    if not isinstance(content, dict):
        raise Damage("its attributes have no names")
    return content
