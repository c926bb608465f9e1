"""What a step of training takes, without what goes before the first one."""

from latflow.runs.store import RunFolder, Spent, check_checkpoint, checkpoint_paths


def time_per_step(folder: RunFolder, stage: int | None = None) -> Spent | None:
    """Time of an optimiser step between the last two checkpoints of a stage.

    The program is compiled before the first of them, unless training was begun or gone on with
    in between.

    Args:
        folder: of the run.
        stage: number of an earlier stage; the last one if not given.

    Returns:
        Seconds and CPU seconds of one step; ``None`` if there are no two checkpoints.

    Raises:
        DamagedFileError: one of them is not sound.
    """
    path = folder.training_path if stage is None else folder.stage_path(stage)
    headers = [check_checkpoint(one) for one in checkpoint_paths(path)[-2:]]
    if len(headers) < 2:
        return None
    before, after = headers
    steps = after.step - before.step
    return Spent(
        (after.spent.seconds - before.spent.seconds) / steps,
        (after.spent.cpu_seconds - before.spent.cpu_seconds) / steps,
    )
