"""Where the training of a run stands: its model, and what it cost."""

from pathlib import Path

import equinox as eqx

from latflow.errors import ConfigError, RunFolderError
from latflow.models import Model
from latflow.runs.store._checkpoints import Checkpoint, latest_checkpoint
from latflow.runs.configuration._config import RunConfig
from latflow.runs._initial import initial_model
from latflow.runs.pools._prior_run import behind_prior, prior_run
from latflow.runs._stages import TrainingStage, training_stages
from latflow.runs.store._folder import RunFolder
from latflow.training import Trainer


def trained_model(folder: RunFolder, stage: int | None = None) -> Model | None:
    """The trained model of a run, or ``None`` for a run without one.

    Args:
        folder: the run.
        stage: number of an earlier stage, whose model is then meant.

    Raises:
        RunFolderError: training is not finished, or its checkpoint is damaged.
    """
    config = folder.config()
    if config.training is None:
        return None
    wanted = config.training if stage is None else config.training.of_stage(stage)
    step, _, model = training_progress(folder, stage)
    if step < wanted.steps:
        raise RunFolderError(
            f"{folder.path}: the model has {step} of {wanted.steps} training "
            f"steps; `latflow train {folder.path}` finishes it"
        )
    return model


def training_progress(folder: RunFolder, stage: int | None = None) -> tuple[int, float, Model]:
    """Steps done in a stage, seconds spent so far, and the model as it is now.

    Seconds are those of all sessions, of all earlier stages, of the run that the initial model
    came from, and of the run that the prior is made from, with all runs below it. Only for runs
    with ``[training]``.

    Args:
        stage: number of the stage; the last one if not given.
    """
    config = folder.config()
    stages = training_stages(folder, config)
    number = len(stages) - 1 if stage is None else stage
    _, checkpoint = resume_training(folder, config, stages, number)
    return checkpoint.step, checkpoint.seconds, checkpoint.state.model


def resume_training(
    folder: RunFolder, config: RunConfig, stages: tuple[TrainingStage, ...], number: int
) -> tuple[Trainer, Checkpoint]:
    """The trainer of a stage, and where it stands.

    Raises:
        RunFolderError: a checkpoint is damaged, or was made with another configuration or from
            another model of the run behind the prior.
        ConfigError: the initial model or the run behind the prior does not fit.
    """
    stage = stages[number]
    trainer = Trainer(stage.settings, stage.theory, config.seed, stage.purpose)
    lattice = stage.theory.space.lattice
    like = eqx.filter_eval_shape(lambda: trainer.init(initial_model(config, lattice).model))
    digest = config.training_digest(behind_prior(config))
    checkpoint = latest_checkpoint(stage.path, like, digest)
    if checkpoint is not None:
        return trainer, checkpoint
    if number == 0:
        start = initial_model(config, lattice, _model_of)
        model, seconds = start.model, _with_prior_run(config, start.seconds)
    else:
        _, before = resume_training(folder, config, stages, number - 1)
        model, seconds = before.state.model.moved_to(lattice), before.seconds
    return trainer, Checkpoint(trainer.init(model), 0, seconds)


def _model_of(path: Path, stage: int | None) -> tuple[Model, float]:
    """The trained model of another run or of one of its stages, and what it cost."""
    folder = RunFolder(path)
    model = trained_model(folder, stage)
    if model is None:
        raise RunFolderError(f"{path}: a run without a model")
    return model, training_progress(folder, stage)[1]


def _with_prior_run(config: RunConfig, seconds: float) -> float:
    """What was spent before the first step: on the initial model, and on the prior's run."""
    source = prior_run(config)
    if source is None:
        return seconds
    of_prior = training_progress(source.folder)[1]
    assert config.model is not None  # it has a prior
    initial = config.model.initial_run
    below_prior = _with_all_below(source.folder.path)
    if initial is not None and (
        initial[0].resolve() in below_prior
        or source.folder.path.resolve() in _with_all_below(initial[0])
    ):
        # One of the two was made from the other, and its seconds contain the other's.
        return max(seconds, of_prior)
    return seconds + of_prior


def _with_all_below(path: Path) -> set[Path]:
    """A run and all runs whose trained models went into it, as far as they are still there."""
    found = {path.resolve()}
    try:
        model = RunFolder(path).config().model
    except (RunFolderError, ConfigError):
        return found
    if model is not None:
        initial, behind = model.initial_run, getattr(model.prior, "run", None)
        for below in ([initial[0]] if initial else []) + ([Path(behind)] if behind else []):
            found |= _with_all_below(below)
    return found
