"""The sampling step of a run: warm up every chain block, then draw its segments."""

from collections.abc import Sequence

from latflow.errors import ConfigError
from latflow.runs._block import ChainBlock
from latflow.runs._build import build_theory
from latflow.runs.configuration._config import ChainSettings
from latflow.runs.store._progress import Progress, ShouldStop, Silent, never, stop_if
from latflow.runs.store._segments import read_segment, segment_paths
from latflow.runs._trained import trained_model
from latflow.runs.store._folder import RunFolder


def sample(
    folder: RunFolder,
    names: Sequence[str] | None = None,
    progress: Progress | None = None,
    should_stop: ShouldStop = never,
) -> None:
    """Draw the samples of a run's chains; only what is missing is done.

    Args:
        folder: the run.
        names: which chains; all if not given.
        progress: who wants to see how it goes.
        should_stop: asked after every segment.

    Raises:
        Interrupted: ``should_stop`` said so; all finished segments are saved.
        RunFolderError: a file of the run is damaged, or the model is not trained yet.
    """
    config = folder.config()
    known = [chain.name for chain in config.chains]
    for name in names or ():
        if name not in known:
            raise ConfigError("--chain", f'no chain is called "{name}"; there are {known}')
    wanted = [chain for chain in config.chains if names is None or chain.name in names]
    missing = [chain for chain in wanted if _samples_done(folder, chain) < chain.n_samples]
    if not missing:
        return
    theory, model = build_theory(config), trained_model(folder)
    for chain in missing:
        stop_if(should_stop)
        block = ChainBlock(folder, config, chain, theory, model)
        block.warm_up(progress or Silent(), should_stop)
        block.draw(progress or Silent(), should_stop)


def _samples_done(folder: RunFolder, chain: ChainSettings) -> int:
    paths = segment_paths(folder.chain_path(chain.name))
    if not paths:
        return 0
    last = read_segment(paths[-1])
    return last.first_sample + last.n_samples
