"""Switching to the far end of a ladder and back leaves the target invariant.

Agreement within 3.5 standard errors (false alarms 5e-4 each), errors that would see 1 %.
"""

from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from latflow.analysis import gamma_method
from latflow.errors import ConfigError
from latflow.kernels import HMC, HeatBath, HMCSettings, Kernel
from latflow.lattice import Lattice
from latflow.sampling import Switching, SwitchingSettings, run_segment, start_chains, warm_up
from latflow.sampling.replicas import CouplingLadder, DefectLadder, even_positions
from latflow.theories import Theory, U1Gauge

from .targets import PHI4, PHI4_EXACT, SIGMAS, assert_agrees, sample

U1 = U1Gauge(Lattice((2, 2)), beta=3.0)

UPDATE = partial(HMC, step_size=0.7, steps=2, jitter=0.3)

KERNEL = Switching(CouplingLadder(PHI4, {"h": 0.1}), [0.0, 0.4, 1.0], UPDATE, 1, 2)


@pytest.fixture(scope="module")
def switched():
    """Few and large steps, so that the work is broad and many ways are refused."""
    return tuple(sample(KERNEL, 300))


@pytest.mark.slow
def test_target_is_exact():
    infos, measured = sample(KERNEL, 1200, n_chains=4096)
    assert 0.2 < infos["acceptance"].mean() < 0.9
    for name, value in PHI4_EXACT.items():
        assert_agrees(name, measured[name], value)


def test_target_is_exact_in_a_short_run(switched):
    _, measured = switched
    for name, value in PHI4_EXACT.items():
        assert_agrees(name, measured[name], value, 0.01)


def test_exponential_of_the_work_is_one(switched):
    infos, _ = switched
    one = gamma_method(np.exp(-infos["work"]))
    assert one.error < 0.01
    assert abs(one.value - 1) < SIGMAS * one.error
    assert infos["work"].mean() > 0
    found = SwitchingSettings.model_validate({}).findings(infos, 1)
    assert found["exp_minus_work"]["value"] == pytest.approx(one.value)
    assert "exp_minus_work" not in SwitchingSettings.model_validate({}).findings(infos, 2)


def test_the_way_is_the_same_from_both_ends():
    kernel = Switching(CouplingLadder(PHI4, {"h": 0.0}), even_positions(4), UPDATE, 2, 3)
    ((way, backwards),) = kernel.legs
    assert list(way) == [2, 2, 1, 1, 0, 0, 0, 1, 1, 2, 2] and not backwards
    kernel = Switching(CouplingLadder(U1, {"beta": 0.0}), even_positions(3), HeatBath, 1, 3)
    legs = [(list(way), backwards) for way, backwards in kernel.legs]
    assert legs == [([1, 0, 0], False), ([0, 0, 1], True)]


def test_sweeps_lead_there_and_back():
    """Heat baths forwards and backwards: the plaquette of U(1) within 3.5 errors of 0.1 %."""
    kernel = Switching(CouplingLadder(U1, {"beta": 1.0}), [0.0, 0.5, 1.0], HeatBath)
    measure = lambda field: {"action": U1.action(field)}  # noqa: E731
    states = start_chains(kernel, 1, "sweeps", 512, "hot")
    kernel, states = warm_up(kernel, states, 1, "sweeps", 40)
    _, segment = run_segment(kernel, states, 1, "sweeps", "sampling", 0, 400, 1, measure)
    assert 0.2 < np.asarray(segment.infos["acceptance"]).mean() < 0.9
    result = gamma_method(np.asarray(segment.measurements["action"]))
    exact = -float(U1.beta) * U1.space.lattice.volume * U1.known()["plaquette"].value
    assert result.error < 0.001 * abs(exact)
    assert abs(result.value - exact) < SIGMAS * result.error


class Shift(Kernel):
    """Moves every site by as much; its time reversal moves them back."""

    theory: Theory
    by: float = eqx.field(static=True, default=0.3)

    def init(self, key, field):
        return field

    def field(self, state):
        return state

    def step(self, key, state):
        return state + self.by, {"acceptance": jnp.ones(())}

    def reversed(self):
        return Shift(self.theory, -self.by)


def test_the_way_back_is_made_by_the_time_reversal():
    """Of steps that draw nothing: all of them are undone, and no work is left."""
    kernel = Switching(CouplingLadder(PHI4, {"h": 0.1}), [0.0, 0.4, 1.0], Shift, 2, 3)
    field = PHI4.hot(jax.random.key(0), jnp.float64)
    end, work, _ = kernel.there_and_back(jax.random.key(1), field)
    np.testing.assert_allclose(end, field, atol=1e-12)
    assert abs(work) < 1e-10


@pytest.mark.slow
def test_opening_a_defect_frees_the_charge():
    """<Q^2> of U(1) at beta = 5 on 4 x 4 within 3.5 errors, where HMC alone hardly moves Q."""
    theory = U1Gauge(Lattice((4, 4)), beta=5.0)
    update = {"kernel": "hmc", "trajectory": 1.0, "steps": 8}
    ladder = {"kind": "defect", "length": 1, "replicas": 8}
    settings = SwitchingSettings.model_validate({"ladder": ladder, "update": update})
    changes = {}
    charge = lambda field: {"q": theory.space.topological_charge(field)}  # noqa: E731
    for one in (settings, HMCSettings.model_validate(update)):
        kernel = one.build_kernel(theory)
        states = start_chains(kernel, 1, "a", 64, "hot")
        kernel, states = warm_up(kernel, states, 1, "a", 100)
        _, segment = run_segment(kernel, states, 1, "a", "sampling", 0, 1500, 1, charge)
        q = np.asarray(segment.measurements["q"])
        changes[one.kernel] = np.mean(np.diff(q, axis=1) != 0)
        if one is settings:
            result = gamma_method(q**2)
            exact = theory.known()["q2"].value
            assert result.error < 0.05 * exact
            assert abs(result.value - exact) < SIGMAS * result.error
            # The stored field is a field of the target, whose charge is an integer.
            assert np.abs(q - np.round(q)).max() < 1e-6
    assert changes["switching"] > 5 * changes["hmc"]


def test_settings_are_refused_in_words():
    def build(**block):
        return SwitchingSettings.model_validate(block).build_kernel(PHI4)

    with pytest.raises(ConfigError, match="needs a ladder"):
        build()
    ladder = {"kind": "couplings", "couplings": {"h": 0.3}, "replicas": 3}
    with pytest.raises(ConfigError, match="is not known"):
        build(ladder=ladder, update="metropolis")
    with pytest.raises(ConfigError, match="cannot be given a defect"):
        build(ladder={"kind": "defect"})
    kernel = build(ladder=ladder, moves=2)
    assert kernel.moves == 2 and kernel.positions.shape == (3,)
    state = kernel.start(jax.random.key(0), "hot", jnp.float64)
    assert kernel.field(state).shape == PHI4.space.lattice.shape
    with pytest.raises(ConfigError, match="at least two"):
        Switching(DefectLadder(U1Gauge(Lattice((4, 4)), beta=1.0), 1), [1.0], UPDATE)
