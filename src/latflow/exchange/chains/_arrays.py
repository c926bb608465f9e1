"""HDF5 and NumPy files: the arrays as they are, with what they mean."""

import json
from pathlib import Path

import h5py
import numpy as np

from latflow.exchange.chains._run_data import AXES, NUMBERS, UNITS, RunExport


def write_hdf5(path: Path, export: RunExport) -> None:
    """``chains/CHAIN/measurements/NAME`` and the like; the results of a chain are attributes."""
    # In memory: HDF5 itself must not meet a full disk.
    with h5py.File("export", "w", driver="core", backing_store=False) as file:
        file.attrs.update({key: _attribute(value) for key, value in export.about.items()})
        for name, series in export.metrics.items():
            file.create_dataset(f"training/{name}", data=series).attrs["axes"] = "step"
        for chain in export.chains:
            group = file.create_group(f"chains/{chain.name}")
            group.attrs.update(kernel=chain.kernel, thin=chain.thin)
            for kind, arrays in (("measurements", chain.measurements), ("infos", chain.infos)):
                for name, array in arrays.items():
                    dataset = group.create_dataset(f"{kind}/{name}", data=array)
                    dataset.attrs.update(
                        axes=", ".join(AXES), words=export.words.get(name, ""), units=UNITS
                    )
            for name, array in chain.configurations.items():
                dataset = group.create_dataset(f"configurations/{name}", data=array)
                dataset.attrs.update(
                    axes="replica, kept", every_samples=chain.configurations_every, units=UNITS
                )
            for quantity, numbers in chain.results.items():
                result = group.create_group(f"results/{quantity}")
                result.attrs.update(words=export.words.get(quantity, ""), units=UNITS, **numbers)
        file.flush()
        image = file.id.get_file_image()
    path.write_bytes(image)


def write_npz(path: Path, export: RunExport) -> None:
    """The same names as keys; results are arrays of value, error, tau_int, tau_int_error."""
    arrays: dict[str, np.ndarray] = {"about": np.array(json.dumps(export.about))}
    arrays |= {f"training/{name}": series for name, series in export.metrics.items()}
    for chain in export.chains:
        kinds = {
            "measurements": chain.measurements,
            "infos": chain.infos,
            "configurations": chain.configurations,
            "results": {
                quantity: np.array([numbers[key] for key in NUMBERS])
                for quantity, numbers in chain.results.items()
            },
        }
        for kind, content in kinds.items():
            arrays |= {
                f"chains/{chain.name}/{kind}/{name}": array for name, array in content.items()
            }
    # Older NumPy takes `allow_pickle` for the name of an array: objects are refused here.
    objects = [name for name, array in arrays.items() if np.asarray(array).dtype.hasobject]
    if objects:
        raise TypeError(f"not arrays of numbers or strings: {', '.join(objects)}")
    with open(path, "wb") as file:
        np.savez_compressed(file, **arrays)  # pyright: ignore[reportArgumentType]


def _attribute(value: object) -> object:
    return json.dumps(value) if isinstance(value, dict | list) else value
