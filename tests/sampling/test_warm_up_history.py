"""What is recorded along a warm-up: at most so many points, and no transition more or less."""

import numpy as np
import pytest

from latflow.kernels import HMCSettings
from latflow.lattice import Lattice
from latflow.observables import Measurement
from latflow.sampling import history_every, run_segment, start_chains, warm_up_round
from latflow.sampling._warm_up import MOST_POINTS
from latflow.theories import Phi4


@pytest.mark.parametrize("n_steps", [1, 2, 249, 250, 251, 500, 700, 997, 1100, 10_007, 10**6])
def test_it_is_bounded(n_steps):
    every = history_every(n_steps)
    assert n_steps // every <= MOST_POINTS
    assert n_steps // every >= min(n_steps, MOST_POINTS) // 2 - 1


@pytest.mark.parametrize("n_steps", [500, 504, 1000, 5000, 1500])
def test_lengths_that_people_choose_leave_nothing_over(n_steps):
    assert n_steps % history_every(n_steps) == 0


@pytest.mark.parametrize(("n_steps", "n_rounds"), [(12, 3), (509, 2)])
def test_the_chains_are_those_of_one_stretch(n_steps, n_rounds):
    """A prime number of transitions leaves some over: they are done all the same."""
    kernel = HMCSettings(steps=2, trajectory=0.4).build_kernel(
        Phi4.hopping(Lattice((2, 2)), beta=0.3, lam=0.5)
    )
    start = start_chains(kernel, 1, "c", 2)
    measure, states, parts = Measurement(kernel.theory), start, []
    frozen = []
    for number in range(n_rounds):
        frozen.append(kernel.eased(number / n_rounds))
        done = warm_up_round(kernel, states, 1, "c", n_steps, number, n_rounds, measure=measure)
        kernel, states = done.kernel, done.states
        parts.append(np.asarray(done.history.measurements["m"]))
    history, every = np.concatenate(parts, axis=1), history_every(n_steps)
    assert history.shape == (2, n_steps // every)
    # The same transitions one by one, with the kernels of the rounds.
    states, fields, points = start, [], n_steps // every
    edges = [number * points // n_rounds * every for number in range(n_rounds)] + [n_steps]
    for one, first, end in zip(frozen, edges[:-1], edges[1:], strict=True):
        states, segment = run_segment(
            one, states, 1, "c", "warm-up", first, end - first, 1, measure
        )
        fields.append(np.asarray(segment.measurements["m"]))
    every_one = np.concatenate(fields, axis=1)
    assert every_one.shape == (2, n_steps)
    np.testing.assert_allclose(history, every_one[:, every - 1 :: every], rtol=1e-9, atol=1e-12)
