"""All steps of a run, one after the other."""

from typing import Any

from latflow.runs._measure import measure
from latflow.runs.store._progress import Progress, ShouldStop, never, stop_if
from latflow.runs._sample import sample
from latflow.runs._train import train
from latflow.runs.store._folder import RunFolder


def run(
    folder: RunFolder, progress: Progress | None = None, should_stop: ShouldStop = never
) -> dict[str, Any]:
    """Train, sample and measure, doing only what is missing: so this resumes a run, too.

    Returns:
        The summary.

    Raises:
        Interrupted: ``should_stop`` said so; everything done is saved.
        LatflowError: something about the run is wrong.
    """
    train(folder, progress, should_stop)
    stop_if(should_stop)
    sample(folder, None, progress, should_stop)
    stop_if(should_stop)
    return measure(folder)
