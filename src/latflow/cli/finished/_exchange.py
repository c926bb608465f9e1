"""``latflow export`` and ``latflow configuration``: data for other programs, and from them."""

from pathlib import Path
from typing import Annotated

import typer

from latflow.cli._text import say, say_json
from latflow.cli.process import wake_jax
from latflow.errors import ConfigError


def export(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Run folder.")],
    form: Annotated[
        str,
        typer.Option(
            "--format",
            metavar="FORMAT",
            help="Samples: hdf5, npz, csv, pyerrors, netcdf; results: gvar; training: metrics, "
            "tensorboard; one stored configuration: nersc, ildg.",
        ),
    ],
    chain: Annotated[
        list[str] | None, typer.Option("--chain", metavar="NAME", help="Only this chain.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="The file to write.")
    ] = None,
    configurations: Annotated[
        bool, typer.Option("--configurations", help="HDF5 and NumPy: stored fields, too.")
    ] = False,
    configuration: Annotated[
        int, typer.Option("--configuration", metavar="N", help="Which stored one; -1 is the last.")
    ] = -1,
    replica: Annotated[
        int, typer.Option("--replica", metavar="N", help="Which of the independent chains.")
    ] = 0,
) -> None:
    """Write the samples, results or a configuration of a run for another program."""
    wake_jax()
    from latflow.exchange import export as write
    from latflow.runs import RunFolder

    path = write(
        RunFolder(run),
        form,
        out,
        names=chain or None,
        configurations=configurations,
        configuration=configuration,
        replica=replica,
    )
    say(str(path))


def configuration(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="NERSC or ILDG file.")],
    form: Annotated[
        str | None,
        typer.Option("--format", metavar="FORMAT", help="Write it in this: nersc or ildg."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="The file to write.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else.")] = False,
) -> None:
    """Read a stored configuration of any program, verify it, and say what it holds; or convert it.

    What is verified: size, checksum, and the means that the file claims of its links.
    """
    wake_jax()
    from latflow.exchange import read_configuration, write_configuration
    from latflow.runs import to_json

    if (form is None) != (out is None):
        raise ConfigError("--out", "to convert a file give both --format and --out")
    read = read_configuration(file)
    if form is not None and out is not None:
        write_configuration(out, read, form)
    facts = read.described()
    if json:
        say_json(to_json(facts))
        return
    width = max(map(len, facts))
    for name, value in facts.items():
        say(f"{name:<{width}}  {value}")
