"""The Markov chains behind a prior that is a theory: they fill its pool, again and again."""

import math
from collections.abc import Callable
from functools import cached_property, partial
from typing import Any

import equinox as eqx
import jax
import numpy as np

from latflow.models import Model
from latflow.priors import EnsemblePrior, EnsembleSettings, pooled, youngest
from latflow.runs._cascade import flow_kernel
from latflow.runs._config import RunConfig
from latflow.runs._prior_run import ensemble_settings
from latflow.runs._prior_warm_up import WarmChains, prior_kernel, warm_chains
from latflow.runs._trained import trained_model
from latflow.sampling import Kernel, run_segment
from latflow.theories import Theory
from latflow.training import TrainingState

_RECYCLED = 1.5


class PriorChains:
    """Markov chains of a prior's theory, which a stage of training draws on.

    Everything that they do is determined by the seed, the purpose, the number of the pool and
    the pool before it: so a run that was stopped makes the same configurations.

    Args:
        settings: of the prior.
        theory: of the prior, on the lattice that its configurations live on.
        n_parts: configurations of the theory in one of the prior.
        batch: configurations that a training step uses.
        seed: the run's seed.
        purpose: names the random numbers.
        kernel: makes the kernel of the chains, when it is needed; that of the settings if not
            given.
    """

    def __init__(
        self,
        settings: EnsembleSettings,
        theory: Theory,
        n_parts: int,
        batch: int,
        seed: int,
        purpose: str,
        kernel: Callable[[], Kernel] | None = None,
    ):
        self._kernel = kernel or partial(prior_kernel, settings, theory)
        self._settings, self._theory, self._n_parts = settings, theory, n_parts
        self._batch, self._seed, self._name = batch, seed, f"prior/{purpose}"

    @property
    def steps_per_pool(self) -> int:
        """Training steps between two pools."""
        return max(1, int(self._settings.reuse * self._settings.pool / self._batch))

    @property
    def thin(self) -> int:
        """Transitions between configurations: two autocorrelation times unless given."""
        return self._settings.thin or max(1, math.ceil(2 * self._warm.tau_int))

    def ready(self, state: TrainingState, step: int) -> TrainingState:
        """The state of training with a fresh pool if one is due at this step."""
        number, used = divmod(step, self.steps_per_pool)
        prior = state.model.prior
        if used or not isinstance(prior, EnsemblePrior):
            return state
        fresh = self.renewed(prior, "training", number)
        return eqx.tree_at(lambda state: state.model.prior, state, fresh)

    def steps_left(self, step: int) -> int:
        """Training steps from this one until the next pool is due."""
        return self.steps_per_pool - step % self.steps_per_pool

    def renewed(self, prior: EnsemblePrior, use: str, number: int) -> EnsemblePrior:
        """The prior with a pool of new configurations, each further from the last by ``thin``.

        Args:
            prior: its chains go on from the youngest configurations of its pool; the first
                pool of training follows the warm-up.
            use: names the random numbers, with those of the chains.
            number: pools made before for this use.
        """
        kernel, settings = self._warm.kernel, self._settings
        states = self._warm.states
        if number or use != "training":
            fields = youngest(prior, settings.chains)
            states = _states_at(kernel, fields)
        kept = settings.pool * self._n_parts // settings.chains
        _, segment = run_segment(
            kernel, states, self._seed, f"{self._name}/{use}", "sampling",
            number * kept * self.thin, kept, self.thin, _nothing, 1,
        )  # fmt: skip
        return pooled(prior, np.asarray(segment.configurations))

    def record(self) -> dict[str, Any]:
        """For the summary: how independent the configurations are, and how often one is used."""
        reuse = self._batch * self.steps_per_pool / self._settings.pool
        source = {} if self._settings.run is None else {"run": self._settings.run}
        return source | {
            "tau_int": self._warm.tau_int,
            "tau_int_error": self._warm.tau_int_error,
            "thin": self.thin,
            "pool": self._settings.pool,
            "reuse": reuse,
            "warnings": list(self._warnings(reuse)),
        }

    def _warnings(self, reuse: float):
        tau = self._warm.tau_int
        if reuse > _RECYCLED:
            yield (
                f"recycled: each was used {reuse:.3g} times on average, so that training saw "
                "fewer than its steps suggest; raise model.prior.pool or lower model.prior.reuse"
            )
        if self.thin < 2 * tau:
            yield (
                f"correlated: they are {self.thin} transitions apart, less than two "
                f"autocorrelation times of {tau:.3g}; leave model.prior.thin out, or raise it"
            )
        if self._warm.saturated:
            yield (
                "of unknown autocorrelation: the warm-up of their chains was too short to "
                "measure it; raise model.prior.warm_up"
            )

    @cached_property
    def _warm(self) -> WarmChains:
        kernel = self._kernel()
        return warm_chains(self._settings, self._theory, kernel, self._seed, self._name)


def prior_chains(config: RunConfig, model: Model, batch: int, purpose: str) -> PriorChains | None:
    """The chains behind a model's prior, or ``None`` where it draws by itself."""
    prior, settings = model.prior, ensemble_settings(config)
    if not isinstance(prior, EnsemblePrior) or settings is None:
        return None
    theory = prior.theory

    def kernel() -> Kernel:
        return flow_kernel(config, theory, trained_model) or prior_kernel(settings, theory)

    return PriorChains(settings, theory, prior.n_parts, batch, config.seed, purpose, kernel)


@eqx.filter_jit
def _states_at(kernel: Kernel, fields):
    return jax.vmap(lambda field: kernel.init(jax.random.key(0), field))(fields)


def _nothing(field) -> dict:
    return {}
