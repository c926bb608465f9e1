"""The Markov chains behind a pool of configurations: they fill it, again and again."""

import math
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import equinox as eqx
import jax

from latflow.kernels import Kernel
from latflow.priors import ConfigurationPool, EnsemblePrior, EnsembleSettings, PoolSettings
from latflow.random import GENERATOR
from latflow.runs.pools._pool_warm_up import WarmChains, warm_chains
from latflow.runs.store import ShouldStop, interrupting, never, stop_if
from latflow.sampling import Pieces, run_in_pieces
from latflow.theories import Theory

_RECYCLED = 1.5

Pool = TypeVar("Pool", ConfigurationPool, EnsemblePrior)
"""What chains can refill, and go on from: a pool, or a prior that draws from one."""


class PoolChains:
    """Markov chains of a theory, which a stage of training draws on: the prior's or the target.

    Everything that they do is determined by the seed, the purpose, the number of the pool and
    the pool before it: so a run that was stopped makes the same configurations.

    Args:
        settings: of the pool.
        theory: on the lattice that its configurations live on.
        n_parts: configurations of the theory in one of the pool.
        batch: configurations that a training step uses.
        seed: the run's seed.
        name: names the random numbers.
        kernel: makes the kernel of the chains, when it is needed.
        place: the configuration's block that the settings are from.
        should_stop: asked every few seconds of their work.
    """

    def __init__(
        self,
        settings: PoolSettings,
        theory: Theory,
        n_parts: int,
        batch: int,
        seed: int,
        name: str,
        kernel: Callable[[], Kernel],
        place: str,
        should_stop: ShouldStop = never,
    ):
        self._settings, self._theory, self._n_parts = settings, theory, n_parts
        self._batch, self._seed, self._name = batch, seed, name
        self._kernel, self._place = kernel, place
        self._should_stop = should_stop
        self._pieces = Pieces(settings.chains * theory.space.n_numbers)

    @property
    def steps_per_pool(self) -> int:
        """Training steps between two pools."""
        return max(1, int(self._settings.reuse * self._settings.pool / self._batch))

    @property
    def thin(self) -> int:
        """Transitions between configurations: two autocorrelation times unless given."""
        return self._settings.thin or max(1, math.ceil(2 * self._warm.tau_int))

    def ready(self, pool: Pool, step: int) -> Pool:
        """The pool itself, or a fresh one if one is due at this step of training."""
        number, used = divmod(step, self.steps_per_pool)
        return pool if used else self.renewed(pool, "training", number)

    def steps_left(self, step: int) -> int:
        """Training steps from this one until the next pool is due."""
        return self.steps_per_pool - step % self.steps_per_pool

    def renewed(self, pool: Pool, use: str, number: int) -> Pool:
        """A pool of new configurations, each further from the last by ``thin``.

        Args:
            pool: the chains go on from its youngest configurations; the first pool of training
                follows the warm-up.
            use: names the random numbers, with those of the chains.
            number: pools made before for this use.

        Raises:
            Interrupted: it was time to stop.
        """
        stop_if(self._should_stop)
        kernel, settings = self._warm.kernel, self._settings
        states = self._warm.states
        if number or use != "training":
            states = _states_at(kernel, pool.youngest(settings.chains))
        kept = settings.pool * self._n_parts // settings.chains
        _, segment = run_in_pieces(
            self._pieces, interrupting(self._should_stop), kernel, states,
            self._seed, f"{self._name}/{use}", "sampling",
            number * kept * self.thin, kept, self.thin, _nothing, 1,
        )  # fmt: skip
        return pool.refilled(segment.configurations)

    def record(self) -> dict[str, Any]:
        """For the summary: how independent the configurations are, and how often one is used."""
        reuse = self._batch * self.steps_per_pool / self._settings.pool
        settings = self._settings
        run = settings.run if isinstance(settings, EnsembleSettings) else None
        # Its name: where it lies may change, and is no result.
        return ({} if run is None else {"run": Path(run).name}) | {
            "tau_int": self._warm.tau_int,
            "tau_int_error": self._warm.tau_int_error,
            "thin": self.thin,
            "pool": self._settings.pool,
            "reuse": reuse,
            "warnings": list(self._warnings(reuse)),
        }

    def _warnings(self, reuse: float):
        tau, place = self._warm.tau_int, self._place
        if reuse > _RECYCLED:
            yield (
                f"recycled: each was used {reuse:.3g} times on average, so that training saw "
                f"fewer than its steps suggest; raise {place}.pool or lower {place}.reuse"
            )
        if self.thin < 2 * tau:
            yield (
                f"correlated: they are {self.thin} transitions apart, less than two "
                f"autocorrelation times of {tau:.3g}; leave {place}.thin out, or raise it"
            )
        if self._warm.saturated:
            yield (
                "of unknown autocorrelation: the warm-up of their chains was too short to "
                f"measure it; raise {place}.warm_up"
            )

    @cached_property
    def _warm(self) -> WarmChains:
        kernel = self._kernel()
        return warm_chains(
            self._settings, self._theory, kernel, self._seed, self._name, self._pieces,
            self._should_stop,
        )  # fmt: skip


@eqx.filter_jit
def _states_at(kernel: Kernel, fields):
    unused = jax.random.key(0, impl=GENERATOR)
    return jax.vmap(lambda field: kernel.init(unused, field))(fields)


def _nothing(field) -> dict:
    return {}
