"""What the recorded places of walkers say about moves between replicas.

Frequencies of a simulated walk within 4 standard errors (false alarms 6e-5 each, seven of them).
"""

import numpy as np
import pytest

from latflow.sampling import walks


def simulated(chains, samples, probabilities, seed=1):
    """Neighbours swapped with given probabilities, even pairs first."""
    rng = np.random.default_rng(seed)
    count = len(probabilities) + 1
    labels = np.tile(np.arange(count), (chains, 1))
    stored = np.empty((chains, samples, count))
    for sample in range(samples):
        for parity in (0, 1):
            for pair in range(parity, count - 1, 2):
                swap = rng.random(chains) < probabilities[pair]
                labels[swap, pair : pair + 2] = labels[swap, pair : pair + 2][:, ::-1]
        stored[:, sample] = labels
    return {f"walker_{i}": stored[..., i] for i in range(count)}


@pytest.mark.parametrize("chains", [40, 3])
def test_moves_are_the_products_of_swaps(chains):
    a, b = 0.7, 0.3
    found = walks(simulated(chains, 6000 // chains, [a, b]), 1)
    assert found is not None
    exact = np.array(
        [[1 - a, a * (1 - b), a * b], [a, (1 - a) * (1 - b), (1 - a) * b], [0, b, 1 - b]]
    )
    assert found.moves.sum(axis=1) == pytest.approx(1)
    moves = exact > 0
    assert np.all(found.moves[~moves] == 0)
    assert np.all((found.moves_error[moves] > 0) & (found.moves_error[moves] < 0.02))
    assert np.all(np.abs(found.moves - exact)[moves] < 4 * found.moves_error[moves])


def test_places_follow_every_walker():
    infos = {"walker_0": [[0, 1, 1]], "walker_1": [[1, 0, 2]], "walker_2": [[2, 2, 0]]}
    found = walks({name: np.array(values, float) for name, values in infos.items()}, 1)
    assert found is not None
    assert found.places.tolist() == [[[0, 1, 2], [1, 0, 2], [2, 0, 1]]]
    assert np.isnan(found.moves_error).all()


def test_without_places_there_are_no_walks():
    infos = simulated(4, 20, [0.5])
    assert walks(infos, 2) is None and walks({"acceptance": infos["walker_0"]}, 1) is None
    assert walks({name: values[:, :1] for name, values in infos.items()}, 1) is None
