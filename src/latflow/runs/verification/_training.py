"""Checks of what training has left behind."""

from functools import partial

import numpy as np

from latflow.runs._resolved import ResolvedRun
from latflow.runs._stages import TrainingStage
from latflow.runs._trained import resume_training
from latflow.runs.pools import pool_files, read_pool_record
from latflow.runs.store import (
    EVALUATION_FILE,
    check_checkpoint,
    checkpoint_paths,
    read_metrics,
)
from latflow.runs.verification._check import Checks
from latflow.runs.verification._recomputed import reweighed


def check_training(run: ResolvedRun, checks: Checks) -> None:
    """Checkpoints, metrics, evaluation, layers and pools of every stage."""
    for stage in run.stages:
        _check_stage(run, stage, checks)
    if run.stages:
        last = run.stages[-1]
        layers = run.folder.training_path / "layers.h5"
        if layers.exists():
            checks.attempt(layers, "digest, of this model", run.folder.layers)
        if (last.path / EVALUATION_FILE).exists():
            remedy = f"`latflow resume {run.folder.path}` makes it again"
            for _, file in pool_files(run.config):
                record = partial(read_pool_record, last, file, run.training_digest, remedy)
                checks.attempt(last.path / file, "digest, of this training", record)


def _check_stage(run: ResolvedRun, stage: TrainingStage, checks: Checks) -> None:
    steps = stage.settings.steps
    paths = checkpoint_paths(stage.path)
    for path in paths:
        checks.attempt(path, "digest", partial(check_checkpoint, path))
    if not paths:
        checks.note(stage.path, "training", "has not begun")
        return
    trained = checks.attempt(
        paths[-1],
        "of this configuration, can be read",
        lambda: resume_training(run, stage.number)[1].step,
        lambda step: f"{step} of {steps} steps",
    )
    if trained is not None:
        _check_metrics(stage, trained, checks)
    path = stage.path / EVALUATION_FILE
    if path.exists():
        number = None if stage.is_last else stage.number
        evaluation = checks.attempt(
            path,
            "digest, of this model",
            lambda: run.folder.evaluation(number),
            lambda content: "" if content is None else f"{content['log_weight'].size} samples",
        )
        if evaluation is not None:
            checks.attempt(
                path,
                "actions, recomputed",
                lambda: reweighed(stage, evaluation),
                lambda count: f"{count} configurations",
            )


def _check_metrics(stage: TrainingStage, trained: int, checks: Checks) -> None:
    """They are for people: what is missing of them spoils no result."""
    path = stage.path / "metrics.jsonl"
    found = checks.attempt(path, "can be read", lambda: read_metrics(path))
    steps = np.asarray((found or {}).get("step", []))
    if found is not None and not np.array_equal(steps[:trained], np.arange(1, trained + 1)):
        checks.note(path, "metrics", f"not those of all {trained} steps: curves will have gaps")
