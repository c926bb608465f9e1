"""Building everything that a configuration describes, without doing any work."""

from pathlib import Path

import equinox as eqx
import jax.numpy as jnp

from latflow.errors import ConfigError
from latflow.models import Proposer
from latflow.observables import Measurement
from latflow.runs._memory import (
    MemoryClaim,
    check_lattice_memory,
    check_memory,
    memory_claims,
)
from latflow.runs._observables import observables_of
from latflow.runs.building import (
    build_kernel,
    build_model,
    build_stage_theory,
    build_theory,
    located,
)
from latflow.runs.configuration import RunConfig
from latflow.runs.pools import (
    ensemble_settings,
    flow_kernel,
    moving_model,
    prior_kernel,
    prior_run,
    target_kernel,
)
from latflow.runs.store import RunFolder
from latflow.sampling import start_chains
from latflow.theories import Theory


def check_buildable(config: RunConfig) -> tuple[MemoryClaim, ...]:
    """Build everything abstractly, so that all mistakes show before any work is done.

    Returns:
        What the run needs of memory at least.

    Raises:
        ConfigError: some part cannot be built, does not fit the others, or does not fit into the
            memory of this machine.
    """
    check_lattice_memory(config)
    theory = build_theory(config)
    # Outside of what is abstract: a run behind the prior is there and finished.
    prior_run(config)
    measurement = Measurement(theory, observables_of(config, theory))
    model = eqx.filter_eval_shape(lambda: build_model(config, theory))
    _check_measurement(measurement, theory)
    claims = memory_claims(config, measurement, model)
    check_memory(claims)

    def build_the_rest():
        model = build_model(config, theory)
        if model is not None:
            with located("model.annealing"):
                model.require_theory(theory)
        _check_pools(config)
        for chain in config.chains:
            moving = moving_model(config, chain, model, _untrained)
            kernel = build_kernel(config, chain.name, theory, moving)
            with located(f"chains.{chain.name}"):
                start_chains(kernel, 0, chain.name, 1, chain.first_field)
        return 0

    eqx.filter_eval_shape(build_the_rest)
    _check_transfer(config)
    return claims


def _check_measurement(measurement: Measurement, theory: Theory) -> None:
    """Every observable can be measured on a field of the theory, and none stands in another's way.

    What an observable raises where it does not fit is its own affair: it may be the user's.
    """
    field = theory.space.structure(jnp.float64)
    for observable in measurement.observables:
        try:
            eqx.filter_eval_shape(observable.measure, theory, field)
        except Exception as error:
            reason = " ".join(f"{type(error).__name__}: {error}".split())
            raise ConfigError(
                "observables",
                f'"{observable.name}" cannot be measured on {theory.space.description} '
                f"({reason:.200}); leave it out",
            ) from None
    try:
        eqx.filter_eval_shape(measurement, field)
    except ValueError as error:
        raise ConfigError("observables", f"{error}; leave one of them out") from None


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


def _untrained(folder: RunFolder) -> Proposer | None:
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
    if source is not None and not (Path(source[0]) / "config.toml").is_file():
        raise ConfigError(
            "model.initial", f"{source[0]} is not a run folder (it has no config.toml)"
        )
    first, *further = _stage_theories(config)
    if any(theory.space != first.space for theory in further):
        model = build_model(config, first)
        assert model is not None  # checked above
        for theory in further:
            with located("model.flow"):
                model = model.moved_to(theory.space.lattice)
