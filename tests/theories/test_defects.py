"""Theories with a defect: periodic at strength one, open at zero, and ladders of them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import iv

from latflow.analysis import gamma_method, log_z_difference
from latflow.errors import ConfigError
from latflow.kernels import HeatBathSettings, HMCSettings, InstantonSettings
from latflow.lattice import Lattice
from latflow.sampling import ReplicaExchange, run_segment, start_chains
from latflow.sampling.replicas import CouplingLadder, DefectLadder
from latflow.theories import CPModel, U1Gauge

SIGMAS = 3.5
SHAPE = (4, 3)
THEORIES = {
    "u1": U1Gauge(Lattice(SHAPE), beta=1.7),
    "cpn": CPModel(Lattice(SHAPE), n=2, beta=0.9),
}


def largest_difference(one, other):
    pairs = zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True)
    return max(float(jnp.abs(a - b).max()) for a, b in pairs)


def random_field(theory, seed=0):
    return theory.space.random(jax.random.key(seed), jnp.float64)


@pytest.mark.parametrize("name", THEORIES)
def test_strength_one_is_the_periodic_theory(name):
    theory = THEORIES[name]
    whole, field = theory.with_defect(2, 1.0), random_field(theory)
    assert float(whole.action(field)) == pytest.approx(float(theory.action(field)), abs=1e-12)
    assert largest_difference(whole.force(field), theory.force(field)) < 1e-13
    assert "translation" in theory.symmetries and "translation" not in whole.symmetries


@pytest.mark.parametrize("strength", [0.0, 0.4])
@pytest.mark.parametrize("name", THEORIES)
def test_force_is_that_of_automatic_differentiation(name, strength):
    theory = THEORIES[name].with_defect(2, strength)
    field = random_field(theory)
    automatic = jax.tree.map(jnp.negative, theory.space.gradient(theory.action, field))
    assert largest_difference(theory.force(field), automatic) < 1e-12


def test_couplings_of_the_open_defect_are_gone():
    u1, cpn = THEORIES["u1"], THEORIES["cpn"]
    field = random_field(u1)
    theta0, theta1 = np.asarray(field)
    angles = theta0 + np.roll(theta1, -1, 0) - np.roll(theta0, -1, 1) - theta1
    kept = np.ones(SHAPE)
    kept[3, :2] = 0
    expected = -1.7 * np.sum(kept * np.cos(angles))
    assert float(u1.with_defect(2, 0.0).action(field)) == pytest.approx(expected)
    field = random_field(cpn)
    z, links = np.asarray(field["z"]), np.asarray(field["links"])
    total = 0.0
    for axis in range(2):
        ahead = np.roll(z, -1, 1 + axis)
        link = np.real(np.sum(np.conj(ahead) * z, axis=0) * np.exp(1j * links[axis]))
        total += np.sum(link * (kept if axis == 0 else 1))
    expected = -2 * 2 * 0.9 * total
    assert float(cpn.with_defect(2, 0.0).action(field)) == pytest.approx(expected)


@pytest.mark.parametrize("name", THEORIES)
def test_staples_say_how_the_action_depends_on_each_variable(name):
    theory = THEORIES[name].with_defect(2, 0.3)
    field, other = random_field(theory), random_field(theory, 1)
    for part in theory.local_parts:
        staples = theory.staples(field, part)
        old, new = theory.local_values(field, part), theory.local_values(other, part)
        for site in ((3, 0), (3, 2), (0, 1), (1, 1)):
            where = (..., *site)
            changed = theory.with_local_values(field, part, old.at[where].set(new[where]))
            rise = float(theory.action(changed) - theory.action(field))
            if part == "z":
                h = np.asarray(staples)[where]
                expected = -np.real(np.conj(h) @ np.asarray(new[where] - old[where]))
            else:
                beta = float(theory.local_distribution(part).beta)
                modulus, angle = (float(leaf[where]) for leaf in staples)
                cosines = [np.cos(float(x[where]) + angle) for x in (new, old)]
                expected = -beta * modulus * (cosines[0] - cosines[1])
            assert rise == pytest.approx(expected, abs=1e-12)


def test_the_exact_log_z_of_u1_with_a_defect():
    theory = THEORIES["u1"]
    for strength in (0.0, 0.5, 1.0):
        terms = [iv(n, 1.7) ** 10 * iv(n, 1.7 * strength) ** 2 for n in range(-20, 21)]
        found = theory.with_defect(2, strength).known()["log_z"].value
        assert found == pytest.approx(np.log(np.sum(terms)))
    assert theory.with_defect(2, 1.0).known()["log_z"].value == pytest.approx(
        theory.known()["log_z"].value
    )


@pytest.fixture(scope="module")
def u1_run():
    """HMC on a defect ladder."""
    theory = U1Gauge(Lattice((4, 4)), beta=2.5)
    update = HMCSettings(trajectory=1.0, steps=4, jitter=0.3).build_kernel
    kernel = ReplicaExchange(DefectLadder(theory, 1), [0.0, 0.2, 0.5, 1.0], update)
    states = start_chains(kernel, 1, "test", 256, "hot")

    def measure(field):
        return {"q": theory.space.topological_charge(field), "action": theory.action(field)}

    states, segment = run_segment(kernel, states, 1, "test", "sampling", 0, 700, 1, measure)
    infos, series = (
        {name: np.asarray(x)[:, 100:] for name, x in found.items()}
        for found in (segment.infos, segment.measurements)
    )
    return kernel, infos, series


@pytest.mark.slow
def test_the_periodic_theory_is_exact(u1_run):
    kernel, _, series = u1_run
    known = kernel.theory.known()
    for name, values in (("q2", series["q"] ** 2), ("action", series["action"])):
        found = gamma_method(values)
        assert found.error < 0.015 * abs(known[name].value)
        assert abs(found.value - known[name].value) < SIGMAS * found.error


@pytest.mark.slow
def test_log_z_along_the_ladder_is_exact(u1_run):
    kernel, infos, _ = u1_run
    for pair in range(3):
        found = log_z_difference(infos[f"work_up_{pair}"], infos[f"work_down_{pair}"])
        ends = [
            kernel.ladder.theory(float(kernel.positions[i])).known()["log_z"].value
            for i in (pair, pair + 1)
        ]
        assert found.error < 0.01
        assert abs(found.value - ends[1] + ends[0]) < SIGMAS * found.error


def test_walkers_make_round_trips(u1_run):
    _, infos, _ = u1_run
    assert infos["round_trips"].sum(axis=1).min() > 5


@pytest.mark.slow
def test_cpn_with_a_defect_ladder_agrees_with_plain_heat_baths():
    theory = CPModel(Lattice((4, 4)), n=2, beta=0.8)
    update = HeatBathSettings(over_relaxation=1).build_kernel
    results = []
    for kernel in (update(theory), ReplicaExchange(DefectLadder(theory, 3), [0, 1], update)):
        states = start_chains(kernel, 1, "test", 256, "hot")
        _, segment = run_segment(
            kernel, states, 1, "test", "sampling", 0, 700, 1, theory.link_energy
        )
        results.append(gamma_method(np.asarray(segment.measurements)[:, 100:]))
    plain, exchanged = results
    assert max(plain.error, exchanged.error) < 0.002 * plain.value
    assert abs(plain.value - exchanged.value) < SIGMAS * np.hypot(plain.error, exchanged.error)


def test_instanton_updates_run_on_every_replica():
    theory = U1Gauge(Lattice((4, 4)), beta=4.0)
    update = InstantonSettings().build_kernel
    kernel = ReplicaExchange(CouplingLadder(theory, {"beta": 1.0}), [0.0, 1.0], update)
    state = kernel.start(jax.random.key(1), "hot", jnp.float64)
    _, info = jax.jit(lambda key, state: kernel.step(key, state))(jax.random.key(2), state)
    assert {"replica_0_instanton_acceptance", "replica_1_heat-bath_acceptance"} <= set(info)


def test_what_has_no_place_for_a_defect_is_refused():
    with pytest.raises(ConfigError, match="two dimensions"):
        U1Gauge(Lattice((2, 2, 2)), beta=1.0).with_defect(1, 0.5)
    with pytest.raises(ConfigError, match="between 1 and 3 sites"):
        THEORIES["cpn"].with_defect(4, 0.5)
