"""Where training starts: a fresh model, or the trained one of another run."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import jax

from latflow.errors import ConfigError, RunFolderError
from latflow.models import Proposer
from latflow.precision import Accuracy
from latflow.random import key_for
from latflow.runs.building import build_model
from latflow.runs.configuration import ModelSettings, RunConfig
from latflow.runs.store import RunFolder
from latflow.stopwatch import Spent
from latflow.theories import Theory


class InitialModel(NamedTuple):
    """A model to start from, and the time that went into it."""

    model: Proposer
    spent: Spent


def fresh_model(config: RunConfig, theory: Theory) -> Proposer:
    """The untrained model of a run that has one, for a theory.

    Raises:
        ConfigError: it cannot live there.
    """
    model = build_model(config, theory)
    assert model is not None  # the callers made sure
    return model


def initial_model(
    config: RunConfig,
    theory: Theory,
    model_of: Callable[[Path, int | None], tuple[Proposer, Spent]],
) -> InitialModel:
    """The model that training starts from, for the theory of its first stage.

    Args:
        config: of a run with a model.
        theory: of its first stage, for which a fresh one is prepared.
        model_of: how to get the trained model of another run, or of a stage of its training,
            and its cost.

    Raises:
        ConfigError: the initial run cannot be read, or has another architecture.
    """
    fresh = fresh_model(config, theory)
    assert config.model is not None  # as there is a fresh one
    source = config.model.initial_run
    if source is None:
        key = key_for(config.seed, "model/prepared")
        return InitialModel(fresh.prepared(theory, key), Spent(0.0, 0.0))
    try:
        _check_digest(config.model, *source)
        model, spent = model_of(*source)
        moved = model.moved_to(theory.space.lattice).aimed_at(theory).cast(fresh.precision)
    except (RunFolderError, ConfigError) as error:
        raise ConfigError("model.initial", str(error)) from None
    if _outline(moved) != _outline(fresh):
        raise ConfigError(
            "model.initial",
            f"{config.model.initial} has another architecture: its [model] must be the same, "
            "and of the same dimension",
        )
    arrays, structure = jax.tree.leaves(moved), jax.tree.structure(fresh)
    return InitialModel(jax.tree.unflatten(structure, arrays), spent)


def _check_digest(settings: ModelSettings, path: Path, stage: int | None) -> None:
    """The initial model is the one that this run was made for."""
    wanted = settings.initial_sha256
    if wanted is not None and RunFolder(path).model_digest(stage) != wanted:
        raise RunFolderError(
            f"{settings.initial} is not the model that this run was made for: its SHA-256 is not "
            "that of model.initial_sha256; restore it, or start a new run"
        )


def _outline(model: Proposer) -> tuple[Any, list[tuple[int, ...]]]:
    """All but numbers, and but how accurately they are used."""

    def is_accuracy(node: Any) -> bool:
        return isinstance(node, Accuracy)

    bare = jax.tree.map(
        lambda node: None if is_accuracy(node) else node, model, is_leaf=is_accuracy
    )
    leaves, structure = jax.tree.flatten(bare)
    return structure, [leaf.shape for leaf in leaves]
