"""The pools of configurations that a stage of training draws on: the prior's and the target's."""

import math
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, Protocol, runtime_checkable

import equinox as eqx

from latflow.errors import DamagedFileError
from latflow.kernels import Kernel
from latflow.models import Model
from latflow.priors import EnsemblePrior, Prior
from latflow.runs.configuration import RunConfig
from latflow.runs.pools._cascade import ModelOf, flow_kernel
from latflow.runs.pools._pool_chains import PoolChains
from latflow.runs.pools._pool_kernels import prior_kernel, target_kernel
from latflow.runs.pools._prior_run import ensemble_settings
from latflow.runs.store import ShouldStop, never, read_record, write_record
from latflow.theories import Theory
from latflow.training import TrainingSettings, TrainingState

PRIOR_FILE = "prior.json"
TARGET_FILE = "target.json"


@runtime_checkable
class Stage(Protocol):
    """What pools need to know of a stage of training."""

    @property
    def path(self) -> Path:
        """Its folder."""
        ...

    @property
    def theory(self) -> Theory:
        """Its target."""
        ...

    @property
    def settings(self) -> TrainingSettings:
        """How it is trained."""
        ...

    @property
    def purpose(self) -> str:
        """Names its random numbers."""
        ...


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

    def steps_at_once(self, step: int, longest: int) -> int:
        """How many steps of training are done from this one before the next pool may be due.

        Between two pools they are as many each time where that is possible: every other number
        is another program to compile.
        """
        chains = [each for each in self if each is not None]
        between = [_even_share(each.steps_per_pool, longest) for each in chains]
        return min([longest, *between, *(each.steps_left(step) for each in chains)])

    def record(
        self, stage: Stage, digest: str, damaged: Callable[[DamagedFileError], None]
    ) -> None:
        """Keep what the summary says about the chains; only where it is missing.

        Args:
            stage: of training.
            digest: of what determines the training.
            damaged: what to do with a damaged file, or one of another training.
        """
        for name, chains in ((PRIOR_FILE, self.prior), (TARGET_FILE, self.target)):
            path = stage.path / name
            if chains is None:
                continue
            try:
                if os.path.lexists(path):
                    read_pool_record(stage, name, digest, "`latflow resume` makes it again")
                    continue
            except DamagedFileError as error:
                damaged(error)
            write_record(path, chains.record(), _origin(stage, name, digest))


def pool_files(config: RunConfig) -> list[tuple[str, str]]:
    """What is recorded about the chains behind the pools of a run: (name, file), after training.

    Args:
        config: of a run with ``[training]``.
    """
    assert config.training is not None  # the callers made sure
    wanted = (
        ("prior", PRIOR_FILE, ensemble_settings(config)),
        ("target", TARGET_FILE, config.training.forward_kl),
    )
    return [(name, file) for name, file, settings in wanted if settings is not None]


def read_pool_record(stage: Stage, file: str, digest: str, remedy: str) -> dict[str, Any]:
    """What was recorded about the chains behind a pool of a stage.

    Args:
        stage: of training.
        file: its name.
        digest: of what determines the training.
        remedy: what to do if it is damaged.

    Raises:
        DamagedFileError: it cannot be read, is damaged, or about other chains.
    """
    return read_record(stage.path / file, _origin(stage, file, digest), remedy)


def _origin(stage: Stage, file: str, digest: str) -> str:
    return f"{digest} {stage.purpose} {file}"


def training_pools(
    config: RunConfig,
    stage: Stage,
    state: TrainingState,
    model_of: ModelOf,
    should_stop: ShouldStop = never,
) -> Pools:
    """The pools of a stage of training.

    Args:
        config: of the run.
        stage: of its training.
        state: where its training stands.
        model_of: how to get the trained model of a run behind the prior.
        should_stop: asked every few seconds of the chains' work, which then raises Interrupted.
    """
    batch, purpose = stage.settings.batch, stage.purpose
    prior = state.model.prior if isinstance(state.model, Model) else None
    of_prior = prior_chains(config, prior, batch, purpose, model_of, should_stop)
    return Pools(of_prior, _target_chains(config, stage, should_stop))


def prior_chains(
    config: RunConfig,
    prior: Prior | None,
    batch: int,
    purpose: str,
    model_of: ModelOf,
    should_stop: ShouldStop = never,
) -> PoolChains | None:
    """The chains behind a prior, or ``None`` where it draws by itself."""
    settings = ensemble_settings(config)
    if not isinstance(prior, EnsemblePrior) or settings is None:
        return None
    theory = prior.theory

    def kernel() -> Kernel:
        return flow_kernel(config, theory, model_of) or prior_kernel(settings, theory)

    return PoolChains(
        settings, theory, prior.n_parts, batch, config.seed, f"prior/{purpose}", kernel,
        "model.prior", should_stop,
    )  # fmt: skip


def _target_chains(config: RunConfig, stage: Stage, should_stop: ShouldStop) -> PoolChains | None:
    settings = stage.settings.forward_kl
    if settings is None:
        return None
    return PoolChains(
        settings, stage.theory, 1, stage.settings.batch, config.seed,
        f"target/{stage.purpose}", partial(target_kernel, settings, stage.theory),
        "training.forward_kl", should_stop,
    )  # fmt: skip


def _even_share(steps: int, longest: int) -> int:
    """The longest of equal parts of so many steps; of nearly equal ones where those are short.

    Never one step, unless nothing longer is allowed: such loops are unrolled and round otherwise.
    """
    parts = math.ceil(steps / longest)
    for number in range(parts, 2 * parts + 1):
        if steps % number == 0 and (steps > number or longest == 1):
            return steps // number
    return math.ceil(steps / parts)
