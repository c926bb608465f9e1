"""netCDF files as ArviZ's InferenceData has them: groups ``posterior`` and ``sample_stats``."""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Shaped

from latflow.errors import ConfigError
from latflow.exchange.chains._run_data import UNITS, RunExport


def write_netcdf(path: Path, export: RunExport) -> None:
    """One chain block: measurements as ``posterior``, kernel numbers as ``sample_stats``.

    Both have the dimensions ``chain`` and ``draw``.

    Raises:
        ConfigError: there are several blocks, or h5netcdf is missing.
    """
    if len(export.chains) != 1:
        names = ", ".join(chain.name for chain in export.chains)
        raise ConfigError("--chain", f"a netCDF file holds one chain: name one of {names}")
    try:
        # An optional extra: only who writes such files needs it.
        import h5netcdf
    except ImportError as error:
        raise ConfigError(
            "--format", f'netcdf needs {error.name}: python -m pip install "latflow[export]"'
        ) from None
    (chain,) = export.chains
    about = {key: _attribute(value) for key, value in export.about.items()}
    about |= {"kernel": chain.kernel, "thin": chain.thin, "results": json.dumps(chain.results)}
    # In memory: HDF5 itself must not meet a full disk.
    content = io.BytesIO()
    with h5netcdf.File(content, "w") as file:
        for name, arrays in (("posterior", chain.measurements), ("sample_stats", chain.infos)):
            group = file.create_group(name)
            group.attrs.update(about)
            axes = {"chain": chain.n_replicas, "draw": chain.n_samples}
            group.dimensions = axes | {
                axis: extent for n, array in arrays.items() for axis, extent in _own(n, array)
            }
            for axis, extent in axes.items():
                group.create_variable(axis, (axis,), data=np.arange(extent))
            for series, array in arrays.items():
                _write(group, export, series, array)
    path.write_bytes(content.getvalue())


def _own(name: str, array: Shaped[np.ndarray, "..."]) -> list[tuple[str, int]]:
    """The axes that only this series has, with their extents."""
    return [(f"{name}_dim_{k}", extent) for k, extent in enumerate(array.shape[2:])]


def _write(
    group: Any, export: RunExport, name: str, array: Shaped[np.ndarray, "replicas samples ..."]
) -> None:
    dimensions = ("chain", "draw", *(axis for axis, _ in _own(name, array)))
    variable = group.create_variable(name, dimensions, data=array)
    variable.attrs["units"] = UNITS
    if words := export.words.get(name):
        variable.attrs["long_name"] = words


def _attribute(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, dict | list) else value
