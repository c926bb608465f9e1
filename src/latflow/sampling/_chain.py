"""The chain driver: many chains of one kernel in one compiled loop, on all local devices.

The result depends on the seed, the chain's name and index, and the number of the step only:
neither on where a run was cut into segments, nor on the number of devices.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Literal, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import NamedSharding, Sharding, SingleDeviceSharding
from jax.sharding import PartitionSpec as Spec
from jaxtyping import Array, Float, Int, Key, PyTree, Shaped

from latflow.kernels import Info, Kernel, Measure, Start, State
from latflow.loops import loop
from latflow.parallel import BATCH_AXIS, devices_for, mesh_of
from latflow.random import key_for

Phase = Literal["start", "warm-up", "sampling"]
# XLA compiles another program for a batch of one, and a slow one.
_CHAINS_PER_DEVICE = 2


class Segment(NamedTuple):
    """What a stretch of all chains left behind.

    ``measurements``: the pytree that ``measure`` returns, with leading axes
    (chains, measurements). ``infos``: (chains, measurements), each the mean over the steps of
    its measurement. ``configurations``: fields with leading axes (chains, kept), or ``None``.
    """

    measurements: PyTree[Shaped[Array, "chains measurements ..."]]
    infos: dict[str, Float[Array, "chains measurements"]]
    configurations: PyTree[Shaped[Array, "chains kept ..."]] | None


def start_chains(
    kernel: Kernel,
    seed: int,
    name: str,
    n_chains: int,
    start: Start = "hot",
    dtype=jnp.float64,
) -> State:
    """The states of new chains, batched along a first axis.

    Args:
        start: ``"hot"``, ``"cold"`` or ``"prior"``; see :meth:`Kernel.start`.
        dtype: of the starting field; a kernel casts it to its own precision.

    Raises:
        ConfigError: the kernel cannot start like that.
    """
    return _start(*_start_arguments(kernel, seed, name, n_chains, start, dtype))


def compile_start(
    kernel: Kernel,
    seed: int,
    name: str,
    n_chains: int,
    start: Start = "hot",
    dtype=jnp.float64,
) -> Callable[[], State]:
    """Compile what :func:`start_chains` runs, and do not run it yet.

    Returns:
        What runs it, and gives the states.

    Raises:
        ConfigError: the kernel cannot start like that.
    """
    return _compiled(_start, _start_arguments(kernel, seed, name, n_chains, start, dtype))


def run_segment(
    kernel: Kernel,
    states: PyTree[Array | np.ndarray],
    seed: int,
    name: str,
    phase: Phase,
    first_step: int,
    n_measurements: int,
    thin: int,
    measure: Measure,
    configurations_every: int = 0,
) -> tuple[State, Segment]:
    """Advance all chains by ``n_measurements * thin`` steps, and measure every ``thin``.

    Compiled once for each kernel structure, shape, ``measure`` and ``configurations_every``;
    pass the *same* ``measure`` object again to profit from it.

    Args:
        states: batched along the first axis, as :func:`start_chains` returns them; NumPy arrays
            read from a file will do.
        first_step: number of steps of this phase made before, a multiple of ``thin``.
        measure: pure function of one field; its results are stacked.
        configurations_every: keep the field of every so-manieth measurement, counted from the
            start of the phase; 0 keeps none.

    Raises:
        ValueError: ``first_step`` is not a multiple of ``thin``.
    """
    arguments = _segment_arguments(
        kernel, states, seed, name, phase, first_step, n_measurements, thin, measure,
        configurations_every,
    )  # fmt: skip
    return _as_segment(_segment(*arguments))


def compile_segment(
    kernel: Kernel,
    states: PyTree[Array | np.ndarray],
    seed: int,
    name: str,
    phase: Phase,
    first_step: int,
    n_measurements: int,
    thin: int,
    measure: Measure,
    configurations_every: int = 0,
) -> Callable[[], tuple[State, Segment]]:
    """Compile what :func:`run_segment` runs with the same arguments, and do not run it yet.

    For whoever takes the time of the one without that of the other. Programs are kept by JAX: what
    is there already, from here or from :func:`run_segment`, is not compiled again.

    Returns:
        What runs it, and gives the states and the segment.

    Raises:
        ValueError: ``first_step`` is not a multiple of ``thin``.
    """
    arguments = _segment_arguments(
        kernel, states, seed, name, phase, first_step, n_measurements, thin, measure,
        configurations_every,
    )  # fmt: skip
    run = _compiled(_segment, arguments)
    return lambda: _as_segment(run())


def _compiled(function: Any, arguments: tuple[Any, ...]) -> Callable[[], Any]:
    """A jitted function compiled for some arguments; calling what is returned runs it on them."""
    # JAX keeps what it has lowered and compiled, for these and for ordinary calls alike.
    program = function.lower(*arguments).compile()
    return lambda: program(*arguments)


def _start_arguments(kernel, seed, name, n_chains, start, dtype) -> tuple[Any, ...]:
    return kernel, phase_key(seed, name, "start"), n_chains, start, dtype


def _segment_arguments(
    kernel, states, seed, name, phase, first_step, n_measurements, thin, measure, every
) -> tuple[Any, ...]:
    """What :func:`_segment` takes."""
    if first_step % thin:
        raise ValueError(f"first_step {first_step} is not a multiple of thin = {thin}")
    done = first_step // thin
    offset = done % every if every else 0
    devices = devices_for(jax.tree.leaves(states)[0].shape[0], at_least=_CHAINS_PER_DEVICE)
    return (
        kernel,
        # Laid out as the results will be, so that the next segment does not compile again.
        jax.device_put(states, _layout(devices)),
        phase_key(seed, name, phase),
        jnp.asarray(first_step),
        (n_measurements, thin),
        measure,
        _kept(n_measurements, every, offset),
        devices,
    )


def _as_segment(results: tuple[Any, ...]) -> tuple[State, Segment]:
    states, measurements, infos, configurations = results
    return states, Segment(measurements, infos, configurations)


def phase_key(seed: int, name: str, phase: Phase) -> Key[Array, ""]:
    """The key of all chains of a name, in one phase of their work."""
    return key_for(seed, f"chain/{name}/{phase}")


def step_keys(
    key: Key[Array, ""], chain: Int[Array, ""], steps: Int[Array, " steps"]
) -> Key[Array, " steps"]:
    """The keys of some steps of one chain: of their numbers, and of nothing else.

    Args:
        key: as :func:`phase_key` makes it.
        chain: its number.
        steps: their numbers.
    """
    return jax.vmap(partial(jax.random.fold_in, jax.random.fold_in(key, chain)))(steps)


def _layout(devices: tuple[Any, ...]) -> Sharding:
    """Chains shared out over devices; all on the one if there is no more."""
    if len(devices) == 1:
        return SingleDeviceSharding(devices[0])
    return NamedSharding(mesh_of(devices), Spec(BATCH_AXIS))


def _kept(n_measurements: int, every: int, offset: int) -> tuple[int, ...]:
    """Lengths of the stretches that each end with a kept configuration."""
    if not every:
        return ()
    first = every - offset
    if first > n_measurements:
        return ()
    return (first,) + (every,) * ((n_measurements - first) // every)


@eqx.filter_jit
def _start(kernel, key, n_chains, start, dtype):
    keys = jax.vmap(partial(jax.random.fold_in, key))(jnp.arange(n_chains))
    return jax.vmap(lambda key: kernel.start(key, start, dtype))(keys)


@eqx.filter_jit
def _segment(kernel, states, key, first_step, lengths, measure, kept, devices):
    n_chains = jax.tree.leaves(states)[0].shape[0]
    dynamic, static = eqx.partition((kernel, measure), eqx.is_array)

    def all_chains(dynamic, key, first_step, chains, states):
        kernel, measure = eqx.combine(dynamic, static)
        one_chain = partial(_run_chain, kernel, measure, lengths, kept, key, first_step)
        if n_chains == 1:
            results = one_chain(chains[0], jax.tree.map(lambda leaf: leaf[0], states))
            return jax.tree.map(lambda leaf: leaf[None], results)
        return jax.vmap(one_chain)(chains, states)

    if len(devices) > 1:
        everywhere, split = Spec(), Spec(BATCH_AXIS)
        all_chains = jax.shard_map(
            all_chains,
            mesh=mesh_of(devices),
            in_specs=(everywhere, everywhere, everywhere, split, split),
            out_specs=split,
            check_vma=False,
        )
    return all_chains(dynamic, key, first_step, jnp.arange(n_chains), states)


def _run_chain(
    kernel: Kernel,
    measure: Measure,
    lengths: tuple[int, int],
    kept: tuple[int, ...],
    key: Key[Array, ""],
    first_step: Int[Array, ""],
    chain: Int[Array, ""],
    state: State,
) -> tuple[State, PyTree[Array], Info, PyTree[Array] | None]:
    """One chain's stretch: its measurements, infos and kept configurations."""
    n_measurements, thin = lengths
    steps = first_step + jnp.arange(n_measurements * thin)
    keys = step_keys(key, chain, steps).reshape(n_measurements, thin)
    if not kept:
        return *kernel.run(keys, state, measure), None
    parts, fields, done = [], [], 0
    # A first stretch may be shorter than the others: the phase was cut in between.
    for length, count in _runs(kept):
        stretch = keys[done : done + length * count].reshape(count, length, thin)
        state, part, kept_fields = _run_stretches(kernel, measure, stretch, state)
        parts.append(part)
        fields.append(kept_fields)
        done += length * count
    if done < n_measurements:
        state, *part = kernel.run(keys[done:], state, measure)
        parts.append(tuple(part))
    measurements, infos = _concatenate(parts)
    return state, measurements, infos, _concatenate(fields)


def _run_stretches(kernel, measure, keys, state):
    """Several stretches of equal length, with the field at the end of each."""
    if keys.shape[1] == 1:
        both = lambda field: (measure(field), field)  # noqa: E731
        state, (measurements, fields), infos = kernel.run(keys[:, 0], state, both)
        return state, (measurements, infos), fields

    def one_stretch(state, keys):
        state, measurements, infos = kernel.run(keys, state, measure)
        return state, (measurements, infos, kernel.field(state))

    state, (measurements, infos, fields) = loop(one_stretch, state, keys)
    flat = jax.tree.map(lambda leaf: leaf.reshape(-1, *leaf.shape[2:]), (measurements, infos))
    return state, flat, fields


def _runs(kept: tuple[int, ...]) -> list[tuple[int, int]]:
    """(length, count) of the equal stretches, in order."""
    if len(set(kept)) == 1:
        return [(kept[0], len(kept))]
    return [(kept[0], 1)] + ([(kept[1], len(kept) - 1)] if len(kept) > 1 else [])


def _concatenate(parts: list) -> PyTree[Array]:
    return jax.tree.map(lambda *leaves: jnp.concatenate(leaves), *parts)
