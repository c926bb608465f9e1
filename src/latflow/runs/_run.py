"""All steps of a run, one after the other."""

from typing import Any

from latflow.runs._measure import measure
from latflow.runs._resolved import ResolvedRun, resolve
from latflow.runs._sample import sample
from latflow.runs._train import train
from latflow.runs.store import Progress, RunFolder, ShouldStop, never, stop_if


def run(
    run: RunFolder | ResolvedRun,
    progress: Progress | None = None,
    should_stop: ShouldStop = never,
) -> dict[str, Any]:
    """Train, sample and measure, doing only what is missing: so this resumes a run, too.

    Returns:
        The summary.

    Raises:
        Interrupted: ``should_stop`` said so; everything done is saved.
        LatflowError: something about the run is wrong.
    """
    resolved = resolve(run)
    train(resolved, progress, should_stop)
    stop_if(should_stop)
    sample(resolved, None, progress, should_stop)
    stop_if(should_stop)
    return measure(resolved)
