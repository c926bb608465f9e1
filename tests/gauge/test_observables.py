"""Results from series, and what is said of a frozen charge."""

import numpy as np
import pytest

from latflow.analysis import gamma_method
from latflow.lattice import Lattice
from latflow.observables import known_by_principle
from latflow.observables.gauge import (
    GAUGE_OBSERVABLES,
    PolyakovLoop,
    TopologicalCharge,
    WilsonLoops,
    largest_loop,
)
from latflow.theories import U1Gauge

THEORY = U1Gauge(Lattice((8, 8)), beta=2.0)
CHARGE = TopologicalCharge()


def wandering(chains, samples, seed=0):
    """Charges that change now and then in every chain."""
    random = np.random.default_rng(seed)
    return np.rint(np.cumsum(random.normal(size=(chains, samples)), axis=1) / 3) % 3 - 1


def test_moments_of_the_charge():
    q = wandering(4, 200)
    found = CHARGE.results(THEORY, {"q": q})
    assert found["q2"].value == pytest.approx(np.mean(q**2))
    assert found["chi_t"].value == pytest.approx(np.mean(q**2) / 64)
    changes = np.mean(q[:, 1:] != q[:, :-1])
    assert 0 < found["tunnelling_rate"].value == pytest.approx(changes)
    assert CHARGE.doubts(THEORY, {"q": q}) == []
    assert CHARGE.results(THEORY, {}) == {} and CHARGE.doubts(THEORY, {}) == []


def test_a_charge_that_never_changed_bounds_tau_by_the_total_number_of_samples():
    q = np.repeat([[0.0], [1.0], [0.0]], 50, axis=1)
    (doubt,) = CHARGE.doubts(THEORY, {"q": q})
    assert doubt.tau_at_least == 150
    assert set(doubt.quantities) == {"q", "q2", "chi_t", "tunnelling_rate"}
    assert "frozen" in doubt.sentence and "150" in doubt.sentence
    # Results do not fail on a series without fluctuations.
    assert CHARGE.results(THEORY, {"q": np.zeros((3, 50))})["q2"].value == 0


def test_one_frozen_chain_among_others_is_seen():
    q = wandering(4, 200)
    q[2] = 1
    (doubt,) = CHARGE.doubts(THEORY, {"q": q})
    assert doubt.tau_at_least == 200 and "1 of 4 chains" in doubt.sentence


def test_a_charge_near_an_integer_counts_as_that_integer():
    """Charges of other definitions fluctuate around integers within a sector."""
    q = 1 + 0.1 * np.random.default_rng(0).normal(size=(2, 100))
    (doubt,) = CHARGE.doubts(THEORY, {"q": q})
    assert doubt.tau_at_least == 200


def test_creutz_ratios_of_an_area_law_are_the_string_tension():
    sizes = np.arange(1, 4)
    loops = np.exp(-0.4 * np.outer(sizes, sizes) - 0.2 * np.add.outer(sizes, sizes))
    noise = 1 + 1e-3 * np.random.default_rng(0).normal(size=(4, 500, 3, 3))
    found = WilsonLoops().results(THEORY, {"wilson_loops": loops * noise})
    assert set(found) == {
        *(f"wilson_loop_{s}" for s in ("1x2", "1x3", "2x2", "2x3", "3x3")),
        *(f"creutz_{s}" for s in ("2x2", "2x3", "3x3")),
    }
    for name in ("creutz_2x2", "creutz_3x3"):
        assert abs(found[name].value - 0.4) < 4 * found[name].error < 1e-2
        # Four independent loops, each with a relative error of 1e-3.
        assert found[name].error == pytest.approx(2e-3 / np.sqrt(2000), rel=0.2)
    assert found["wilson_loop_2x3"].value == pytest.approx(loops[1, 2], rel=1e-3)


def test_loops_reach_half_of_the_shortest_extent():
    assert largest_loop(Lattice((4, 16))) == 2
    assert largest_loop(Lattice((16, 16))) == 4
    assert largest_loop(Lattice((2, 2))) == 1
    assert largest_loop(Lattice((16, 16)), 8) == 8
    known = U1Gauge(Lattice((4, 16)), beta=2.0).known()
    assert "wilson_loop_2x2" in known and "wilson_loop_2x3" not in known


def test_the_polyakov_loop_is_that_of_the_shortest_axes():
    random = np.random.default_rng(0)
    series = {"polyakov": random.normal(size=(2, 100, 2, 2))}
    found = PolyakovLoop().results(U1Gauge(Lattice((8, 4)), beta=2.0), series)
    expected = gamma_method(np.hypot(*np.moveaxis(series["polyakov"][:, :, 1], -1, 0)))
    assert found["polyakov_abs"].value == pytest.approx(expected.value)
    assert found["polyakov_re"].value == pytest.approx(series["polyakov"][:, :, 1, 0].mean())


def test_symmetries_say_what_vanishes_and_exact_answers_what_else_is_known():
    vanishing = known_by_principle(THEORY.observables, THEORY.symmetries)
    assert {"q", "polyakov_re", "polyakov_im"} == set(vanishing)
    names = {q.name for observable in THEORY.observables for q in observable.quantities}
    assert set(THEORY.known()) - names == {"log_z"}
    assert len({o.name for o in GAUGE_OBSERVABLES}) == len(GAUGE_OBSERVABLES)
    cubic = U1Gauge(Lattice((4, 4, 4)), beta=1.0)
    assert "topological-charge" not in {o.name for o in cubic.observables}
