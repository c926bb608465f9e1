"""Everything that a run can be exported to, by name."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from latflow.errors import ConfigError
from latflow.exchange import chains, gauge
from latflow.runs import ResolvedRun, RunFolder, resolve, written_aside


@dataclass(frozen=True)
class SeriesFormat:
    """A format of the samples of chains.

    Attributes:
        name: for the command line.
        suffix: of its files.
        words: what it is.
        write: the file.
    """

    name: str
    suffix: str
    words: str
    write: Callable[[Path, chains.RunExport], None]


SERIES_FORMATS: tuple[SeriesFormat, ...] = (
    SeriesFormat("hdf5", ".h5", "HDF5: samples, results, stored fields", chains.write_hdf5),
    SeriesFormat("npz", ".npz", "NumPy archive of the same", chains.write_npz),
    SeriesFormat("csv", ".csv", "table of samples", chains.write_csv),
    SeriesFormat("pyerrors", ".json.gz", "samples for pyerrors", chains.write_pyerrors),
    SeriesFormat("netcdf", ".nc", "samples for xarray and ArviZ", chains.write_netcdf),
    SeriesFormat("gvar", ".json", "results for gvar", chains.write_gvar),
    SeriesFormat("metrics", ".csv", "table of the training", chains.write_metrics),
    SeriesFormat("tensorboard", ".tfevents", "training for TensorBoard", chains.write_tensorboard),
)


def export_names() -> list[str]:
    """The names of all formats."""
    return [form.name for form in (*SERIES_FORMATS, *gauge.CONFIGURATION_FORMATS)]


def export(
    run: RunFolder | ResolvedRun,
    form: str,
    path: Path | None = None,
    *,
    names: Sequence[str] | None = None,
    configurations: bool = False,
    configuration: int = -1,
    replica: int = 0,
) -> Path:
    """Write the samples or a configuration of a run for another program.

    Args:
        run: a measured run.
        form: name of the format, one of :func:`export_names`.
        path: of the file; the run's name with the format's suffix, in the current folder, if not
            given.
        names: chains; all if not given.
        configurations: whether HDF5 and NumPy files hold the stored fields too.
        configuration: for formats of one configuration: its number among those stored, the last
            if not given.
        replica: for these: which of the independent chains.

    Returns:
        The path.

    Raises:
        ConfigError: there is no such format, chain or configuration.
        ForeignFileError: the file is there already, or cannot be written.
        RunFolderError: the run has not been measured, or is damaged.
    """
    run = resolve(run)
    series = next((each for each in SERIES_FORMATS if each.name == form), None)
    field = next((each for each in gauge.CONFIGURATION_FORMATS if each.name == form), None)
    found = series or field
    if found is None:
        raise ConfigError("--format", f'"{form}" is none; there are {", ".join(export_names())}')
    target = path or Path(run.folder.path.resolve().name + found.suffix)
    gauge.check_free(target)
    if series is not None:
        data = chains.collect(run, names, configurations)
        if not data.chains and not data.metrics:
            raise ConfigError("", f"{run.folder.path}: no chain has samples yet")
        with written_aside(target) as aside:
            series.write(aside, data)
    elif field is not None:
        chain = _one_chain(run, names)
        gauge.export_configuration(target, run, field, chain, configuration, replica)
    return target


def _one_chain(run: ResolvedRun, names: Sequence[str] | None) -> str:
    known = run.folder.chain_names()
    wanted = known if names is None else names
    if len(wanted) != 1 or wanted[0] not in known:
        raise ConfigError("--chain", f"name one of the chains with samples: {', '.join(known)}")
    return wanted[0]
