"""What every block of layers makes of the field: the numbers, and their file."""

from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int

from latflow.runs.store._arrays import ArrayFile, read_arrays, write_arrays


@dataclass(frozen=True)
class LayerView:
    """The field at every stage of a flow: the prior's, and after each ``[[model.flow]]`` block.

    The same fields are followed through all stages; nothing is weighted.

    Attributes:
        names: what made the field of a stage, such as ``normal`` or ``affine-coupling``.
        n_fields: number of independent fields behind the histogram and C(t).
        edges: of the bins of phi(x), lattice units.
        counts: values of phi(x) in each bin, over all sites and fields. The few values
            outside are counted nowhere.
        two_point: mean of C(t) at zero momentum, t = 0 ... T-1, not connected.
        two_point_error: its standard deviation; the fields are independent.
        fields: one field, the same sample at every stage.
    """

    names: tuple[str, ...]
    n_fields: int
    edges: Float[np.ndarray, "stages bins_and_one"]
    counts: Int[np.ndarray, "stages bins"]
    two_point: Float[np.ndarray, "stages time"]
    two_point_error: Float[np.ndarray, "stages time"]
    fields: Float[np.ndarray, "stages *lattice"]


_ARRAYS = tuple(f.name for f in fields(LayerView) if f.name not in {"names", "n_fields"})


def write_layer_view(path: Path, view: LayerView) -> None:
    """Write the file of a view, completely or not at all."""
    arrays = {name: getattr(view, name) for name in _ARRAYS}
    write_arrays(path, ArrayFile(arrays, {"names": list(view.names), "n_fields": view.n_fields}))


def read_layer_view(path: Path) -> LayerView:
    """Read the file of a view.

    Raises:
        RunFolderError: it cannot be read, or is damaged.
    """
    content = read_arrays(path, "delete it and resume the run")
    attributes = content.attributes
    return LayerView(tuple(attributes["names"]), attributes["n_fields"], **content.arrays)
