"""From a checked configuration to the objects it describes."""

from collections.abc import Iterator
from contextlib import contextmanager

import jax

from latflow.errors import ConfigError
from latflow.fields import FieldSpace
from latflow.flows import Chain, Flow, Identity
from latflow.kernels import Kernel
from latflow.models import Model
from latflow.random import key_for
from latflow.runs.configuration import ModelSettings, RunConfig
from latflow.theories import Theory

# Keys that start with these name other blocks already.
_ELSEWHERE = ("theory.", "model.")


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
    with located(f"training.stages.{number}", "theory"):
        return settings.build()


def build_model(config: RunConfig, theory: Theory | None = None) -> Model | None:
    """The untrained model, or ``None`` where the configuration has none.

    Every flow has random numbers of its own, which depend on the seed and its position only.

    Args:
        config: of the run.
        theory: whose fields the model shall make; that of the run if not given.

    Raises:
        ConfigError: a flow or the prior cannot live on its space, or a flow needs what the theory
            has not.
    """
    settings: ModelSettings | None = config.model
    if settings is None:
        return None
    theory = build_theory(config) if theory is None else theory
    space = theory.space
    key = key_for(config.seed, "model")
    flows: list[Flow] = []
    for index, block in enumerate(settings.flow):
        with located(f"model.flow.{index}", "model.flow"):
            flow = block.build(space, jax.random.fold_in(key, index))
            flows.append(flow.aimed_at(theory))
    with located("model.prior"):
        return Model(settings.prior.build(space), _one_after_the_other(flows, space))


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


@contextmanager
def located(place: str, kind: str | None = None) -> Iterator[None]:
    """Put the path of a block in front of the keys that its part complains about.

    Args:
        place: dotted path of the block, such as ``chains.hmc``.
        kind: what parts of this kind call their block, such as ``model.flow``, which one of
            several blocks they are not told.

    Raises:
        ConfigError: that of the part, with the whole path.
    """
    try:
        yield
    except ConfigError as error:
        if kind is not None and error.key.startswith(kind):
            raise ConfigError(place + error.key.removeprefix(kind), error.message) from None
        if error.key.startswith((*_ELSEWHERE, f"{place}.")):
            raise
        key = f"{place}.{error.key}" if error.key else place
        raise ConfigError(key, error.message) from None
