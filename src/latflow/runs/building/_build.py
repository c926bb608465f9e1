"""From a checked configuration to the objects it describes."""

import jax

from latflow.errors import ConfigError
from latflow.fields import FieldSpace
from latflow.flows import Chain, Flow, Identity
from latflow.kernels import Kernel
from latflow.lattice import on_lattice
from latflow.models import Model, Proposer
from latflow.random import key_for
from latflow.runs.building._conditional import conditional
from latflow.runs.building._located import located
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
    with located(f"training.stages.{number}", "theory"):
        return settings.build()


def build_model(config: RunConfig, theory: Theory | None = None) -> Proposer | None:
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
    flow = _one_after_the_other(flows, space)
    if settings.conditional is not None:
        flow = conditional(config, flow).aimed_at(theory)
    with located("model.prior"):
        model = Model(settings.prior.build(space), flow)
    return model if settings.annealing is None else _annealed(config, model)


def _annealed(config: RunConfig, model: Model) -> Proposer:
    """The model with the annealing of a configuration that has one."""
    assert config.model is not None and config.model.annealing is not None
    annealing = config.model.annealing
    if not (model.prior.draws_independently and model.prior.is_normalised):
        raise ConfigError(
            "model.prior.kind",
            f"annealing begins with independent draws of a known density, which "
            f"{type(model.prior).__name__} has not: use another prior",
        )
    start = None
    if annealing.couplings:
        with located("model.annealing.couplings", "theory"):
            start = config.theory_with(annealing.couplings, "model.annealing").build()
        start = on_lattice(start, model.space.lattice)
    with located("model.annealing"):
        return annealing.build(model, start, key_for(config.seed, "model/annealing"))


def _one_after_the_other(flows: list[Flow], space: FieldSpace) -> Flow:
    if not flows:
        return Identity(space)
    return flows[0] if len(flows) == 1 else Chain(tuple(flows))


def build_kernel(config: RunConfig, name: str, theory: Theory, model: Proposer | None) -> Kernel:
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
