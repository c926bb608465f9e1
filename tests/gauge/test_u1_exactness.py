"""Every kernel of U(1) against exact answers in two dimensions, and against each other in three."""

import numpy as np
import pytest

from latflow.dynamics import fourth_order, omelyan
from latflow.kernels import HMC, Cycle, HeatBath, InstantonUpdate
from latflow.lattice import Lattice
from latflow.observables.gauge import Plaquette, TopologicalCharge, WilsonLoops
from latflow.theories import U1Gauge

from .chains import SIGMAS, assert_agrees, sampled

SMALL = U1Gauge(Lattice((4, 4)), beta=2.0)
LARGER = U1Gauge(Lattice((8, 8)), beta=2.0)
FINE = U1Gauge(Lattice((8, 8)), beta=5.0)
CUBE = U1Gauge(Lattice((4, 4, 4)), beta=1.5)

KERNELS = {
    "hmc": lambda theory: HMC(theory, step_size=0.15, steps=7),
    "heat bath": HeatBath,
    "over-relaxation": lambda theory: HeatBath(theory, over_relaxation=2),
    "heat bath single": lambda theory: HeatBath(theory, over_relaxation=1, precision="single"),
    "instanton": lambda theory: Cycle(
        ("instanton", "heat-bath"), (InstantonUpdate(theory), HeatBath(theory))
    ),
    "instanton hmc": lambda theory: Cycle(
        ("instanton", "hmc"), (InstantonUpdate(theory), HMC(theory, step_size=0.15, steps=7))
    ),
}


# Fewer loops than the theory's own: these tests compile longer than they run.
MEASURED = (Plaquette(), WilsonLoops(2), TopologicalCharge())


LARGEST_ERRORS = {"plaquette": 1e-3, "q2": 0.02, "wilson_loop_2x2": 0.01}


def check(theory, kernel, n_measurements, observables=MEASURED):
    results, infos, _ = sampled(kernel, n_measurements, observables=observables)
    known = theory.known()
    assert {"plaquette", "q2"} <= set(results)
    for name in set(LARGEST_ERRORS) & set(results):
        assert_agrees(name, results[name], known[name].value, LARGEST_ERRORS[name])
    for name in set(known) & set(results):
        pull = (results[name].value - known[name].value) / results[name].error
        assert abs(pull) <= SIGMAS, (name, pull)
    return infos


def test_hmc_of_a_small_lattice():
    infos = check(SMALL, KERNELS["hmc"](SMALL), 1300, (Plaquette(), TopologicalCharge()))
    mean, error = (f(infos["exp_minus_delta_h"].mean(axis=1)) for f in (np.mean, np.std))
    assert abs(mean - 1) < SIGMAS * error / np.sqrt(len(infos["delta_h"]))
    assert 0.8 < infos["acceptance"].mean() < 0.99


def test_heat_bath_of_a_small_lattice_of_an_odd_extent():
    theory = U1Gauge(Lattice((5, 4)), beta=2.0)
    kernel = HeatBath(theory, over_relaxation=1)
    check(theory, kernel, 300, (Plaquette(), TopologicalCharge()))


@pytest.mark.slow
@pytest.mark.parametrize("name", KERNELS)
def test_two_dimensions(name):
    check(LARGER, KERNELS[name](LARGER), 1000 if "hmc" in name else 400)


@pytest.mark.slow
@pytest.mark.parametrize("integrator", [omelyan(), fourth_order()])
def test_hmc_with_other_integrators(integrator):
    kernel = HMC(LARGER, step_size=0.25, steps=4, integrator=integrator)
    check(LARGER, kernel, 1000)


@pytest.mark.slow
def test_instantons_find_all_sectors_where_heat_baths_are_frozen():
    """Beta = 5: sectors that local updates hardly leave are sampled with the right weights."""
    check(FINE, KERNELS["instanton"](FINE), 1000)


@pytest.mark.slow
def test_hmc_and_heat_bath_agree_in_three_dimensions():
    only = (Plaquette(),)
    heat_bath = HeatBath(CUBE, over_relaxation=2)
    one, _, _ = sampled(heat_bath, 300, observables=only)
    other, infos, _ = sampled(HMC(CUBE, step_size=0.15, steps=7), 1500, observables=only)
    one, other = one["plaquette"], other["plaquette"]
    assert max(one.error, other.error) < 1e-3 * one.value
    assert abs(one.value - other.value) < SIGMAS * np.hypot(one.error, other.error)
    mean = infos["exp_minus_delta_h"].mean(axis=1)
    assert abs(mean.mean() - 1) < SIGMAS * mean.std() / np.sqrt(len(mean))
