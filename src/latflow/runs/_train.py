"""The training step of a run: stage by stage to a trained, evaluated model."""

import time

import numpy as np

from latflow.runs.store._arrays import ArrayFile, write_arrays
from latflow.runs.store._checkpoints import Checkpoint, write_checkpoint
from latflow.runs.configuration._config import RunConfig
from latflow.runs._layers import record_layers
from latflow.runs.store._metrics import append_metrics, truncate_metrics
from latflow.runs.pools._pools import Pools, training_pools
from latflow.runs.pools._prior_evaluation import evaluate_with_chains
from latflow.runs.pools._prior_run import behind_prior
from latflow.runs.store._progress import Interrupted, Progress, ShouldStop, Silent, never, stop_if
from latflow.runs.store._restart import as_after_restart
from latflow.runs._stages import TrainingStage, training_stages
from latflow.runs._trained import resume_training
from latflow.runs.store._folder import RunFolder
from latflow.training import Trainer, TrainingState, evaluate, weigh_fields

_STORED_FIELDS = 64


def train(
    folder: RunFolder, progress: Progress | None = None, should_stop: ShouldStop = never
) -> None:
    """Train the model of a run and evaluate it, stage by stage; only what is missing is done.

    Does nothing for a run without ``[training]``.

    Raises:
        Interrupted: ``should_stop`` said so; the state is saved.
        RunFolderError: a file of the run is damaged.
        ConfigError: a stage or the initial model does not fit.
    """
    config = folder.config()
    progress = progress or Silent()
    stages = training_stages(folder, config)
    for stage in stages:
        stage.path.mkdir(parents=True, exist_ok=True)
        trainer, checkpoint = resume_training(folder, config, stages, stage.number)
        pools = training_pools(config, stage, checkpoint.state)
        checkpoint = _fit(config, stage, trainer, checkpoint, pools, progress, should_stop)
        _evaluate(folder, config, stage, checkpoint.state, pools, progress, should_stop)
        if stage is stages[-1]:
            record_layers(stage.path / "layers.h5", config, checkpoint.state.model, stage.theory)


def _fit(
    config: RunConfig,
    stage: TrainingStage,
    trainer: Trainer,
    checkpoint: Checkpoint,
    pools: Pools,
    progress: Progress,
    should_stop: ShouldStop,
) -> Checkpoint:
    settings = stage.settings
    metrics_path = stage.path / "metrics.jsonl"
    state, step, seconds = checkpoint.state, checkpoint.step, checkpoint.seconds
    if step < settings.steps:
        truncate_metrics(metrics_path, step)
        progress.stage(stage.label, settings.steps, step)

    digest = config.training_digest(behind_prior(config))

    def save() -> None:
        write_checkpoint(stage.path, Checkpoint(state, step, seconds), digest)

    if step == 0:
        # From here on nothing depends on the run or the stage that the model came from; on the
        # run behind the prior all the same.
        save()
    saved = step
    while step < settings.steps:
        if should_stop():
            if step > saved:
                save()
            raise Interrupted
        n_steps = pools.steps_left(step, min(settings.chunk, settings.steps - step))
        start = time.perf_counter()
        state = pools.ready(state, step)
        pools.record(stage)
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
    stage: TrainingStage,
    state: TrainingState,
    pools: Pools,
    progress: Progress,
    should_stop: ShouldStop,
) -> None:
    """Fresh samples of the model: their number is part of the file, more are drawn if wanted."""
    is_last = stage.path == folder.training_path
    n_samples = stage.settings.evaluation_samples
    known = folder.evaluation(None if is_last else stage.number)
    if known is not None and known["log_weight"].size == n_samples:
        return
    stop_if(should_stop)
    progress.stage("evaluation", n_samples, 0)

    def advance(done: int) -> None:
        progress.advance(done, {})
        stop_if(should_stop)

    start = time.perf_counter()
    purpose = stage.purpose.replace("training", "evaluation")
    n_fields = min(_STORED_FIELDS, n_samples)
    model, theory = state.model, stage.theory
    if pools.prior is None:
        arrays = evaluate(model, theory, config.seed, n_samples, n_fields, purpose, advance)
    else:
        arrays = evaluate_with_chains(model, theory, pools.prior, n_samples, n_fields, advance)
    if pools.target is not None:
        assert state.target is not None  # as it has chains
        fresh = pools.target.renewed(state.target, "evaluation", 0)
        arrays["target_log_weight"] = weigh_fields(model, theory, fresh.pool)
    seconds = time.perf_counter() - start
    write_arrays(stage.path / "evaluation.h5", ArrayFile(arrays, {"seconds": seconds}))
