"""More samples of a run that is there already: the honest way to change its configuration."""

from collections.abc import Sequence
from typing import Any

from latflow.errors import ConfigError
from latflow.runs._run import run
from latflow.runs._session import session
from latflow.runs.configuration import config_from
from latflow.runs.store import Progress, RunFolder, ShouldStop, never


def extend(
    folder: RunFolder,
    n_samples: int,
    names: Sequence[str] | None = None,
    progress: Progress | None = None,
    should_stop: ShouldStop = never,
    strict: bool = False,
) -> dict[str, Any]:
    """Ask for more samples of a run's chains, and draw them.

    The run ends as one that was asked for so many at once.

    Args:
        folder: the run.
        n_samples: samples per chain, in all.
        names: of the chains; all if not given.
        progress: who wants to see how it goes.
        should_stop: asked every few moments of work.
        strict: refuse damaged files, instead of making them again.

    Returns:
        The summary.

    Raises:
        ConfigError: no chain has such a name, or one has been asked for more samples already.
        Interrupted: ``should_stop`` said so; everything done is saved.
        LatflowError: something about the run is wrong.
    """
    with session(folder, "latflow.runs.extend"):
        ask_for_more(folder, n_samples, names)
        return run(folder, progress, should_stop, strict)


def ask_for_more(folder: RunFolder, n_samples: int, names: Sequence[str] | None = None) -> None:
    """Raise the number of samples in the configuration of a run; nothing else of it changes.

    Args:
        folder: the run, whose lock is held.
        n_samples: samples per chain, in all.
        names: of the chains; all if not given.

    Raises:
        ConfigError: no chain has such a name, or one has been asked for more samples already.
    """
    content = folder.config().resolved()
    blocks = {block["name"]: block for block in content["chains"]}
    for name in blocks if names is None else names:
        if name not in blocks:
            raise ConfigError("--chain", f'no chain is called "{name}"; there are {list(blocks)}')
        before = blocks[name]["n_samples"]
        if n_samples < before:
            raise ConfigError(
                "--samples",
                f'the chain "{name}" has been asked for {before} samples, and {n_samples} are '
                "fewer; ask for more, or leave it as it is",
            )
        blocks[name]["n_samples"] = n_samples
    folder.rewrite(config_from(content))
