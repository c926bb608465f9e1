"""The sampling step of a run: warm up every chain block, then draw its segments."""

from collections.abc import Sequence

from latflow.errors import ConfigError
from latflow.runs._block import ChainBlock
from latflow.runs._resolved import ResolvedRun, resolve
from latflow.runs._trained import trained_model
from latflow.runs.store import (
    Progress,
    RunFolder,
    ShouldStop,
    Silent,
    never,
    samples_done,
    stop_if,
)


def sample(
    run: RunFolder | ResolvedRun,
    names: Sequence[str] | None = None,
    progress: Progress | None = None,
    should_stop: ShouldStop = never,
) -> None:
    """Draw the samples of a run's chains; only what is missing is done.

    Args:
        run: the run.
        names: which chains; all if not given.
        progress: who wants to see how it goes.
        should_stop: asked after every segment.

    Raises:
        Interrupted: ``should_stop`` said so; all finished segments are saved.
        RunFolderError: a file of the run is damaged, or the model is not trained yet.
    """
    run, progress = resolve(run), progress or Silent()
    known = [chain.name for chain in run.config.chains]
    for name in names or ():
        if name not in known:
            raise ConfigError("--chain", f'no chain is called "{name}"; there are {known}')
    wanted = [chain for chain in run.config.chains if names is None or chain.name in names]
    missing = [
        chain
        for chain in wanted
        if samples_done(run.folder.chain_path(chain.name)) < chain.n_samples
    ]
    draws_on_it = any(chain.kernel_settings.needs_model for chain in missing)
    model = trained_model(run) if draws_on_it else None
    for chain in missing:
        stop_if(should_stop)
        block = ChainBlock(run, chain, model)
        block.warm_up(progress, should_stop)
        block.draw(progress, should_stop)
