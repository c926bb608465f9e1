"""All steps of a run, one after the other."""

from typing import Any

from latflow.errors import LatflowError
from latflow.runs._measure import measure
from latflow.runs._resolved import ResolvedRun, resolve
from latflow.runs._sample import sample
from latflow.runs._session import session
from latflow.runs._train import train
from latflow.runs._trained import trained_model
from latflow.runs.store import Progress, RunFolder, ShouldStop, never, stop_if


def run(
    run: RunFolder | ResolvedRun,
    progress: Progress | None = None,
    should_stop: ShouldStop = never,
    strict: bool = False,
) -> dict[str, Any]:
    """Train, sample and measure, doing only what is missing: so this resumes a run, too.

    A model that is there already is sampled first, and evaluated afterwards.

    The lock of the run is held, and its provenance gets a record of this session.

    Args:
        run: the run.
        progress: who wants to see how it goes.
        should_stop: asked every few moments of work.
        strict: refuse damaged files, instead of keeping them aside and making them again.

    Returns:
        The summary.

    Raises:
        Interrupted: ``should_stop`` said so; everything done is saved.
        LatflowError: something about the run is wrong.
    """
    resolved = resolve(run)
    with session(resolved.folder, "latflow.runs.run"):
        if _is_trained(resolved):
            sample(resolved, None, progress, should_stop, strict)
            stop_if(should_stop)
        train(resolved, progress, should_stop, strict)
        stop_if(should_stop)
        sample(resolved, None, progress, should_stop, strict)
        stop_if(should_stop)
        return measure(resolved, should_stop)


def _is_trained(run: ResolvedRun) -> bool:
    """Whether the model is there, and sound; if not, training says why or mends it."""
    try:
        return trained_model(run) is not None
    except LatflowError:
        return False
