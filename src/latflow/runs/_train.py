"""The training step of a run: from the last checkpoint to a trained, evaluated model."""

import time

import equinox as eqx
import numpy as np

from latflow.errors import RunFolderError
from latflow.models import Model
from latflow.runs._arrays import ArrayFile, write_arrays
from latflow.runs._build import build_model, build_theory
from latflow.runs._checkpoints import Checkpoint, latest_checkpoint, write_checkpoint
from latflow.runs._config import RunConfig
from latflow.runs._metrics import append_metrics, truncate_metrics
from latflow.runs._progress import Interrupted, Progress, ShouldStop, Silent, never, stop_if
from latflow.runs._restart import as_after_restart
from latflow.runs.folder import RunFolder
from latflow.training import Trainer, TrainingSettings, TrainingState, evaluate

_STORED_FIELDS = 64


def train(
    folder: RunFolder, progress: Progress | None = None, should_stop: ShouldStop = never
) -> None:
    """Train the model of a run and evaluate it; only what is missing is done.

    Does nothing for a run without ``[training]``.

    Raises:
        Interrupted: ``should_stop`` said so; the state is saved.
        RunFolderError: a file of the run is damaged.
    """
    config = folder.config()
    if config.training is None:
        return
    progress = progress or Silent()
    folder.training_path.mkdir(exist_ok=True)
    trainer, checkpoint = _resume(folder, config)
    checkpoint = _fit(folder, config, trainer, checkpoint, progress, should_stop)
    _evaluate(folder, config, checkpoint.state.model, progress, should_stop)


def trained_model(folder: RunFolder) -> Model | None:
    """The trained model of a run, or ``None`` for a run without one.

    Raises:
        RunFolderError: training is not finished, or its checkpoint is damaged.
    """
    config = folder.config()
    if config.training is None:
        return None
    _, checkpoint = _resume(folder, config)
    if checkpoint.step < config.training.steps:
        raise RunFolderError(
            f"{folder.path}: the model has {checkpoint.step} of {config.training.steps} training "
            f"steps; `latflow train {folder.path}` finishes it"
        )
    return checkpoint.state.model


def training_progress(folder: RunFolder) -> tuple[int, float, Model]:
    """Steps done, seconds spent on them over all sessions, and the model as it is now.

    Only for runs with ``[training]``.
    """
    _, checkpoint = _resume(folder, folder.config())
    return checkpoint.step, checkpoint.seconds, checkpoint.state.model


def _resume(folder: RunFolder, config: RunConfig) -> tuple[Trainer, Checkpoint]:
    """The trainer, and where training stands."""
    assert config.training is not None  # the callers made sure
    trainer = Trainer(config.training, build_theory(config), config.seed)

    def fresh() -> TrainingState:
        model = build_model(config)
        assert model is not None  # [training] comes with [model]
        return trainer.init(model)

    like = eqx.filter_eval_shape(fresh)
    latest = latest_checkpoint(folder.training_path, like, config.training_digest())
    return trainer, latest or Checkpoint(fresh(), 0, 0.0)


def _fit(
    folder: RunFolder,
    config: RunConfig,
    trainer: Trainer,
    checkpoint: Checkpoint,
    progress: Progress,
    should_stop: ShouldStop,
) -> Checkpoint:
    settings: TrainingSettings = trainer.settings
    metrics_path = folder.training_path / "metrics.jsonl"
    state, step, seconds = checkpoint.state, checkpoint.step, checkpoint.seconds
    if step < settings.steps:
        truncate_metrics(metrics_path, step)
        progress.stage("training", settings.steps, step)
    saved = step

    def save() -> None:
        checkpoint = Checkpoint(state, step, seconds)
        write_checkpoint(folder.training_path, checkpoint, config.training_digest())

    while step < settings.steps:
        if should_stop():
            if step > saved:
                save()
            raise Interrupted
        n_steps = min(settings.chunk, settings.steps - step)
        start = time.perf_counter()
        state, metrics = trainer.advance(as_after_restart(state), n_steps)
        seconds += time.perf_counter() - start
        append_metrics(metrics_path, step, metrics)
        step += n_steps
        progress.advance(step, _live(metrics))
        if step - saved >= settings.checkpoint_every or step == settings.steps:
            save()
            saved = step
    return Checkpoint(as_after_restart(state), step, seconds)


def _live(metrics: dict[str, np.ndarray]) -> dict[str, float]:
    return {name: float(np.mean(metrics[name])) for name in ("loss", "ess")}


def _evaluate(
    folder: RunFolder,
    config: RunConfig,
    model: Model,
    progress: Progress,
    should_stop: ShouldStop,
) -> None:
    """Fresh samples of the model: their number is part of the file, more are drawn if wanted."""
    assert config.training is not None
    path = folder.training_path / "evaluation.h5"
    n_samples = config.training.evaluation_samples
    known = folder.evaluation()
    if known is not None and known["log_weight"].size == n_samples:
        return
    stop_if(should_stop)
    progress.stage("evaluation", n_samples, 0)
    start = time.perf_counter()
    arrays = evaluate(
        model, build_theory(config), config.seed, n_samples, min(_STORED_FIELDS, n_samples)
    )
    seconds = time.perf_counter() - start
    progress.advance(n_samples, {})
    write_arrays(path, ArrayFile(arrays, {"seconds": seconds}))
