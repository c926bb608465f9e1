"""What the commands have in common: opening or making a run, and working on it."""

import shlex
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from latflow.cli._crash import working_in
from latflow.cli._progress import shown
from latflow.cli._signals import StopSignals
from latflow.cli._streams import tell
from latflow.errors import ConfigError

if TYPE_CHECKING:
    from latflow.runs import Progress, RunConfig, RunFolder, ShouldStop

# Of the part of a folder's name that is that of the configuration.
_LONGEST_NAME = 60

Step = Callable[["RunFolder", "Progress | None", "ShouldStop"], object]


def new_run(
    source: str,
    changes: Sequence[str],
    out: Path | None,
    seed: int | None,
    pretrained: bool = False,
) -> "RunFolder":
    """The folder of a new run of a configuration file or preset; nothing is touched on error."""
    from latflow.runs import check_shipped, load_config, with_shipped_model

    config = load_config(source, changes, seed)
    if pretrained:
        check_shipped(config, source)
    folder = _made(source, config, out)
    return with_shipped_model(folder, source) if pretrained else folder


def _made(source: str, config: "RunConfig", out: Path | None) -> "RunFolder":
    from latflow.runs import RunFolder, claimed_path

    if out is not None:
        return RunFolder.create(out, config)
    path = claimed_path(Path(source).stem[:_LONGEST_NAME])
    try:
        return RunFolder.create(path, config)
    except BaseException:
        with suppress(OSError):
            (path / ".lock").unlink(missing_ok=True)
            path.rmdir()
        raise


def open_or_new_run(
    target: str, changes: Sequence[str], out: Path | None, seed: int | None
) -> "RunFolder":
    """The run in a folder, or a new one of a configuration file or preset."""
    from latflow.runs import RunFolder

    if not Path(target).is_dir():
        return new_run(target, changes, out, seed)
    for name, given in (("--set", changes), ("--out", out), ("--seed", seed is not None)):
        if given:
            raise ConfigError(name, f"{target} is a run already; this is for new runs only")
    return RunFolder(target)


def work(folder: "RunFolder", step: Step, signals: StopSignals, quiet: bool) -> None:
    """Do a step of a run, show progress, and stop cleanly when asked to.

    Raises:
        typer.Exit: it was stopped; the line to go on with is printed.
    """
    from latflow.runs import Interrupted, session

    working_in(folder.path)
    try:
        with session(folder, command_line()), shown(quiet, signals) as progress:
            step(folder, progress, signals.requested)
    except Interrupted:
        tell(
            "latflow: stopped; everything done so far is saved; go on with: "
            f"latflow resume {shlex.quote(str(folder.path))}"
        )
        raise typer.Exit(signals.exit_code) from None


def command_line() -> str:
    """What was typed, as text: bytes of names that are none are escaped."""
    typed = shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]])
    return typed.encode("utf-8", "backslashreplace").decode("utf-8")
