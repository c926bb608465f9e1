"""Known numbers are found by what a theory is, not by how it is spelled."""

import numpy as np
import pytest

from latflow.analysis import KnownNumber
from latflow.runs import config_from, known_numbers, pull


def theory(**keys):
    raw = {"theory": keys, "chains": [{"name": "hmc", "kernel": "hmc"}]}
    return config_from(raw).theory.build()


HOPPING_L8 = theory(kind="phi4", convention="hopping", shape=[8, 8], beta=0.576, lam=0.5)


@pytest.mark.parametrize(
    "keys",
    [
        {"convention": "hopping", "beta": 0.576, "lam": 0.5},
        {"convention": "kappa-lambda", "kappa": 0.288, "lam": 0.5},
        {"convention": "field-strength", "zeta": 0.576, "m2": -4 * 0.576, "g4": 0.5},
    ],
)
def test_the_same_action_in_any_convention(keys):
    numbers = known_numbers(theory(kind="phi4", shape=[8, 8], **keys))
    assert numbers["chi2"].value == 6.4906
    assert numbers["log_z"] == KnownNumber(55.73, 0.003, numbers["log_z"].source, "log_z")


def test_another_normalisation_of_the_field_is_another_theory():
    beta = np.sqrt(2 / 6.008)
    hopping = theory(kind="phi4", convention="hopping", shape=[8, 8], beta=beta, lam=0.5)
    assert "chi2" not in known_numbers(hopping)
    aks = theory(kind="phi4", convention="aks", shape=[8, 8], m2=-4.0, lam=6.008)
    assert known_numbers(aks)["chi2"].value == 1.8948


def test_published_numbers_stand_beside_better_ones_or_for_them():
    e2 = known_numbers(theory(kind="phi4", convention="aks", shape=[8, 8], m2=-4, lam=6.008))
    assert (e2["mpL"].value, e2["mpL_published"].value) == (3.9592, 3.97)
    assert e2["mpL_published"].compares_with == "mpL"
    e3 = known_numbers(theory(kind="phi4", convention="aks", shape=[10, 10], m2=-4, lam=5.55))
    assert e3["mpL"] == e3["mpL_published"]
    assert "1904.12072" in e3["mpL"].source


def test_autocorrelation_times_of_hmc():
    assert known_numbers(HOPPING_L8)["hmc_tau_m"].value == 17.7
    l16 = theory(kind="phi4", convention="hopping", shape=[16, 16], beta=0.634, lam=0.5)
    assert known_numbers(l16)["hmc_tau_m_published"].value == 77.9


def test_symmetry_and_identity_hold_for_unknown_couplings():
    numbers = known_numbers(
        theory(kind="phi4", convention="hopping", shape=[4, 6], beta=0.3, lam=0.7)
    )
    assert {name: number.value for name, number in numbers.items()} == {
        "m": 0.0,
        "schwinger_dyson": 1.0,
    }


@pytest.mark.parametrize(
    "keys",
    [
        {"kind": "free", "m2": 0.25},
        {"kind": "phi4", "convention": "textbook", "m2": 0.25, "lam": 0.0},
    ],
)
def test_the_free_field_is_known_exactly(keys):
    numbers = known_numbers(theory(shape=[8, 8], **keys))
    expected = {
        "log_z": 17.84739522,
        "phi2": 0.38550119,
        "ising_energy": 0.15959501,
        "chi2": 4.0,
        "binder_U4": 0.0,
        "mpL": 16 * np.arcsinh(0.25),
    }
    for name, value in expected.items():
        assert numbers[name].value == pytest.approx(value, abs=1e-8)


def test_pulls():
    known = KnownNumber(1.0, 3.0, "", "x")
    assert pull(6.0, 4.0, known) == pytest.approx(1.0)
    assert pull(float("nan"), 1.0, known) is None
    assert pull(None, 1.0, known) is None
    exact = KnownNumber(17.84739522, 0.0, "", "x")
    assert abs(pull(17.847395224, 0.0, exact)) < 1
    assert pull(0.0, 0.0, KnownNumber(0.0, 0.0, "", "m")) is None
