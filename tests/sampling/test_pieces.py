"""Long work is cut by the clock, and the numbers do not notice."""

import jax
import numpy as np
import pytest

from latflow.kernels import HMCSettings
from latflow.lattice import Lattice
from latflow.observables import Measurement
from latflow.sampling import (
    Pieces,
    compile_segment,
    run_in_pieces,
    run_segment,
    start_chains,
    warm_up,
)
from latflow.sampling._pieces import LONGEST_PIECE
from latflow.theories import Phi4

CHAINS, SAMPLES = 3, 23


class Given(Pieces):
    """Pieces of given lengths, whatever the clock says."""

    def __init__(self, *lengths):
        super().__init__(0)
        self.lengths = list(lengths)

    def length(self, left, thin=1):
        return min(left, self.lengths.pop(0) if self.lengths else left)


@pytest.fixture(scope="module")
def parts():
    kernel = HMCSettings(steps=3, trajectory=0.5).build_kernel(
        Phi4.hopping(Lattice((2, 4)), beta=0.3, lam=0.5)
    )
    return kernel, start_chains(kernel, 1, "c", CHAINS), Measurement(kernel.theory)


def bits(tree):
    return [np.asarray(leaf).tobytes() for leaf in jax.tree.leaves(tree)]


@pytest.mark.first_cases(4)
@pytest.mark.parametrize("lengths", [(2, 3, 18), (10,), (2, 2, 2, 2, 2)])
@pytest.mark.parametrize("every", [0, 1, 4, 7])
def test_cuts_change_nothing(parts, lengths, every):
    kernel, states, measure = parts
    arguments = (kernel, states, 1, "c", "sampling", 0, SAMPLES, 2, measure, every)
    whole = run_segment(*arguments)
    cut = run_in_pieces(Given(*lengths), lambda: False, *arguments)
    assert bits(cut) == bits(whole)


def test_it_stops_between_pieces(parts):
    kernel, states, measure = parts
    asked = []

    def second_time():
        asked.append(1)
        return len(asked) == 2

    arguments = (kernel, states, 1, "c", "sampling", 0, SAMPLES, 1, measure)
    _, segment = run_in_pieces(Given(5, 4, 3), second_time, *arguments)
    assert segment.infos["acceptance"].shape == (CHAINS, 9)
    whole = run_segment(*arguments)[1]
    assert np.array_equal(segment.infos["acceptance"], whole.infos["acceptance"][:, :9])


def test_a_question_may_end_the_work(parts):
    kernel, states, measure = parts

    def ask():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_in_pieces(Given(5), ask, kernel, states, 1, "c", "sampling", 0, SAMPLES, 1, measure)


def test_short_work_is_not_cut():
    pieces = Pieces(100)
    assert pieces.length(250) == 250
    pieces.note(250, 1, 0.9 * LONGEST_PIECE)
    assert pieces.length(250) == 250


@pytest.mark.parametrize("seconds", [1.0, 30.0, 1e4])
def test_long_work_is_cut_into_pieces_of_some_seconds(seconds):
    pieces = Pieces(10)
    pieces.note(1, 1, seconds)
    left, lengths = 1000, []
    while left:
        lengths.append(pieces.length(left))
        left -= lengths[-1]
    assert min(lengths) >= 4
    assert max(lengths) * seconds <= max(LONGEST_PIECE, 4 * seconds)
    assert len(set(lengths)) <= 3


def test_a_length_is_kept_that_there_is_a_program_for():
    """As long as pieces of it are not far too long, nor much too short."""
    pieces = Pieces(10)
    pieces.note(64, 1, 64 * LONGEST_PIECE / 70)
    assert pieces.length(250) == 64
    for fitting, length in ((40, 64), (300, 64), (600, 250), (70, 64), (20, 16), (100, 16)):
        pieces.note(64, 1, 64 * LONGEST_PIECE / fitting)
        assert pieces.length(250) == length
        # What is left over is one piece.
        assert pieces.length(10) == 10


def test_huge_fields_are_cut_before_anything_is_known():
    assert Pieces(2**32).length(100) == 4


@pytest.mark.parametrize("usual", [1, 4, 8, 16])
def test_no_piece_is_of_a_few_steps(usual):
    """Draws of a continuous flow in loops of two or three turns differ in the last bits."""
    for left in range(4, 60):
        pieces = Pieces(1)
        pieces.note(1, 1, LONGEST_PIECE / usual)
        lengths = []
        while left:
            lengths.append(pieces.length(left))
            left -= lengths[-1]
        assert min(lengths) >= 4 and max(lengths) <= max(usual, 7)


@pytest.mark.first_cases(3)
@pytest.mark.parametrize("n_steps", [0, 1, 3, 9, 10, 11, 25])
def test_warm_ups_are_as_long_as_they_should_be(parts, n_steps, monkeypatch):
    kernel, states, _ = parts
    done = []

    def counted(*arguments):
        done.append((arguments[5], arguments[6]))
        return compile_segment(*arguments)

    monkeypatch.setattr("latflow.sampling._pieces.compile_segment", counted)
    warm_up(kernel, states, 1, "c", n_steps)
    assert sum(length for _, length in done) == n_steps
    assert [first for first, _ in done] == list(np.cumsum([0, *(n for _, n in done)])[:-1])
    assert len(done) == min(10, n_steps)
