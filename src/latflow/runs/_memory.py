"""What a run needs of memory, estimated from below before anything is done, and what there is."""

import math
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp

from latflow.errors import ConfigError
from latflow.models import Model, Proposer
from latflow.observables import Measurement
from latflow.priors import PoolSettings
from latflow.runs.configuration import ChainSettings, RunConfig
from latflow.training import TrainingSettings

_DOUBLE, _SINGLE = 8, 4
# Of a chain: field, momentum and force, more or less for every kernel.
_FIELDS_PER_CHAIN = 3
# Of a transition, besides what is measured.
_INFOS = 3
# Parameters, gradient, and the two moments of Adam.
_COPIES_OF_PARAMETERS = 4
# Of a sample of the model: its weight and its key, at least.
_NUMBERS_PER_SAMPLE = 3
_NO_LIMIT = 2**62
_LIMITS_OF_GROUPS = (
    "/sys/fs/cgroup/memory.max",
    "/sys/fs/cgroup/memory/memory.limit_in_bytes",
)


class MemoryClaim(NamedTuple):
    """Memory that a run needs at least, in bytes, and the key that says so."""

    key: str
    bytes: int


def memory_claims(
    config: RunConfig, measurement: Measurement, model: Proposer | None
) -> tuple[MemoryClaim, ...]:
    """What the parts of a run need, the largest claim first.

    They are bounds from below, made of numbers that are in memory at the same time.

    Args:
        config: of the run.
        measurement: what its chains record.
        model: its model, whose arrays may be abstract.
    """
    space = measurement.theory.space
    recorded = eqx.filter_eval_shape(measurement, space.structure(jnp.float64))
    n_recorded = sum(math.prod(leaf.shape) for leaf in jax.tree.leaves(recorded))
    claims: list[MemoryClaim] = []
    for chain in config.chains:
        claims += _of_chain(chain, space.n_numbers, n_recorded)
    if config.training is not None and model is not None:
        trained = model.flow if isinstance(model, Model) else model
        leaves = jax.tree.leaves(trained)
        sizes = [leaf.size for leaf in leaves if hasattr(leaf, "dtype")]
        claims += _of_training(config, config.training, sum(sizes), space.n_numbers)
    return tuple(sorted(claims, key=lambda claim: -claim.bytes))


def check_memory(claims: tuple[MemoryClaim, ...]) -> None:
    """Refuse what cannot fit into the memory of this machine.

    Raises:
        ConfigError: the largest claim does not.
    """
    available = machine_memory()
    if claims and claims[0].bytes > available:
        key, needed = claims[0]
        raise ConfigError(
            key,
            f"needs at least {in_words(needed)} of memory, and this machine has "
            f"{in_words(available)}: lower it, or take a larger machine",
        )


def check_lattice_memory(config: RunConfig) -> None:
    """Refuse a lattice of which not even a few fields fit, before a theory is built on it.

    Raises:
        ConfigError: they do not.
    """
    shape = config.theory.shape
    # Coordinates of all sites, and a few fields.
    needed = math.prod(shape) * (len(shape) + _FIELDS_PER_CHAIN) * _DOUBLE
    check_memory((MemoryClaim("theory.shape", needed),))


def machine_memory() -> int:
    """Bytes that this process may use at most: of the machine, its group and its limits."""
    limits = [_NO_LIMIT]
    with suppress(ValueError, OSError, AttributeError):
        limits.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    for path in _LIMITS_OF_GROUPS:
        with suppress(OSError, ValueError):
            limits.append(int(Path(path).read_text(encoding="ascii")))
    with suppress(ImportError):
        import resource

        soft, _ = resource.getrlimit(resource.RLIMIT_AS)
        if soft != resource.RLIM_INFINITY:
            limits.append(soft)
    return min(limit for limit in limits if limit > 0)


def in_words(n_bytes: int) -> str:
    """``3.2 GiB`` for so many bytes."""
    value, units = float(n_bytes), ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
    for unit in units:
        if value < 1024 or unit == units[-1]:
            return f"{value:.3g} {unit}"
        value /= 1024
    raise AssertionError  # the last unit returns


def _of_chain(chain: ChainSettings, n_numbers: int, n_recorded: int) -> Iterator[MemoryClaim]:
    key, n_chains = f"chains.{chain.name}", chain.n_chains
    field = n_numbers * _DOUBLE
    per_sample = (n_recorded + _INFOS) * _DOUBLE
    yield MemoryClaim(f"{key}.n_chains", n_chains * field * _FIELDS_PER_CHAIN)
    segment = min(chain.segment, chain.n_samples)
    yield MemoryClaim(f"{key}.segment", n_chains * segment * per_sample)
    yield MemoryClaim(f"{key}.n_samples", n_chains * chain.n_samples * per_sample)
    every = chain.configurations_every
    if every:
        kept = chain.n_samples // every
        yield MemoryClaim(f"{key}.configurations_every", n_chains * kept * field)


def _of_training(
    config: RunConfig, training: TrainingSettings, n_parameters: int, n_numbers: int
) -> Iterator[MemoryClaim]:
    yield MemoryClaim("model.flow", n_parameters * _COPIES_OF_PARAMETERS * _SINGLE)
    at_once = min(training.micro_batch, training.batch)
    gathered = training.batch // at_once * n_parameters * _SINGLE
    weights = training.batch * _NUMBERS_PER_SAMPLE * _DOUBLE
    yield MemoryClaim("training.batch", gathered + weights)
    n_layers = 1 if config.model is None else 1 + config.model.n_layers
    yield MemoryClaim("training.micro_batch", at_once * n_layers * n_numbers * _SINGLE)
    yield MemoryClaim(
        "training.evaluation_samples", training.evaluation_samples * _NUMBERS_PER_SAMPLE * _DOUBLE
    )
    prior = None if config.model is None else config.model.prior
    for key, pool in (("model.prior", prior), ("training.forward_kl", training.forward_kl)):
        if isinstance(pool, PoolSettings):
            # The chains leave them, and they are put into the order of the pool.
            yield MemoryClaim(f"{key}.pool", 2 * pool.pool * n_numbers * _SINGLE)
            yield MemoryClaim(f"{key}.chains", pool.chains * n_numbers * _SINGLE)
