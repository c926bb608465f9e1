"""Replica exchange leaves the joint weight invariant, with and without flows between neighbours.

Agreement within 3.5 standard errors, autocorrelation included; errors that would see 1 %.
"""

from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from latflow.analysis import gamma_method, log_z_difference
from latflow.errors import ConfigError
from latflow.flows import AffineCouplingSettings
from latflow.flows.nets import ConvolutionSettings
from latflow.kernels import HMC, Metropolis
from latflow.lattice import Lattice
from latflow.sampling import ReplicaExchange, ReplicaExchangeSettings, run_segment, start_chains
from latflow.sampling.replicas import CouplingLadder, even_positions, respaced
from latflow.theories import FreeScalar, Phi4

from .targets import PHI4, PHI4_EXACT, SIGMAS, assert_agrees, observables, sample

FREE = FreeScalar(Lattice((2, 2)), m2=0.8, zeta=0.7)
FAR = 2.0  # m2 at the far end


def short_hmc(theory):
    """Coarse, so that accept/reject matters."""
    return HMC(theory, step_size=0.5, steps=2, jitter=0.4)


def random_flow(space, seed, noise=0.2):
    """Couplings that nobody trained, and that are no identity."""
    net = ConvolutionSettings(hidden=(2,))
    flow = AffineCouplingSettings(layers=2, net=net).build(space, jax.random.key(seed))
    random = np.random.default_rng(seed)
    parameters, rest = eqx.partition(flow, eqx.is_inexact_array)
    return eqx.combine(
        jax.tree.map(
            lambda leaf: jnp.asarray(
                np.asarray(leaf, np.float64) + noise * random.normal(size=leaf.shape)
            ),
            parameters,
        ),
        rest,
    )


def free_ladder(replicas=3, flows=False):
    """From m2 = 2 to 0.8."""
    ladder = CouplingLadder(FREE, {"m2": FAR})
    made = tuple(random_flow(FREE.space, i) for i in range(replicas - 1)) if flows else ()
    return ReplicaExchange(ladder, even_positions(replicas), short_hmc, made)


@pytest.fixture(scope="module", params=[False, True], ids=["plain", "random-flows"])
def free_run(request):
    """Infos and measurements of chains on all three replicas of the free field at once."""
    kernel = free_ladder(3, request.param)
    return kernel, *sample(kernel, 1500, n_chains=512)


@pytest.mark.first_cases(1)
def test_target_of_the_free_field_is_exact(free_run):
    _, infos, measured = free_run
    assert_agrees("chi2", measured["chi2"], 1 / 0.8, 0.004)
    assert_agrees("phi2", measured["phi2"], float(FREE.two_point()[0, 0]), 0.004)
    assert 0.02 < infos["swap_0"].mean() < 0.98


def test_every_pair_knows_its_difference_of_log_z(free_run):
    kernel, infos, _ = free_run
    for pair in range(2):
        found = log_z_difference(infos[f"work_up_{pair}"], infos[f"work_down_{pair}"])
        ends = [kernel.ladder.theory(float(kernel.positions[i])) for i in (pair, pair + 1)]
        exact = ends[1].known()["log_z"].value - ends[0].known()["log_z"].value
        assert found.error < 0.01
        assert abs(found.value - exact) < SIGMAS * found.error, (found, exact)


def test_jarzynski_for_every_swap(free_run):
    _, infos, _ = free_run
    # Whatever the acceptance: a swap and its reverse are as likely in equilibrium.
    for pair in range(2):
        total = infos[f"work_up_{pair}"] + infos[f"work_down_{pair}"]
        result = gamma_method(np.exp(-total))
        assert abs(result.value - 1) < SIGMAS * result.error


def test_all_replicas_keep_their_own_weights():
    kernel = free_ladder(3, flows=True)
    measure = observables(FREE)
    states = start_chains(kernel, 1, "test", 2048, "hot")

    @eqx.filter_jit
    def advanced(states, key):
        def one(state, key):
            def body(state, key):
                return kernel.step(key, state)[0], None

            state, _ = jax.lax.scan(body, state, jax.random.split(key, 40))
            return state, jax.vmap(measure)(kernel.fields(state))

        return jax.vmap(one)(states, jax.random.split(key, 2048))

    _, measured = advanced(states, jax.random.key(5))
    for replica in range(3):
        theory = kernel.ladder.theory(float(kernel.positions[replica]))
        values = np.asarray(measured["phi2"])[:, replica]
        error = values.std() / np.sqrt(values.size)
        exact = float(theory.two_point()[0, 0])
        assert abs(values.mean() - exact) < SIGMAS * error


@pytest.mark.slow
@pytest.mark.parametrize("flows", [False, True], ids=["plain", "random-flows"])
def test_interacting_target_by_quadrature(flows):
    ladder = CouplingLadder(PHI4, {"h": 0.2})
    made = tuple(random_flow(PHI4.space, i, 0.1) for i in range(2)) if flows else ()
    build = partial(Metropolis, width=1.6, sweeps=3)
    kernel = ReplicaExchange(ladder, even_positions(3), build, made)
    _, measured = sample(kernel, 1200)
    for name, value in PHI4_EXACT.items():
        assert_agrees(name, measured[name], value)


def test_walkers_travel_and_their_trips_are_counted():
    kernel = free_ladder(3)
    step = jax.jit(lambda key, state: kernel.step(key, state))
    state = kernel.start(jax.random.key(0), "hot", jnp.float64)
    last, trips, by_hand = {int(state.walkers.labels[2]): "target"}, 0.0, 0
    for number in range(300):
        state, info = step(jax.random.key(number), state)
        labels = [int(x) for x in state.walkers.labels]
        assert sorted(labels) == [0, 1, 2]
        if labels[0] in last:
            last[labels[0]] = "far"
        by_hand += last.get(labels[2]) == "far"
        last[labels[2]] = "target"
        trips += float(info["round_trips"])
        assert [int(info[f"walker_{i}"]) for i in range(3)] == labels
    assert trips == by_hand > 10


def test_warm_up_makes_swaps_as_likely_and_keeps_what_was_tuned():
    ladder = CouplingLadder(FREE, {"m2": 30.0})
    build = partial(HMC, step_size=0.3, steps=3, target_acceptance=0.8)
    kernel = ReplicaExchange(ladder, even_positions(5), build, respace=True)
    states = start_chains(kernel, 1, "test", 256, "hot")

    def swaps(kernel, states, name):
        states, segment = run_segment(
            kernel, states, 1, name, "sampling", 0, 60, 1, lambda field: {}
        )
        means = {key: float(np.mean(value)) for key, value in segment.infos.items()}
        return states, means, np.array([means[f"swap_{i}"] for i in range(4)])

    states, means, before = swaps(kernel, states, "before")
    for progress in (0.1, 0.3, 0.5):
        kernel = kernel.tune(means, progress)
        states, means, after = swaps(kernel, states, f"at {progress}")
    assert np.ptp(before) > 0.3 > 3 * np.ptp(after)
    positions = np.asarray(kernel.positions)
    assert np.all(np.diff(positions) > 0) and positions[0] == 0 and positions[-1] == 1
    # Theories and kernels stand where the positions are, with step sizes of their own.
    for i, t in enumerate(positions):
        m2 = float(ladder.theory(float(t)).m2)
        assert float(kernel.kernels.theory.m2[i]) == float(kernel.theories.m2[i]) == m2
    sizes = np.asarray(kernel.kernels.step_size)
    assert len(set(sizes)) == 5 and np.all(sizes != 0.3) and sizes[0] < sizes[-1]
    assert set(kernel.tuned) == {"position_1", "position_2", "position_3"} | {
        f"replica_{i}_step_size" for i in range(5)
    }
    assert kernel.tune(means, 0.6).tuned["position_2"] == positions[2]


def test_spacing_cuts_the_barrier_into_equal_parts():
    positions = respaced(np.array([0, 0.5, 1.0]), np.array([0.4, 0.8]))
    assert positions == pytest.approx([0, 1 / 3, 1])


def test_settings_are_refused_in_words():
    def build(**block):
        return ReplicaExchangeSettings.model_validate(block).build_kernel(PHI4)

    with pytest.raises(ConfigError, match="needs a ladder"):
        build()
    far = {"kind": "couplings", "couplings": {"beta": 0.3}}
    with pytest.raises(ConfigError, match="is no coupling of Phi4, which has h, a, g, c"):
        build(ladder=far)
    with pytest.raises(ConfigError, match="cannot be given a defect"):
        build(ladder={"kind": "defect"})
    with pytest.raises(ValueError, match="must rise from 0 to 1"):
        build(ladder=far | {"positions": [0.0, 0.7, 0.5, 1.0]})
    kernel = build(
        ladder={"kind": "couplings", "couplings": {"h": 0.3}, "positions": [0, 0.4, 1]},
        update="metropolis",
    )
    assert kernel.n_replicas == 3 and set(kernel.tuned) == {f"replica_{i}_width" for i in range(3)}
    with pytest.raises(ConfigError, match="2 flows, got 1"):
        flow = random_flow(PHI4.space, 0)
        ReplicaExchange(kernel.ladder, even_positions(3), short_hmc, (flow,))


def test_one_replica_alone_is_refused():
    with pytest.raises(ConfigError, match="at least two"):
        ReplicaExchange(CouplingLadder(FREE, {"m2": 1.0}), [1.0], short_hmc)


def test_theories_of_any_structure_stand_on_a_ladder_of_their_couplings():
    theory = Phi4.hopping(Lattice((2, 2)), beta=0.5, lam=0.4)
    ladder = CouplingLadder(theory, {"h": 0.1, "g": 0.8})
    assert float(ladder.theory(1.0).h) == 0.5 and float(ladder.theory(0.0).g) == 0.8
    assert float(ladder.theory(0.5).a) == float(theory.a)
