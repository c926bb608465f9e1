"""What the evaluation of a model says against it, on draws that are known."""

import numpy as np
import pytest

from latflow.lattice import Lattice
from latflow.observables import OBSERVABLES
from latflow.runs.results import ODD, model_doubts, model_quality, odd_series_of
from latflow.theories import Phi4, U1Gauge

N = 2000
THEORY = Phi4.aks(Lattice((4, 4)), m2=-6.0, lam=1.0)
"""Deep in the broken phase; what is said of it is the same for any symmetry."""


def evaluation(m, log_weight, **more):
    sound = {"disagreement": np.full(100, 1e-12)}
    return {"log_weight": log_weight, ODD + "m": m, **sound, **more}


def draws(seed, share_positive=0.5):
    """Two peaks at +-1.7, and weights of an ESS of about 0.4."""
    rng = np.random.default_rng(seed)
    sign = np.where(rng.random(N) < share_positive, 1.0, -1.0)
    return sign * rng.normal(1.7, 0.1, N), rng.normal(0, 1, N)


def test_a_sound_model():
    """False alarm: at most 7e-6 for each seed, whatever the weights."""
    for seed in range(50):
        m, log_weight = draws(seed)
        assert model_doubts(THEORY, evaluation(m, log_weight)) == []
        assert model_doubts(THEORY, evaluation(m, 10 * log_weight)) == []


def test_few_weights_that_count_are_no_broken_symmetry():
    """A single draw that has all the weight has a magnetisation without error, but no symmetry."""
    m, log_weight = draws(1)
    log_weight[3] = 100.0
    assert model_doubts(THEORY, evaluation(m, log_weight)) == []


def test_draws_of_one_sign():
    m, log_weight = draws(1, share_positive=1.0)
    (doubt,) = model_doubts(THEORY, evaluation(m, log_weight))
    assert "symmetry" in doubt.sentence and "z2" in doubt.sentence
    assert not doubt.spoils_chains
    quality = model_quality(log_weight, None, [doubt])
    assert quality["ess"] is None and quality["loss"] is None
    assert quality["evaluation_samples"] == N and quality["doubts"] == [doubt.sentence]


def test_draws_of_mostly_one_sign_whose_weights_know():
    """99 of 100 have one sign, and the others the weight that makes up for it."""
    m, log_weight = draws(2, share_positive=0.99)
    known = log_weight + np.where(m > 0, 0.0, np.log(99.0))
    assert model_doubts(THEORY, evaluation(m, known)) == []
    (doubt,) = model_doubts(THEORY, evaluation(m, log_weight))
    assert "symmetry" in doubt.sentence


class InField(Phi4):
    """With an external field, which tells the signs apart."""

    @property
    def symmetries(self):
        return super().symmetries - {"z2"}


def test_a_theory_without_the_symmetry_need_not_have_it():
    theory = InField(THEORY.space.lattice, h=THEORY.h, a=THEORY.a, g=THEORY.g)
    m, log_weight = draws(1, share_positive=1.0)
    assert odd_series_of(theory) == ()
    assert model_doubts(theory, evaluation(m, log_weight)) == []


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_no_numbers(value):
    m, log_weight = draws(1)
    log_weight[7] = value
    (doubt,) = model_doubts(THEORY, evaluation(m, log_weight))
    assert "not finite" in doubt.sentence and doubt.spoils_chains


def test_a_draw_of_no_weight_is_a_number():
    m, log_weight = draws(1)
    log_weight[7] = -np.inf
    assert model_doubts(THEORY, evaluation(m, log_weight)) == []
    assert model_doubts(THEORY, evaluation(m, np.full(N, -np.inf)))


@pytest.mark.parametrize(("largest", "said"), [(1e-4, False), (1e-2, True), (np.inf, True)])
def test_a_flow_that_is_not_the_inverse_of_its_inverse(largest, said):
    m, log_weight = draws(1)
    disagreement = np.full(100, 1e-12)
    disagreement[5] = largest
    doubts = model_doubts(THEORY, evaluation(m, log_weight, disagreement=disagreement))
    assert bool(doubts) == said
    assert all(doubt.spoils_chains and "inverse" in doubt.sentence for doubt in doubts)


def test_a_proposer_without_a_second_way_to_its_density():
    m, log_weight = draws(1)
    unknown = evaluation(m, log_weight, disagreement=np.full(100, np.nan))
    assert model_doubts(THEORY, unknown) == []


def test_a_loss_below_its_bound():
    m, log_weight = draws(1)
    rng = np.random.default_rng(5)
    log_z = np.log(np.mean(np.exp(log_weight)))
    for loss, said in ((1.0, False), (-log_z, False), (-log_z - 1.0, True), (-70856.0, True)):
        curve = loss + rng.normal(0, 0.3, 200)
        doubts = model_doubts(THEORY, evaluation(m, log_weight), curve)
        assert bool(doubts) == said, loss
        assert all("below its bound" in doubt.sentence for doubt in doubts)


def test_every_quantity_that_a_symmetry_makes_vanish_is_looked_at():
    for observable in OBSERVABLES:
        vanishing = {(q.name, q.vanishes_under) for q in observable.quantities if q.vanishes_under}
        assert vanishing == {(series.name, series.symmetry) for series in observable.odd}


def test_gauge_fields():
    """Charge and Polyakov loop: a model that draws one orientation only."""
    theory = U1Gauge(Lattice((4, 4)), beta=1.0)
    names = {series.name for series in odd_series_of(theory)}
    assert "q" in names
    rng = np.random.default_rng(3)
    even = {ODD + name: rng.normal(0, 1, N) for name in names}
    one_sided = even | {ODD + "q": np.abs(even[ODD + "q"])}
    weights = {"log_weight": rng.normal(0, 1, N), "disagreement": np.zeros(10)}
    assert model_doubts(theory, weights | even) == []
    (doubt,) = model_doubts(theory, weights | one_sided)
    assert "charge" in doubt.sentence
