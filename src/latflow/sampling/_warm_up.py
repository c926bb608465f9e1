"""Warm-up: thermalise the chains and tune their kernel, round by round; then it is frozen."""

import jax
import numpy as np
from jaxtyping import Array, PyTree

from latflow.kernels import Kernel, State
from latflow.sampling._chain import run_segment


def warm_up_round(
    kernel: Kernel,
    states: PyTree[Array | np.ndarray],
    seed: int,
    name: str,
    n_steps: int,
    round_index: int,
    n_rounds: int,
) -> tuple[Kernel, State, dict[str, float]]:
    """One round of the warm-up: ``ceil(n_steps / n_rounds)`` steps, then tune the kernel.

    Returns:
        The tuned kernel, the states, and the means of the infos over steps and chains.
    """
    length = -(-n_steps // n_rounds)
    eased = kernel.eased(round_index / n_rounds)
    states, segment = run_segment(
        eased, states, seed, name, "warm-up", round_index * length, length, 1, _measure_nothing
    )
    infos = jax.tree.map(lambda info: _finite_mean(np.asarray(info)), segment.infos)
    return kernel.tune(infos, (round_index + 1) / n_rounds), states, infos


def warm_up(
    kernel: Kernel, states: State, seed: int, name: str, n_steps: int, n_rounds: int = 10
) -> tuple[Kernel, State]:
    """All rounds of the warm-up: the kernel that it ends with, and thermalised states.

    Args:
        n_steps: total length, rounded up to a multiple of ``n_rounds``; 0 skips it.
        n_rounds: how often the kernel is tuned.
    """
    if n_steps == 0:
        return kernel, states
    for round_index in range(n_rounds):
        kernel, states, _ = warm_up_round(
            kernel, states, seed, name, n_steps, round_index, n_rounds
        )
    return kernel, states


def _measure_nothing(field) -> dict:
    return {}


def _finite_mean(values: np.ndarray) -> float:
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if finite.size else float("nan")
