"""The pools of configurations that a stage of training draws on: the prior's and the target's."""

from functools import partial
from typing import NamedTuple

import equinox as eqx

from latflow.priors import EnsemblePrior, Prior
from latflow.runs.store._atomic import write_json
from latflow.runs.pools._cascade import flow_kernel
from latflow.runs.configuration._config import RunConfig
from latflow.runs.pools._pool_chains import PoolChains
from latflow.runs.pools._pool_kernels import prior_kernel, target_kernel
from latflow.runs.pools._prior_run import ensemble_settings
from latflow.runs._stages import TrainingStage
from latflow.runs._trained import trained_model
from latflow.kernels import Kernel
from latflow.training import TrainingState

PRIOR_FILE = "prior.json"
TARGET_FILE = "target.json"


class Pools(NamedTuple):
    """The chains behind the prior and behind the share of the forward divergence, where needed."""

    prior: PoolChains | None
    target: PoolChains | None

    def ready(self, state: TrainingState, step: int) -> TrainingState:
        """The state of training with fresh pools where they are due at this step."""
        if self.prior is not None:
            pool = state.model.prior
            assert isinstance(pool, EnsemblePrior)  # as it has chains
            fresh = self.prior.ready(pool, step)
            state = eqx.tree_at(lambda state: state.model.prior, state, fresh)
        if self.target is not None:
            assert state.target is not None  # as it has chains
            fresh = self.target.ready(state.target, step)
            state = eqx.tree_at(lambda state: state.target, state, fresh)
        return state

    def steps_left(self, step: int, wanted: int) -> int:
        """How many of these steps of training can be done before the next pool is due."""
        left = [chains.steps_left(step) for chains in self if chains is not None]
        return min([wanted, *left])

    def record(self, stage: TrainingStage) -> None:
        """Keep what the summary says about the chains; only the first time."""
        for name, chains in ((PRIOR_FILE, self.prior), (TARGET_FILE, self.target)):
            path = stage.path / name
            if chains is not None and not path.exists():
                write_json(path, chains.record())


def training_pools(config: RunConfig, stage: TrainingStage, state: TrainingState) -> Pools:
    """The pools of a stage of training."""
    batch, purpose = stage.settings.batch, stage.purpose
    of_prior = prior_chains(config, state.model.prior, batch, purpose)
    return Pools(of_prior, _target_chains(config, stage))


def prior_chains(config: RunConfig, prior: Prior, batch: int, purpose: str) -> PoolChains | None:
    """The chains behind a prior, or ``None`` where it draws by itself."""
    settings = ensemble_settings(config)
    if not isinstance(prior, EnsemblePrior) or settings is None:
        return None
    theory = prior.theory

    def kernel() -> Kernel:
        return flow_kernel(config, theory, trained_model) or prior_kernel(settings, theory)

    return PoolChains(
        settings, theory, prior.n_parts, batch, config.seed, f"prior/{purpose}", kernel,
        "model.prior",
    )  # fmt: skip


def _target_chains(config: RunConfig, stage: TrainingStage) -> PoolChains | None:
    settings = stage.settings.forward_kl
    if settings is None:
        return None
    return PoolChains(
        settings, stage.theory, 1, stage.settings.batch, config.seed,
        f"target/{stage.purpose}", partial(target_kernel, settings, stage.theory),
        "training.forward_kl",
    )  # fmt: skip
