"""Warm-up: thermalise the chains and tune their kernel, round by round; then it is frozen."""

from collections.abc import Callable

import jax
import numpy as np
from jaxtyping import Array, PyTree

from latflow.kernels import Kernel, State
from latflow.sampling._pieces import Pieces, run_in_pieces


def warm_up_round(
    kernel: Kernel,
    states: PyTree[Array | np.ndarray],
    seed: int,
    name: str,
    n_steps: int,
    round_index: int,
    n_rounds: int,
    pieces: Pieces | None = None,
    should_stop: Callable[[], bool] = lambda: False,
) -> tuple[Kernel, State, dict[str, float]]:
    """One round of the warm-up: its share of the steps, then tune the kernel.

    Args:
        kernel: as the round before has left it.
        states: of all chains.
        seed: of the run.
        name: of the chains.
        n_steps: of the whole warm-up, at least one for each round.
        round_index: which round.
        n_rounds: how many there are.
        pieces: how long the pieces of work are, if they are to be cut.
        should_stop: asked between pieces. What is left out when it says so makes the round
            useless: it should rather raise.

    Returns:
        The tuned kernel, the states, and the means of the infos over steps and chains.
    """
    first, end = (index * n_steps // n_rounds for index in (round_index, round_index + 1))
    eased = kernel.eased(round_index / n_rounds)
    states, segment = run_in_pieces(
        pieces or Pieces(0), should_stop, eased, states, seed, name, "warm-up", first, end - first,
        1, _measure_nothing,
    )  # fmt: skip
    infos = jax.tree.map(lambda info: _finite_mean(np.asarray(info)), segment.infos)
    return kernel.tune(infos, (round_index + 1) / n_rounds), states, infos


def warm_up(
    kernel: Kernel,
    states: State,
    seed: int,
    name: str,
    n_steps: int,
    n_rounds: int = 10,
    pieces: Pieces | None = None,
    should_stop: Callable[[], bool] = lambda: False,
) -> tuple[Kernel, State]:
    """All rounds of the warm-up: the kernel that it ends with, and thermalised states.

    Args:
        n_steps: total length; 0 skips it.
        n_rounds: how often the kernel is tuned, if there are so many steps.
        pieces: how long the pieces of work are, if they are to be cut.
        should_stop: asked between pieces, as in :func:`warm_up_round`.
    """
    n_rounds = min(n_rounds, n_steps)
    for round_index in range(n_rounds):
        if should_stop():
            break
        kernel, states, _ = warm_up_round(
            kernel, states, seed, name, n_steps, round_index, n_rounds, pieces, should_stop
        )
    return kernel, states


def _measure_nothing(field) -> dict:
    return {}


def _finite_mean(values: np.ndarray) -> float:
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if finite.size else float("nan")
