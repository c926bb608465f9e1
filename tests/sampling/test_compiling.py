"""Compiling is done ahead, once, and its time is not that of sampling."""

from types import SimpleNamespace

import jax
import numpy as np
import pytest

from latflow.kernels import HMCSettings
from latflow.lattice import Lattice
from latflow.observables import Measurement
from latflow.sampling import (
    Pieces,
    compile_segment,
    compile_start,
    run_in_pieces,
    run_segment,
    start_chains,
)
from latflow.sampling._pieces import LONGEST_PIECE
from latflow.theories import Phi4

COMPILED = "/jax/core/compile/backend_compile_duration"
PROGRAM = 1000.0


@pytest.fixture(scope="module")
def kernel():
    theory = Phi4.hopping(Lattice((2, 6)), beta=0.3, lam=0.5)
    return HMCSettings(steps=2, trajectory=0.5).build_kernel(theory)


@pytest.fixture
def compilations():
    """Everything that JAX compiles, or reads from its cache of programs, as it happens."""
    seen = []

    def listener(event, duration, **_):
        if event == COMPILED:
            seen.append(duration)

    jax.monitoring.register_event_duration_secs_listener(listener)
    yield seen
    jax.monitoring.unregister_event_duration_listener(listener)


@pytest.fixture
def clock(monkeypatch):
    """A clock on which every new program takes ``PROGRAM`` seconds, and nothing else any."""
    now = SimpleNamespace(time=0.0, programs=set())

    def compiled(*arguments):
        program = tuple(map(str, arguments[4:5] + arguments[6:8]))
        now.time += PROGRAM * (program not in now.programs)
        now.programs.add(program)
        return compile_segment(*arguments)

    watched = SimpleNamespace(perf_counter=lambda: now.time, process_time=lambda: 2 * now.time)
    monkeypatch.setattr("latflow.stopwatch.time", watched)
    monkeypatch.setattr("latflow.sampling._pieces.compile_segment", compiled)
    return now


def bits(tree):
    return [np.asarray(leaf).tobytes() for leaf in jax.tree.leaves(tree)]


# One device, and both: what they share is another program.
@pytest.mark.parametrize("n_chains", [3, 4])
@pytest.mark.parametrize("every", [0, 3])
def test_what_is_compiled_ahead_is_run_as_it_is(kernel, compilations, n_chains, every):
    states = start_chains(kernel, 1, "c", n_chains)
    arguments = (kernel, states, 1, "c", "sampling", 0, 7, 1, Measurement(kernel.theory), every)
    run = compile_segment(*arguments)
    compilations.clear()
    ahead = run()
    assert not compilations
    # Nor is it compiled again: neither for a call that does not ask, nor ahead.
    called = run_segment(*arguments)
    again = compile_segment(*arguments)()
    assert not compilations
    assert bits(ahead) == bits(called) == bits(again)


@pytest.mark.parametrize("n_chains", [3, 4])
def test_a_start_that_is_compiled_ahead(kernel, compilations, n_chains):
    run = compile_start(kernel, 1, "c", n_chains)
    compilations.clear()
    states = run()
    assert not compilations
    assert bits(states) == bits(start_chains(kernel, 1, "c", n_chains))


def test_steps_that_do_not_fit_are_refused_before_anything_is_compiled(kernel):
    states = start_chains(kernel, 1, "c", 3)
    with pytest.raises(ValueError, match="not a multiple"):
        compile_segment(kernel, states, 1, "c", "sampling", 3, 4, 2, lambda field: {})


def test_time_of_compiling_is_kept_apart(kernel, clock):
    pieces, states = Pieces(1), start_chains(kernel, 1, "c", 3)
    measure = Measurement(kernel.theory)
    for first in (0, 6, 12):
        states, _ = run_in_pieces(
            pieces, lambda: False, kernel, states, 1, "c", "sampling", first, 6, 1, measure
        )
    assert len(clock.programs) == 1
    assert pieces.compiling == (PROGRAM, 2 * PROGRAM)


def test_compiling_makes_no_pieces_shorter(kernel, clock):
    """Otherwise the next one is another program, and so on."""
    assert PROGRAM > 100 * LONGEST_PIECE
    pieces, states = Pieces(1), start_chains(kernel, 1, "c", 3)
    arguments = (kernel, states, 1, "c", "sampling", 0, 6, 1, Measurement(kernel.theory))
    run_in_pieces(pieces, lambda: False, *arguments)
    assert pieces.length(6) == 6


def test_nothing_is_compiled_between_pieces(kernel, compilations):
    """Their results are put together without programs of their own."""

    class Given(Pieces):
        def length(self, left, thin=1):
            return min(left, 4)

    states, measure = start_chains(kernel, 1, "c", 3), Measurement(kernel.theory)
    arguments = (kernel, states, 1, "c", "sampling", 0)
    run_segment(*arguments, 4, 1, measure)
    compilations.clear()
    _, segment = run_in_pieces(Given(1), lambda: False, *arguments, 12, 1, measure)
    assert segment.infos["acceptance"].shape == (3, 12)
    assert not compilations
