"""``latflow regenerate``: configurations that were not stored, bit for bit."""

from pathlib import Path
from typing import Annotated

import typer

from latflow.cli._streams import tell
from latflow.cli._text import say
from latflow.cli.process import wake_jax
from latflow.errors import ConfigError

_DIFFERENT = 1


def regenerate(
    source: Annotated[
        Path, typer.Argument(metavar="RUN|FILE", help="Run folder, or a packed ensemble.")
    ],
    chain: Annotated[
        str | None, typer.Option("--chain", metavar="NAME", help="Which chain of a run.")
    ] = None,
    pack: Annotated[
        Path | None,
        typer.Option("--pack", metavar="FILE", help="Write model, seed and accepted bits."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FILE", help="Write the configurations (HDF5)."),
    ] = None,
    every: Annotated[
        int, typer.Option("--every", metavar="N", min=1, help="Of every n-th sample.")
    ] = 1,
    last: Annotated[
        int | None, typer.Option("--last", metavar="N", min=1, help="Of the last samples only.")
    ] = None,
) -> None:
    """Make the configurations of independence Metropolis again from model, seed and accepted bits.

    Of a run, those that are stored are compared; the exit code is 1 if one differs in a bit.
    """
    wake_jax()
    from latflow import runs
    from latflow.runs import RunFolder, written_aside

    folder = RunFolder(source) if source.is_dir() else None
    if folder is None:
        ensemble = runs.read_ensemble(source)
    else:
        ensemble = runs.ensemble_of(folder, chain or _only_chain(folder))
    chains, samples = ensemble.accepted.shape
    say(f"{source}: {chains} x {samples} samples of chain {ensemble.chain}")
    if pack is not None:
        runs.write_ensemble(pack, ensemble)
        say(f"{pack}: {pack.stat().st_size} bytes")
    if out is not None:
        first = 0 if last is None else max(0, samples - last)
        wanted = slice(first + (every - 1), None, every)
        found = ensemble.configurations(wanted)
        with written_aside(out) as aside:
            runs.write_configurations(aside, found)
        kept = next(iter(found.values())).shape[1]
        say(f"{out}: {chains} x {kept} configurations")
    if folder is not None:
        same, different = runs.compare_with_stored(folder, ensemble)
        say(f"stored configurations made again: {same} to the last bit, {different} not")
        if different:
            tell(f"latflow: error: {source}: made on another machine, or by another version")
            raise typer.Exit(_DIFFERENT)


def _only_chain(folder) -> str:
    names = [
        chain.name
        for chain in folder.config().chains
        if chain.kernel_settings.needs_model and folder.has_samples(chain.name)
    ]
    if len(names) != 1:
        raise ConfigError("--chain", f"name one of the chains that draw on the model: {names}")
    return names[0]
