"""Where the training of a run stands: its model, and what it cost."""

from pathlib import Path

import equinox as eqx

from latflow.errors import ConfigError, RunFolderError
from latflow.models import Proposer
from latflow.runs._initial import fresh_model, initial_model
from latflow.runs._resolved import ResolvedRun, resolve
from latflow.runs.configuration import run_path
from latflow.runs.pools import prior_run
from latflow.runs.store import (
    Checkpoint,
    RunFolder,
    check_checkpoint,
    checkpoint_header,
    checkpoint_paths,
    latest_checkpoint,
    steps_saved,
)
from latflow.stopwatch import Spent
from latflow.training import Trainer


def trained_model(run: RunFolder | ResolvedRun, stage: int | None = None) -> Proposer | None:
    """The trained model of a run, or ``None`` for a run without one.

    Args:
        run: the run.
        stage: number of an earlier stage, whose model is then meant.

    Raises:
        RunFolderError: training is not finished, or its checkpoint is damaged.
        ConfigError: there is no such stage.
    """
    run = resolve(run)
    if not run.stages:
        return None
    number = _number(run, stage)
    check_trained(run, number)
    return resume_training(run, number)[1].state.model


def check_trained(run: ResolvedRun, number: int = -1) -> None:
    """Refuse a run whose training is not finished, or was done with another configuration.

    Args:
        run: with ``[training]``.
        number: of the stage that matters; the last one if not given.

    Raises:
        RunFolderError: steps are missing, or the checkpoint says otherwise.
    """
    stage = run.stages[number]
    # Before the first checkpoint there is no model, not even one that needs no steps.
    wanted, done = stage.settings.steps, steps_saved(stage.path)
    if done < wanted:
        raise RunFolderError(
            f"{run.folder.path}: the model has {max(0, done)} of {wanted} training "
            f"steps; `latflow train {run.folder.path}` finishes it"
        )
    checkpoint_header(stage.path, run.training_digest)


def training_progress(
    run: RunFolder | ResolvedRun, stage: int | None = None
) -> tuple[int, float, Proposer]:
    """Steps done in a stage, seconds spent so far, and the model as it is now.

    Seconds are those of all sessions, of all earlier stages, of the run that the initial model
    came from, and of the run that the prior is made from, with all runs below it. Only for runs
    with ``[training]``.

    Args:
        run: the run.
        stage: number of the stage; the last one if not given.
    """
    run = resolve(run)
    _, checkpoint = resume_training(run, _number(run, stage))
    return checkpoint.step, checkpoint.spent.seconds, checkpoint.state.model


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


def resume_training(run: ResolvedRun, number: int) -> tuple[Trainer, Checkpoint]:
    """The trainer of a stage, and where it stands.

    Raises:
        RunFolderError: a checkpoint is damaged, or was made with another configuration or from
            another model of the run behind the prior.
        ConfigError: the initial model or the run behind the prior does not fit.
    """
    stage, config = run.stages[number], run.config
    theory = stage.theory
    trainer = Trainer(stage.settings, stage.theory, config.seed, stage.purpose)
    saved = steps_saved(stage.path)
    if saved >= 0:
        seen = trainer.finished if saved == stage.settings.steps else lambda state: state
        like = eqx.filter_eval_shape(lambda: seen(trainer.init(fresh_model(config, theory))))
        return trainer, latest_checkpoint(stage.path, like, run.training_digest)
    if number == 0:
        start = initial_model(config, theory, _model_of)
        model, spent = start.model, _with_prior_run(run, start.spent)
        seconds_before = spent.seconds
    else:
        _, before = resume_training(run, number - 1)
        model, spent = before.state.model.moved_to(theory.space.lattice), before.spent
        seconds_before = before.seconds_before
        model = model.aimed_at(theory)
    return trainer, Checkpoint(trainer.init(model), 0, spent, seconds_before)


def _number(run: ResolvedRun, stage: int | None) -> int:
    last = len(run.stages) - 1
    if stage is None:
        return last
    if stage > last:
        raise ConfigError("", f"{run.folder.path}: its training has no stage {stage}")
    return stage


def _model_of(path: Path, stage: int | None) -> tuple[Proposer, Spent]:
    """The trained model of another run or of one of its stages, and what it cost."""
    run = resolve(RunFolder(path))
    model = trained_model(run, stage)
    if model is None:
        raise RunFolderError(f"{path}: a run without a model")
    return model, _spent(run.stages[_number(run, stage)].path)


def _spent(training: Path) -> Spent:
    """What finished training cost, by its last checkpoint."""
    header = checkpoint_header(training)
    assert header is not None  # as it is finished
    return header.spent


def _with_prior_run(run: ResolvedRun, spent: Spent) -> Spent:
    """What was spent before the first step: on the initial model, and on the prior's run."""
    source = prior_run(run.config)
    if source is None:
        return spent
    of_prior = _spent(source.folder.training_path)
    assert run.config.model is not None  # it has a prior
    initial = run.config.model.initial_run
    below_prior = _with_all_below(source.folder.path)
    if initial is not None and (
        initial[0].resolve() in below_prior
        or source.folder.path.resolve() in _with_all_below(initial[0])
    ):
        # One of the two was made from the other, and its seconds contain the other's.
        return max(spent, of_prior, key=lambda each: each.seconds)
    return spent.and_then(of_prior)


def _with_all_below(path: Path) -> set[Path]:
    """A run and all runs whose trained models went into it, as far as they are still there."""
    found = {path.resolve()}
    try:
        model = RunFolder(path).config().model
    except (RunFolderError, ConfigError):
        return found
    if model is not None:
        initial, behind = model.initial_run, getattr(model.prior, "run", None)
        for below in ([initial[0]] if initial else []) + ([run_path(behind)] if behind else []):
            found |= _with_all_below(below)
    return found
