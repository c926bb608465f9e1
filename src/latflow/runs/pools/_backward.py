"""Configurations of the target that annealing goes back from, after training."""

from contextlib import suppress
from typing import Any

from jaxtyping import PyTree

from latflow.errors import ConfigError
from latflow.kernels import DrawnExactly, ExactDraws, Kernel
from latflow.priors import ConfigurationPool
from latflow.runs.configuration import RunConfig
from latflow.runs.pools._pool_chains import PoolChains
from latflow.runs.pools._pools import Stage
from latflow.runs.store import ShouldStop, never
from latflow.theories import Theory

_PLACE = "model.annealing.backward"


def backward_configurations(
    config: RunConfig, stage: Stage, should_stop: ShouldStop = never
) -> PyTree[Any] | None:
    """Configurations of a stage's theory with a leading axis; ``None`` where none are asked for.

    Exact draws where the theory has them, else Markov chains of the annealing's own kernel.

    Args:
        config: of the run.
        stage: of its training.
        should_stop: asked every few seconds of the chains' work, which then raises Interrupted.
    """
    annealing = None if config.model is None else config.model.annealing
    if annealing is None or annealing.backward is None:
        return None
    chains = PoolChains(
        annealing.backward, stage.theory, 1, annealing.backward.pool, config.seed,
        f"backward/{stage.purpose}", lambda: backward_kernel(config, stage.theory), _PLACE,
        should_stop,
    )  # fmt: skip
    empty = ConfigurationPool.empty(stage.theory.space, annealing.backward.pool)
    return chains.renewed(empty, "training", 0).fields


def backward_kernel(config: RunConfig, theory: Theory) -> Kernel:
    """The kernel of the chains.

    Raises:
        ConfigError: the kernel of the annealing serves the theories on the way only.
    """
    assert config.model is not None and config.model.annealing is not None
    if isinstance(theory, DrawnExactly):
        # Refused where the theory cannot be drawn on this lattice, or at this coupling.
        with suppress(ConfigError):
            return ExactDraws(theory, "single")
    kernel = config.model.annealing.kernel
    if "precision" in type(kernel).model_fields:
        kernel = kernel.model_copy(update={"precision": "single"})
    return kernel.build_kernel(theory)
