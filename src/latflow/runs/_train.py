"""The training step of a run: stage by stage to a trained, evaluated model."""

import numpy as np

from latflow.errors import DamagedFileError, DivergenceError
from latflow.models import Model
from latflow.runs._evaluate import evaluate_stage
from latflow.runs._layers import record_layers
from latflow.runs._mending import keep_aside
from latflow.runs._resolved import ResolvedRun, resolve
from latflow.runs._session import session
from latflow.runs._stages import TrainingStage
from latflow.runs._trained import resume_training, trained_model
from latflow.runs.pools import Pools, training_pools
from latflow.runs.store import (
    Checkpoint,
    Interrupted,
    Progress,
    RunFolder,
    ShouldStop,
    Silent,
    append_metrics,
    as_after_restart,
    check_latest_checkpoint,
    never,
    truncate_metrics,
    write_checkpoint,
)
from latflow.stopwatch import Stopwatch
from latflow.training import Trainer, TrainingState, first_broken_step


def train(
    run: RunFolder | ResolvedRun,
    progress: Progress | None = None,
    should_stop: ShouldStop = never,
    strict: bool = False,
) -> None:
    """Train the model of a run and evaluate it, stage by stage; only what is missing is done.

    Does nothing for a run without ``[training]``. Damaged files are kept aside with a warning:
    training goes on from the last sound checkpoint, and what comes after it is made again.

    Args:
        run: the run.
        progress: who wants to see how it goes.
        should_stop: asked after every chunk of steps.
        strict: refuse damaged files instead.

    Raises:
        Interrupted: ``should_stop`` said so; the state is saved.
        DivergenceError: the loss, its gradient or the model is not finite any more; the last
            state before that is saved.
        RunFolderError: a file of the run is of another configuration, or another process works
            on the run.
        ConfigError: a stage or the initial model does not fit.
    """
    run, progress = resolve(run), progress or Silent()
    if not run.stages:
        return
    with session(run.folder, "latflow.runs.train"):
        for stage in run.stages:
            run.folder.made(stage.path)
            _keep_damaged_checkpoints_aside(stage, strict)
        for stage in run.stages:
            _complete(run, stage, progress, should_stop, strict)


def _keep_damaged_checkpoints_aside(stage: TrainingStage, strict: bool) -> None:
    """The latest checkpoint of a stage is a sound one afterwards, if there is one."""
    damaged = keep_aside("training goes on from the checkpoint before it", strict)
    while True:
        try:
            check_latest_checkpoint(stage.path)
            return
        except DamagedFileError as error:
            damaged(error)


def _complete(
    run: ResolvedRun,
    stage: TrainingStage,
    progress: Progress,
    should_stop: ShouldStop,
    strict: bool,
) -> None:
    """A stage trained, evaluated and looked at."""
    trainer, checkpoint = resume_training(run, stage.number)
    pools = training_pools(run.config, stage, checkpoint.state, trained_model, should_stop)
    checkpoint = _fit(run, stage, trainer, checkpoint, pools, progress, should_stop)
    damaged = keep_aside("it is made again", strict)
    pools.record(stage, run.training_digest, damaged)
    evaluate_stage(run, stage, checkpoint.state, pools, progress, should_stop, damaged)
    if stage.is_last and isinstance(checkpoint.state.model, Model):
        record_layers(run, checkpoint.state.model, damaged, should_stop)


def _fit(
    run: ResolvedRun,
    stage: TrainingStage,
    trainer: Trainer,
    checkpoint: Checkpoint,
    pools: Pools,
    progress: Progress,
    should_stop: ShouldStop,
) -> Checkpoint:
    settings = stage.settings
    metrics_path = stage.path / "metrics.jsonl"
    state, step, spent = checkpoint.state, checkpoint.step, checkpoint.spent
    if step < settings.steps:
        truncate_metrics(metrics_path, step)
        progress.stage(stage.label, settings.steps, step)

    def now(state: TrainingState) -> Checkpoint:
        return Checkpoint(state, step, spent, checkpoint.seconds_before)

    def save() -> None:
        kept = trainer.finished(state) if step == settings.steps else state
        write_checkpoint(stage.path, now(kept), run.training_digest)

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
        n_steps = min(pools.steps_at_once(step, settings.chunk), settings.steps - step)
        watch = Stopwatch()
        before = state
        try:
            state = pools.ready(state, step)
        except Interrupted:
            if step > saved:
                save()
            raise
        state, metrics = trainer.advance(as_after_restart(state), n_steps)
        broken = first_broken_step(metrics, state)
        if broken is not None:
            append_metrics(metrics_path, step, {k: v[:broken] for k, v in metrics.items()})
            if step > saved:
                write_checkpoint(stage.path, now(before), run.training_digest)
            raise _diverged(run, stage, step + broken, step)
        spent = spent.and_then(watch.spent())
        append_metrics(metrics_path, step, metrics)
        step += n_steps
        progress.advance(step, _live(metrics))
        if step - saved >= settings.checkpoint_every or step == settings.steps:
            save()
            saved = step
    return now(as_after_restart(state))


def _diverged(run: ResolvedRun, stage: TrainingStage, step: int, saved: int) -> DivergenceError:
    settings = stage.settings
    where = "" if stage.is_last else f" of stage {stage.number}"
    remedy = (
        f"a larger training.batch (this one has {settings.batch})"
        if settings.is_least_squares
        else f"a lower training.learning_rate (this one has {settings.learning_rate:g}) or "
        f"training.gradient_clip ({settings.gradient_clip:g})"
    )
    return DivergenceError(
        f"{run.folder.path}: training diverged at step {step}{where}: its numbers are not finite "
        f"from there on; the state after step {saved} is kept. Start a new run with {remedy}"
    )


def _live(metrics: dict[str, np.ndarray]) -> dict[str, float]:
    return {name: float(np.mean(metrics[name])) for name in ("loss", "ess")}
