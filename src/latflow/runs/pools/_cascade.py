"""Cascades of lattices: each run's prior is the theory of a run below it, with a flow of its own.

What Albandea et al., PoS LATTICE2023, leave for the future in their conclusions.
"""

from collections.abc import Callable

from latflow.errors import ConfigError
from latflow.flows import Chain, OnSublattices
from latflow.kernels import Kernel
from latflow.models import Model
from latflow.priors import EnsemblePrior, IndependentCopies
from latflow.runs.configuration import ChainSettings, RunConfig
from latflow.runs.pools._prior_run import ensemble_settings, prior_run
from latflow.runs.store import RunFolder
from latflow.sampling import FlowHMCSettings
from latflow.theories import Theory

ModelOf = Callable[[RunFolder], Model | None]


def composed_model(config: RunConfig, model: Model, model_of: ModelOf) -> Model:
    """The model from the coarsest prior, through the flows of all runs, to a run's own theory.

    x = F_L(interleave of F_(L/2)(interleave of ...)): where the prior is interleaved, the flow
    below acts on each sublattice.

    Args:
        config: of the run.
        model: its model.
        model_of: how to get the model of a run below it.

    Returns:
        The model itself where its prior is made from no run.

    Raises:
        ConfigError: something is wrong with a run below.
    """
    source = prior_run(config)
    if source is None:
        return model
    coarser = model_of(source.folder)
    assert coarser is not None and isinstance(model.prior, EnsemblePrior)  # by the checks above
    coarser = composed_model(source.config, coarser, model_of).cast(model.precision)
    prior, flow = coarser.prior, coarser.flow
    if model.prior.is_interleaved:
        prior, flow = IndependentCopies(prior), OnSublattices(flow)
    return Model(prior, Chain((flow, model.flow)), model.precision)


def moving_model(
    config: RunConfig, chain: ChainSettings, model: Model | None, model_of: ModelOf
) -> Model | None:
    """The model whose latent variables the kernel of a chain block moves.

    Args:
        config: of the run.
        chain: one of its blocks.
        model: its own model, if it has one.
        model_of: how to get the model of a run below it.

    Raises:
        ConfigError: the coarsest variables are asked for, and there are no coarser ones.
    """
    if not isinstance(chain, FlowHMCSettings) or chain.variables == "prior" or model is None:
        return model
    settings = ensemble_settings(config)
    if settings is None or settings.run is None:
        raise ConfigError(
            f"chains.{chain.name}.variables",
            '"coarsest" needs a prior that is made from a run with a flow: set model.prior.run, '
            'or choose "prior"',
        )
    return composed_model(config, model, model_of)


def flow_kernel(config: RunConfig, theory: Theory, model_of: ModelOf) -> Kernel | None:
    """The flow HMC that samples a prior's theory, or ``None`` where no run is behind it.

    Args:
        config: of the run that has the prior.
        theory: the prior's; in a stage of training its lattice may differ from that of the run
            behind it, whose flow is then moved.
        model_of: how to get the model of a run below.

    Raises:
        ConfigError: something is wrong with that run, or its flow cannot be moved.
    """
    source, settings = prior_run(config), ensemble_settings(config)
    if source is None or settings is None:
        return None
    block, lattice = source.block, theory.space.lattice
    assert isinstance(block, ChainSettings)  # as all blocks of a run are
    try:
        model = moving_model(source.config, block, model_of(source.folder), model_of)
        assert model is not None  # by the checks of the prior's run
        if lattice != source.config.theory.lattice():
            model = model.moved_to(lattice).aimed_at(theory)
        # In single precision, as the pool is.
        single = block.model_copy(update={"precision": "single"})
        return single.build_kernel(theory, model.cast("double"), settings.chains)
    except ConfigError as error:
        raise ConfigError("model.prior.run", f"{source.folder.path}: {error}") from None
