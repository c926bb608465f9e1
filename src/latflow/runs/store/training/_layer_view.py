"""What every block of layers makes of the field: the numbers, and their file."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int, Shaped

from latflow.errors import DamagedFileError
from latflow.runs.store.files import ArrayFile, Damage, Typed, only_sound, read_arrays, write_arrays

LAYERS_FILE = "layers.h5"


@dataclass(frozen=True)
class LayerView:
    """The field at every stage of a flow: the prior's, and after each ``[[model.flow]]`` block.

    The same fields are followed through all stages; nothing is weighted.

    Attributes:
        names: what made the field of a stage, such as ``normal`` or ``affine-coupling``.
        n_fields: number of independent fields behind the histogram and C(t).
        edges: of the bins, lattice units.
        counts: real numbers of the field (real and imaginary parts alike) in each bin, over all
            fields. The few values outside are counted nowhere.
        fields: one field, the same sample at every stage, by the names of its arrays.
        two_point: mean of C(t) at zero momentum, t = 0 ... T-1, not connected; ``None`` where
            the observables record no ``two_point``.
        two_point_error: its standard deviation; the fields are independent.
    """

    names: tuple[str, ...]
    n_fields: int
    edges: Float[np.ndarray, "stages bins_and_one"]
    counts: Int[np.ndarray, "stages bins"]
    fields: dict[str, Shaped[np.ndarray, "stages ..."]]
    two_point: Float[np.ndarray, "stages time"] | None = None
    two_point_error: Float[np.ndarray, "stages time"] | None = None


def write_layer_view(path: Path, view: LayerView, model: str) -> None:
    """Write the file of a view, completely or not at all.

    Args:
        path: the file.
        view: the numbers.
        model: identifies the model that they are about.
    """
    arrays = {"edges": view.edges, "counts": view.counts}
    arrays |= {f"fields/{name}": array for name, array in view.fields.items()}
    if view.two_point is not None and view.two_point_error is not None:
        arrays |= {"two_point": view.two_point, "two_point_error": view.two_point_error}
    attributes = {"names": list(view.names), "n_fields": view.n_fields, "model": model}
    write_arrays(path, ArrayFile(arrays, attributes))


def read_layer_view(path: Path, model: str, remedy: str) -> LayerView:
    """Read the file of a view.

    Args:
        path: the file.
        model: identifies the model that it must be about.
        remedy: what to do if it is not.

    Raises:
        DamagedFileError: it is damaged, or about another model.
        RunFolderError: it cannot be read.
    """
    content = read_arrays(path, remedy)
    with only_sound(path, remedy):
        facts = Typed(content.attributes)
        if facts.text("model") != model:
            raise DamagedFileError(path, f"is about another model than the run has now; {remedy}")
        names = facts.texts("names")
        fields = content.group("fields")
        if not {"edges", "counts"} <= content.arrays.keys() or any(
            array.shape[:1] != (len(names),) for array in content.arrays.values()
        ):
            raise Damage("its arrays are not those of its stages")
        return LayerView(
            names=names,
            n_fields=facts.count("n_fields"),
            edges=content.arrays["edges"],
            counts=content.arrays["counts"],
            fields=fields,
            two_point=content.arrays.get("two_point"),
            two_point_error=content.arrays.get("two_point_error"),
        )
