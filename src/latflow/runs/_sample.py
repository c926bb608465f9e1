"""The sampling step of a run: warm up every chain block, then draw its segments."""

import warnings
from collections.abc import Sequence
from pathlib import Path

from latflow.errors import ConfigError, LatflowWarning, RunFolderError
from latflow.runs._block import ChainBlock
from latflow.runs._mending import keep_aside
from latflow.runs._resolved import ResolvedRun, resolve
from latflow.runs._session import session
from latflow.runs._trained import check_trained, trained_model
from latflow.runs.configuration import ChainSettings
from latflow.runs.store import (
    Progress,
    RunFolder,
    ShouldStop,
    Silent,
    never,
    segment_path,
    segment_paths,
    stop_if,
    survey_chain,
)


def sample(
    run: RunFolder | ResolvedRun,
    names: Sequence[str] | None = None,
    progress: Progress | None = None,
    should_stop: ShouldStop = never,
    strict: bool = False,
) -> None:
    """Draw the samples of a run's chains; only what is missing is done.

    All files of the chains are read and checked, also when nothing is missing. Damaged ones are
    kept aside with a warning, and drawn again.

    Args:
        run: the run.
        names: which chains; all if not given.
        progress: who wants to see how it goes.
        should_stop: asked after every segment.
        strict: refuse damaged files instead.

    Raises:
        Interrupted: ``should_stop`` said so; all finished segments are saved.
        RunFolderError: a file of the run does not belong there, another process works on the run,
            or the model is not trained yet.
    """
    run, progress = resolve(run), progress or Silent()
    known = [chain.name for chain in run.config.chains]
    for name in names or ():
        if name not in known:
            raise ConfigError("--chain", f'no chain is called "{name}"; there are {known}')
    with session(run.folder, "latflow.runs.sample"):
        for chain in run.config.chains:
            if names is None or chain.name in names:
                _complete(run, chain, progress, should_stop, strict)


def _complete(
    run: ResolvedRun,
    chain: ChainSettings,
    progress: Progress,
    should_stop: ShouldStop,
    strict: bool,
) -> None:
    """All samples of one block."""
    stop_if(should_stop)
    needs_model = chain.kernel_settings.needs_model
    if needs_model:
        check_trained(run)
    wanted = run.folder.wanted_chain(chain.name)
    folder = run.folder.chain_path(chain.name)
    _note_gaps(folder, strict)
    there = survey_chain(folder, wanted, keep_aside("what it held is drawn again", strict))
    if there.samples_in_a_row() >= chain.n_samples:
        return
    block = ChainBlock(run, chain, wanted, trained_model(run) if needs_model else None)
    warm_up = block.warm_up(progress, should_stop)
    block.draw(there, warm_up, progress, should_stop)


def _note_gaps(folder: Path, strict: bool) -> None:
    """Say, or refuse, that a segment has gone although later ones are there."""
    there = segment_paths(folder)
    for index in range(max(there, default=0)):
        if index not in there:
            path = segment_path(folder, index)
            if strict:
                raise RunFolderError(
                    f"{path}: missing although later ones are there; without --strict it is "
                    "drawn again"
                )
            warnings.warn(f"{path}: missing; it is drawn again", LatflowWarning, stacklevel=2)
