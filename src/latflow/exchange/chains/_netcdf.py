"""netCDF files as ArviZ's InferenceData has them: groups ``posterior`` and ``sample_stats``."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Shaped

from latflow.errors import ConfigError
from latflow.exchange.chains._run_data import UNITS, ChainExport, RunExport


def write_netcdf(path: Path, export: RunExport) -> None:
    """One chain block: measurements as ``posterior``, kernel numbers as ``sample_stats``.

    Both are xarray data sets with the dimensions ``chain`` and ``draw``.

    Raises:
        ConfigError: there are several blocks, or xarray or h5netcdf are missing.
    """
    if len(export.chains) != 1:
        names = ", ".join(chain.name for chain in export.chains)
        raise ConfigError("--chain", f"a netCDF file holds one chain: name one of {names}")
    try:
        # An optional extra: only who writes such files needs it.
        import h5netcdf  # noqa: F401
        import xarray
    except ImportError as error:
        raise ConfigError(
            "--format", f'netcdf needs {error.name}: python -m pip install "latflow[export]"'
        ) from None
    (chain,) = export.chains
    about = {key: _attribute(value) for key, value in export.about.items()}
    about |= {"kernel": chain.kernel, "thin": chain.thin, "results": json.dumps(chain.results)}
    groups = {"posterior": chain.measurements, "sample_stats": chain.infos}
    for number, (group, arrays) in enumerate(groups.items()):
        dataset = xarray.Dataset(
            {name: _variable(export, name, array) for name, array in arrays.items()},
            coords=_coordinates(chain),
            attrs=about,
        )
        mode = "w" if number == 0 else "a"
        dataset.to_netcdf(path, mode=mode, group=group, engine="h5netcdf")


def _variable(
    export: RunExport, name: str, array: Shaped[np.ndarray, "replicas samples ..."]
) -> tuple[list[str], np.ndarray, Mapping[str, str]]:
    dimensions = ["chain", "draw", *(f"{name}_dim_{k}" for k in range(array.ndim - 2))]
    about = {"units": UNITS} | ({"long_name": w} if (w := export.words.get(name)) else {})
    return dimensions, array, about


def _coordinates(chain: ChainExport) -> dict[str, np.ndarray]:
    return {"chain": np.arange(chain.n_replicas), "draw": np.arange(chain.n_samples)}


def _attribute(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, dict | list) else value
