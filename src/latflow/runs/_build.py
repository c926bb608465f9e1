"""From a checked configuration to the objects it describes."""

from typing import Literal

import equinox as eqx
import jax

from latflow.errors import ConfigError
from latflow.flows import Chain, Flow
from latflow.lattice import Lattice
from latflow.models import Model
from latflow.random import key_for
from latflow.runs.pools._cascade import flow_kernel, moving_model
from latflow.runs.configuration._config import ChainSettings, ModelSettings, RunConfig
from latflow.runs.pools._pool_kernels import prior_kernel, target_kernel
from latflow.runs.pools._prior_run import ensemble_settings, prior_run
from latflow.runs.store._folder import RunFolder
from latflow.kernels import Kernel, KernelSettings
from latflow.sampling import start_chains
from latflow.theories import Theory, TheorySettings


def build_theory(config: RunConfig) -> Theory:
    """The target theory.

    Raises:
        ConfigError: a parameter is missing, belongs elsewhere, or is out of its range.
    """
    return _built(config.theory, "theory")


def build_stage_theory(config: RunConfig, number: int) -> Theory:
    """The theory of an earlier stage of training.

    Raises:
        ConfigError: a parameter is unknown or out of its range, or the dimension differs.
    """
    return _built(config.stage_theory(number), f"training.stages.{number}", "theory")


def _built(settings: TheorySettings, place: str, generic: str | None = None) -> Theory:
    try:
        return settings.build()
    except ConfigError as error:
        raise _located(error, place, generic) from None


def build_model(config: RunConfig, lattice: Lattice | None = None) -> Model | None:
    """The untrained model, or ``None`` where the configuration has none.

    Every flow has random numbers of its own, which depend on the seed and its position only.

    Raises:
        ConfigError: a flow cannot live on this lattice.
    """
    settings: ModelSettings | None = config.model
    if settings is None:
        return None
    lattice = lattice or config.theory.lattice()
    key = key_for(config.seed, "model")
    flows: list[Flow] = []
    for index, block in enumerate(settings.flow):
        try:
            flows.append(block.build(lattice, jax.random.fold_in(key, index)))
        except ConfigError as error:
            raise _located(error, f"model.flow.{index}", "model.flow") from None
    flow = flows[0] if len(flows) == 1 else Chain(tuple(flows))
    return Model(settings.prior.build(lattice), flow)


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
    assert isinstance(chain, KernelSettings)  # every block of CHAINS is one
    double = None if model is None else model.cast("double")
    try:
        return chain.build_kernel(theory, double, chain.n_chains)
    except ConfigError as error:
        raise _located(error, f"chains.{name}", "chains") from None


def needs_model(config: RunConfig, name: str) -> bool:
    """Whether the kernel of a chain block draws on the trained model."""
    try:
        eqx.filter_eval_shape(lambda: build_kernel(config, name, build_theory(config), None))
    except ConfigError:
        return True
    return False


def start_of(chain: ChainSettings, kernel: Kernel) -> Literal["hot", "cold", "prior"]:
    """How the chains of a block start, with ``auto`` decided."""
    if chain.start != "auto":
        return chain.start
    draws_its_own = type(kernel).start is not Kernel.start
    return "prior" if draws_its_own else "hot"


def check_buildable(config: RunConfig) -> None:
    """Build everything abstractly, so that all mistakes show before any work is done.

    Raises:
        ConfigError: some part cannot be built, or does not fit the others.
    """
    theory = build_theory(config)
    # Outside of what is abstract: a run behind the prior is there and finished.
    prior_run(config)

    def build_the_rest():
        model = build_model(config)
        _check_pools(config)
        for chain in config.chains:
            moving = moving_model(config, chain, model, _untrained)
            kernel = build_kernel(config, chain.name, theory, moving)
            try:
                start_chains(kernel, 0, chain.name, 1, start_of(chain, kernel))
            except ConfigError as error:
                raise _located(error, f"chains.{chain.name}", "chains") from None
        return 0

    eqx.filter_eval_shape(build_the_rest)
    _check_transfer(config)


def _check_pools(config: RunConfig) -> None:
    """Markov chains can be run for the pools where they are needed, in every stage of training."""
    if config.training is None:
        return
    settings = ensemble_settings(config)
    for theory in _stage_theories(config):
        if config.training.forward_kl is not None:
            target_kernel(config.training.forward_kl, theory)
        if settings is not None:
            of_prior = settings.theory_on(settings.theory_lattice(theory.space.lattice))
            if flow_kernel(config, of_prior, _untrained) is None:
                prior_kernel(settings, of_prior)


def _untrained(folder: RunFolder) -> Model | None:
    """The model of a run with its parameters before training: what is built is the same."""
    return build_model(folder.config())


def _stage_theories(config: RunConfig) -> list[Theory]:
    """Those of all stages of training, the target last."""
    assert config.training is not None  # the callers made sure
    stages = range(len(config.training.stages))
    return [*(build_stage_theory(config, number) for number in stages), build_theory(config)]


def _check_transfer(config: RunConfig) -> None:
    """The model can live on the lattices of all stages, and the initial run is there."""
    if config.model is None or config.training is None:
        return
    source = config.model.initial_run
    if source is not None and not (source[0] / "config.toml").is_file():
        raise ConfigError(
            "model.initial", f"{source[0]} is not a run folder (it has no config.toml)"
        )
    lattices = [theory.space.lattice for theory in _stage_theories(config)]
    if len(set(lattices)) > 1:
        model = build_model(config, lattices[0])
        assert model is not None  # checked above
        for lattice in lattices[1:]:
            model = model.moved_to(lattice)


def _located(error: ConfigError, place: str, generic: str | None = None) -> ConfigError:
    """The same error with the block's own path in front of its key."""
    message = str(error).removeprefix(f"{error.key}: ")
    generic = place if generic is None else generic
    if error.key == place or error.key.startswith(f"{place}."):
        return error
    if error.key == generic or error.key.startswith(f"{generic}."):
        return ConfigError(place + error.key.removeprefix(generic), message)
    if "." in error.key:
        return error
    return ConfigError(f"{place}.{error.key}" if error.key else place, message)
