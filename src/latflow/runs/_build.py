"""From a checked configuration to the objects it describes."""

import jax

from latflow.fields import FieldSpace
from latflow.flows import Chain, Flow, Identity
from latflow.kernels import Kernel
from latflow.models import Model
from latflow.random import key_for
from latflow.runs._located import located
from latflow.runs.configuration import ModelSettings, RunConfig
from latflow.theories import Theory


def build_theory(config: RunConfig) -> Theory:
    """The target theory.

    Raises:
        ConfigError: a parameter is missing, belongs elsewhere, or is out of its range.
    """
    with located("theory"):
        return config.theory.build()


def build_stage_theory(config: RunConfig, number: int) -> Theory:
    """The theory of an earlier stage of training.

    Raises:
        ConfigError: a parameter is unknown or out of its range, or the dimension differs.
    """
    settings = config.stage_theory(number)
    with located(f"training.stages.{number}"):
        return settings.build()


def build_model(config: RunConfig, space: FieldSpace | None = None) -> Model | None:
    """The untrained model, or ``None`` where the configuration has none.

    Every flow has random numbers of its own, which depend on the seed and its position only.

    Args:
        config: of the run.
        space: of the fields that the model makes; that of the theory if not given.

    Raises:
        ConfigError: a flow or the prior cannot live on this space.
    """
    settings: ModelSettings | None = config.model
    if settings is None:
        return None
    space = build_theory(config).space if space is None else space
    key = key_for(config.seed, "model")
    flows: list[Flow] = []
    for index, block in enumerate(settings.flow):
        with located(f"model.flow.{index}", "model.flow"):
            flows.append(block.build(space, jax.random.fold_in(key, index)))
    flow = _one_after_the_other(flows, space)
    with located("model.prior"):
        return Model(settings.prior.build(space), flow)


def _one_after_the_other(flows: list[Flow], space: FieldSpace) -> Flow:
    if not flows:
        return Identity(space)
    return flows[0] if len(flows) == 1 else Chain(tuple(flows))


def build_kernel(config: RunConfig, name: str, theory: Theory, model: Model | None) -> Kernel:
    """The kernel of one chain block, before its warm-up.

    Args:
        config: of the run.
        name: of the chain.
        theory: the target.
        model: whose latent variables the kernel moves or draws, if it does; see
            ``moving_model``.

    Raises:
        ConfigError: the kernel needs a model, or cannot work on this theory's lattice.
    """
    chain = config.chain(name)
    double = None if model is None else model.cast("double")
    with located(f"chains.{name}"):
        return chain.kernel_settings.build_kernel(theory, double, chain.n_chains)
