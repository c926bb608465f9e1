"""The run behind a prior: a finished one of the prior's theory, whose flow HMC fills the pool."""

import json
from typing import NamedTuple

import equinox as eqx
import jax

from latflow.errors import ConfigError, RunFolderError
from latflow.priors import EnsembleSettings
from latflow.runs.configuration import RunConfig, run_path
from latflow.runs.store import RunFolder, checkpoint_identity, steps_saved
from latflow.sampling import FlowHMCSettings

_KEY = "model.prior.run"


class PriorRun(NamedTuple):
    """A finished run, its configuration, and the chain block that its kernel is set up as."""

    folder: RunFolder
    config: RunConfig
    block: FlowHMCSettings


def ensemble_settings(config: RunConfig) -> EnsembleSettings | None:
    """The settings of a prior that is a theory, or ``None`` where the prior is none."""
    prior = None if config.model is None else config.model.prior
    return prior if isinstance(prior, EnsembleSettings) else None


def prior_run(config: RunConfig) -> PriorRun | None:
    """The run that a configuration's prior is made from, or ``None`` if there is none.

    Raises:
        ConfigError: it is not there, not trained, of another theory, or without flow HMC.
    """
    settings = ensemble_settings(config)
    if settings is None or settings.run is None:
        return None
    try:
        folder = RunFolder(run_path(settings.run))
        source = folder.config()
    except (RunFolderError, ConfigError) as error:
        raise ConfigError(_KEY, str(error)) from None
    _check_trained(folder, source)
    _check_theory(config, settings, folder, source)
    for block in source.chains:
        if isinstance(block, FlowHMCSettings):
            return PriorRun(folder, source, block)
    raise ConfigError(
        _KEY,
        f'{folder.path} has no [[chains]] with kernel = "flow-hmc", which says how to sample '
        "its theory: choose a run that has one",
    )


def behind_prior(config: RunConfig) -> str | None:
    """Identifies what the run behind a prior contributes: its model, and how it is sampled.

    A model that was trained again is another one: nothing made with the old one may go on with
    it. The models below that one are part of what made it.

    Raises:
        ConfigError: there is something wrong with that run.
    """
    source = prior_run(config)
    if source is None:
        return None
    names = FlowHMCSettings.model_fields
    block = source.block.model_dump(mode="json", include=set(names), exclude_none=True)
    model = checkpoint_identity(source.folder.training_path)
    return json.dumps([model, block], sort_keys=True)


def _check_trained(folder: RunFolder, source: RunConfig) -> None:
    if source.training is None:
        raise ConfigError(_KEY, f"{folder.path} has no model: choose a run with [model]")
    steps = steps_saved(folder.training_path)
    if steps < source.training.steps:
        raise ConfigError(
            _KEY,
            f"{folder.path}: the model has {max(0, steps)} of {source.training.steps} training "
            f"steps; `latflow train {folder.path}` finishes it",
        )


def _check_theory(
    config: RunConfig, settings: EnsembleSettings, folder: RunFolder, source: RunConfig
) -> None:
    lattice = settings.theory_lattice(config.theory.lattice())
    # Configurations are checked inside of an abstract evaluation, where nothing would be a number.
    with jax.ensure_compile_time_eval():
        same = bool(eqx.tree_equal(settings.theory_on(lattice), source.theory.build()))
    if not same:
        raise ConfigError(
            _KEY,
            f"{folder.path} is of another theory: its [theory] must be model.prior.theory with "
            f"shape = {list(lattice.shape)}; change model.prior.theory, or choose another run",
        )
