"""Warm-up: thermalise the chains and tune their kernel, round by round; then it is frozen."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Array, PyTree, Shaped

from latflow.kernels import Kernel, Measure, State
from latflow.sampling._chain import Segment
from latflow.sampling._pieces import Pieces, run_in_pieces

MOST_POINTS = 250
"""Points in the history of a warm-up, at most."""


class WarmUpRound(NamedTuple):
    """What one round of the warm-up left behind.

    Attributes:
        kernel: tuned.
        states: of all chains.
        mean_infos: means of the infos over steps and chains.
        history: measurements and infos of this round, one point every :func:`history_every` steps.
    """

    kernel: Kernel
    states: State
    mean_infos: dict[str, float]
    history: Segment


def history_every(n_steps: int) -> int:
    """Steps between two points of the history of a warm-up.

    There are at most ``MOST_POINTS``. A somewhat larger number that divides the warm-up is
    preferred: steps that are left over at its end are another program to compile.

    Args:
        n_steps: of the whole warm-up.
    """
    least = max(1, -(-n_steps // MOST_POINTS))
    return next((each for each in range(least, 2 * least) if n_steps % each == 0), least)


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
    measure: Measure | None = None,
) -> WarmUpRound:
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
        measure: of fields, every so many steps; by default nothing is measured.
    """
    every = history_every(n_steps)
    points = n_steps // every
    first, end = (index * points // n_rounds for index in (round_index, round_index + 1))
    measure = _measure_nothing if measure is None else measure
    pieces = pieces or Pieces(0)
    eased = kernel.eased(round_index / n_rounds)
    states, history = run_in_pieces(
        pieces, should_stop, eased, states, seed, name, "warm-up", first * every, end - first,
        every, measure,
    )  # fmt: skip
    parts = [(history.infos, (end - first) * every)]
    left = n_steps - end * every
    if left and round_index == n_rounds - 1:
        states, rest = run_in_pieces(
            pieces, should_stop, eased, states, seed, name, "warm-up", end * every, left, 1,
            _measure_nothing,
        )  # fmt: skip
        parts.append((rest.infos, left))
    infos = {key: _mean([(infos[key], steps) for infos, steps in parts]) for key in history.infos}
    return WarmUpRound(kernel.tune(infos, (round_index + 1) / n_rounds), states, infos, history)


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
        kernel, states, _, _ = warm_up_round(
            kernel, states, seed, name, n_steps, round_index, n_rounds, pieces, should_stop
        )
    return kernel, states


def _measure_nothing(field) -> dict:
    return {}


def _mean(parts: list[tuple[PyTree[Shaped[Array, "..."]], int]]) -> float:
    """Mean over everything that is finite, of parts with so many steps each."""
    means = [(_finite_mean(np.asarray(jax.device_get(info))), steps) for info, steps in parts]
    known = [(mean, steps) for mean, steps in means if np.isfinite(mean)]
    total = sum(steps for _, steps in known)
    return sum(mean * steps for mean, steps in known) / total if total else float("nan")


def _finite_mean(values: np.ndarray) -> float:
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if finite.size else float("nan")
