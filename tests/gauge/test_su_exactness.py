"""Every kernel of SU(2) and SU(3) against exact answers in 2D, and against each other in 4D."""

import numpy as np
import pytest

from latflow.dynamics import fourth_order, omelyan
from latflow.kernels import HMC, HeatBath
from latflow.lattice import Lattice
from latflow.observables.gauge import Plaquette, WilsonLoops
from latflow.theories import SUGauge

from .chains import SIGMAS, assert_agrees, sampled

SU2 = SUGauge(Lattice((4, 4)), n=2, beta=2.2)
SU3 = SUGauge(Lattice((4, 4)), n=3, beta=5.0)
FOUR = SUGauge(Lattice((2, 2, 2, 2)), n=3, beta=5.0)
KERNELS = {
    "hmc": lambda theory: HMC(theory, step_size=0.2, steps=5),
    "hmc single": lambda theory: HMC(theory, step_size=0.2, steps=5, precision="single"),
    "omelyan": lambda theory: HMC(theory, step_size=0.25, steps=4, integrator=omelyan()),
    "fourth-order": lambda theory: HMC(theory, step_size=1.5, steps=1, integrator=fourth_order()),
    "heat bath": HeatBath,
    "over-relaxation": lambda theory: HeatBath(theory, over_relaxation=2),
    "heat bath single": lambda theory: HeatBath(theory, over_relaxation=1, precision="single"),
}


def assert_energies(infos):
    """<exp(-dH)> = 1, with the scatter of the chains for its error."""
    mean = infos["exp_minus_delta_h"].mean(axis=1)
    assert abs(mean.mean() - 1) < SIGMAS * mean.std() / np.sqrt(len(mean))
    assert infos["delta_h"].std() > 0.01


def check(theory, name, n_measurements, plaquette_error=1e-3):
    observables = (Plaquette(), WilsonLoops(size=2))
    results, infos, _ = sampled(KERNELS[name](theory), n_measurements, observables=observables)
    known = theory.known()
    errors = {"plaquette": plaquette_error, "wilson_loop_1x2": 0.02, "wilson_loop_2x2": 0.1}
    for quantity, error in errors.items():
        assert_agrees(quantity, results[quantity], known[quantity].value, error)
    if "exp_minus_delta_h" in infos:
        assert_energies(infos)


@pytest.mark.parametrize("name", ["hmc", "over-relaxation"])
def test_su2_in_two_dimensions(name):
    check(SU2, name, 150, plaquette_error=4e-3)


@pytest.mark.slow
@pytest.mark.parametrize("theory", [SU2, SU3], ids=["SU(2)", "SU(3)"])
@pytest.mark.parametrize("name", KERNELS)
def test_two_dimensions(theory, name):
    check(theory, name, 3000)


@pytest.mark.slow
def test_hmc_and_heat_bath_agree_in_four_dimensions():
    only = (Plaquette(),)
    one, _, _ = sampled(KERNELS["over-relaxation"](FOUR), 600, observables=only)
    other, infos, _ = sampled(KERNELS["hmc"](FOUR), 1500, observables=only)
    one, other = one["plaquette"], other["plaquette"]
    assert max(one.error, other.error) < 1e-3 * one.value
    assert abs(one.value - other.value) < SIGMAS * np.hypot(one.error, other.error)
    assert_energies(infos)


@pytest.mark.slow
def test_plaquette_of_su3_at_beta_6():
    """0.59368 on 16^4 (Boyd et al., hep-lat/9602007); 6^4 is too small, and a little above."""
    theory = SUGauge(Lattice((6,) * 4), n=3, beta=6.0)
    kernel = HeatBath(theory, over_relaxation=3, precision="single")
    results, _, _ = sampled(kernel, 300, n_chains=4, warm_up=100, observables=(Plaquette(),))
    plaquette = results["plaquette"]
    assert plaquette.error < 5e-4
    assert -SIGMAS * plaquette.error < plaquette.value - 0.59368 < 0.002
