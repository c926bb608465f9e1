"""Long stretches of steps in pieces of some seconds, so that a run may be stopped between them."""

from collections.abc import Callable

import jax
import numpy as np
from jaxtyping import Array, PyTree

from latflow.kernels import Kernel, Measure, State
from latflow.sampling._chain import Phase, Segment, compile_segment
from latflow.stopwatch import NOTHING, Spent, Stopwatch

LONGEST_PIECE = 8.0
"""Seconds that a piece should not exceed."""

# What is known before anything was measured: seconds for each number of a field and step.
_FIRST_GUESS = 1e-7
# Programs of loops of one to three turns round differently: cuts would be seen in the last bits.
_SHORTEST = 4
_LONGEST = 10**9


class Pieces:
    """How long the pieces of one kernel's work are, by how long the last ones took.

    Compiling a program is not part of that: a piece as long as one before needs no other.
    Numbers do not depend on where a stretch is cut, so the clock may decide. Short work is not cut.

    Args:
        numbers: of all fields of all chains.
    """

    def __init__(self, numbers: int):
        self._seconds_per_step = numbers * _FIRST_GUESS
        self._compiling = NOTHING
        self._usual = 0

    @property
    def compiling(self) -> Spent:
        """Time that went into compiling so far."""
        return self._compiling

    def length(self, left: int, thin: int = 1) -> int:
        """Measurements of the next piece, of those that are left."""
        seconds = self._seconds_per_step * thin
        most = int(min(LONGEST_PIECE / seconds, _LONGEST)) if seconds else _LONGEST
        # Every other length is another program to compile: powers of two, and the one of before
        # as long as it is not far too long, nor much too short.
        if not (self._usual and self._usual / 2 <= most <= 8 * self._usual):
            if left <= max(most, _SHORTEST):
                return left
            self._usual = max(_SHORTEST, 1 << (most.bit_length() - 1) if most else 1)
        if left - self._usual >= _SHORTEST:
            return self._usual
        # Nothing shorter than that may be left over, nor made of it.
        return left if left < max(self._usual + 1, 2 * _SHORTEST) else left - _SHORTEST

    def note(self, measurements: int, thin: int, seconds: float) -> None:
        """A piece took so long, without compilation."""
        self._seconds_per_step = seconds / (measurements * thin)

    def note_compiling(self, spent: Spent) -> None:
        """So much time went into compiling."""
        self._compiling = self._compiling.and_then(spent)


def run_in_pieces(
    pieces: Pieces,
    should_stop: Callable[[], bool],
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
    """Like :func:`run_segment`, but asked between pieces whether to stop.

    Args:
        pieces: how long they are.
        should_stop: after it has said so the segment is shorter than was asked for.
        kernel: and all further arguments: as of :func:`run_segment`.
        states: see there.
        seed: see there.
        name: see there.
        phase: see there.
        first_step: see there.
        n_measurements: at most.
        thin: see there.
        measure: see there.
        configurations_every: see there.
    """
    parts: list[Segment] = []
    done = 0
    while done < n_measurements and not (parts and should_stop()):
        length = pieces.length(n_measurements - done, thin)
        watch = Stopwatch()
        run = compile_segment(
            kernel, states, seed, name, phase, first_step + done * thin, length, thin, measure,
            configurations_every,
        )  # fmt: skip
        pieces.note_compiling(watch.spent())
        watch = Stopwatch()
        states, part = run()
        if length < n_measurements:
            # Off the devices: as a resumed run has them, and in the memory of the host.
            states, part = jax.tree.map(_handed_back, (states, part))
        else:
            jax.block_until_ready(states)
        pieces.note(length, thin, watch.spent().seconds)
        parts.append(part)
        done += length
    return states, parts[0] if len(parts) == 1 else _joined(parts)


def _handed_back(leaf: Array | np.ndarray) -> Array:
    """The numbers by way of the host: of ``asarray`` JAX has a program for every shape."""
    return jax.device_put(np.asarray(leaf))


def _joined(parts: list[Segment]) -> Segment:
    """Pieces one after the other; a piece that is too short to keep a configuration has none."""

    def join(trees: list):
        # On the host, where nothing is compiled for it.
        return jax.tree.map(
            lambda *leaves: _handed_back(
                np.concatenate([np.asarray(one) for one in leaves], axis=1)
            ),
            *trees,
        )

    kept = [part.configurations for part in parts if part.configurations is not None]
    return Segment(
        measurements=join([part.measurements for part in parts]),
        infos=join([part.infos for part in parts]),
        configurations=join(kept) if kept else None,
    )
