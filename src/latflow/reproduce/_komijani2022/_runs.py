"""The ladder of runs: each lattice after all smaller ones."""

from collections.abc import Sequence
from pathlib import Path

from latflow.reproduce._komijani2022 import _configurations as configurations
from latflow.reproduce._komijani2022._plan import Plan
from latflow.reproduce._recipe import Work
from latflow.reproduce._runs import finished
from latflow.runs import RunFolder, config_from


def model_folder(work: Work, kappa: float, extent: int) -> Path:
    """Where the run of a coupling and a lattice lies."""
    return work.folder / "runs" / f"kappa-{kappa:.2f}" / f"L{extent}"


def finished_model(
    work: Work, plan: Plan, kappa: float, extent: int, chains: Sequence[str] = ()
) -> RunFolder:
    """The run of a coupling and a lattice, after all smaller ones, with these chains sampled.

    Raises:
        Interrupted: ``work.should_stop`` said so; everything done is saved.
        RunFolderError: a run was made with other settings, or is damaged.
    """
    initial: Path | None = None
    for smaller in plan.extents:
        # Absolute, since the same command may be given from elsewhere the next time.
        path = model_folder(work, kappa, smaller).resolve()
        raw = configurations.model_run(plan, kappa, smaller, initial, work.seed)
        names = chains if smaller == extent else ()
        title = f"κ = {kappa:.2f}, L = {smaller}"
        folder = finished(work, path, config_from(raw), names, title)
        if smaller == extent:
            return folder
        initial = path
    raise ValueError(f"L = {extent} is no rung of the ladder {plan.extents}")
