"""Replica exchange with flows that a configuration names: exact, trained or not.

Agreement within 3.5 standard errors (false alarms 5e-4 each).
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from latflow.analysis import gamma_method, log_z_along
from latflow.annealing import Annealed, OfCouplings, Population, power_protocol, stacked
from latflow.errors import ConfigError
from latflow.flows import Identity, RescaleSettings
from latflow.kernels import HMCSettings
from latflow.lattice import Lattice
from latflow.models import Model
from latflow.priors import FreeField
from latflow.sampling import FlowExchangeSettings, ReplicaExchangeSettings
from latflow.theories import FreeScalar

from .targets import PHI4, SIGMAS, assert_agrees, sample

FREE = FreeScalar(Lattice((2, 2)), m2=0.8, zeta=0.7)
START = FreeScalar(Lattice((2, 2)), m2=3.0, zeta=0.7)
HMC = {"kernel": "hmc", "trajectory": 1.0, "steps": 2, "jitter": 0.4}
CHI2, PHI2 = 1 / 0.8, float(FREE.two_point()[0, 0])


def annealed(levels=3, scale=1.2, layers=True):
    """Flows that nobody trained: all fields grow by a fifth from level to level."""
    base = Model(FreeField(START), Identity(FREE.space), "double")
    grow = RescaleSettings(scale=scale).build(FREE.space, jax.random.key(0))
    flows = stacked([grow] * levels) if layers else None
    path, kernel = OfCouplings(START), HMCSettings(**HMC)
    return Annealed(base, path, power_protocol(levels), kernel, 1, flows).cast("double")


def swaps(scale, layers=True):
    kernel = FlowExchangeSettings(update=HMC).build_kernel(FREE, annealed(3, scale, layers))
    infos, measured = sample(kernel, 400, n_chains=256)
    return kernel, infos, measured


@pytest.fixture(scope="module")
def exchanged():
    return swaps(1.2)


def test_untrained_flows_of_a_model_leave_the_target_exact(exchanged):
    kernel, infos, measured = exchanged
    assert [float(t) for t in kernel.positions] == pytest.approx([1 / 3, 2 / 3, 1])
    assert float(kernel.tuned["position_0"]) == pytest.approx(1 / 3)
    assert_agrees("chi2", measured["chi2"], CHI2, 0.01)
    assert_agrees("phi2", measured["phi2"], PHI2, 0.01)
    works = ([infos[f"work_{way}_{pair}"] for pair in range(2)] for way in ("up", "down"))
    found = log_z_along(*works)
    first = kernel.ladder.theory(1 / 3)
    exact = FREE.known()["log_z"].value - first.known()["log_z"].value
    assert found.error < 0.01
    assert abs(found.value - exact) < SIGMAS * found.error


def test_good_flows_are_swapped_more_often(exchanged):
    _, infos, _ = exchanged
    _, bad, _ = swaps(0.6)
    assert infos["swap_1"].mean() > bad["swap_1"].mean() + 0.05


def test_flows_of_a_block_act_between_all_neighbours():
    ladder = {"kind": "couplings", "couplings": {"m2": 3.0}, "positions": [0, 0.6, 1]}
    block = {"ladder": ladder, "update": HMC, "flow": [{"kind": "rescale", "scale": 1.3}]}
    settings = ReplicaExchangeSettings.with_parts().model_validate(block)
    kernel = settings.build_kernel(FREE)
    x = jnp.ones((2, 2))
    flow = jax.tree.map(lambda leaf: leaf[1] if eqx.is_array(leaf) else leaf, kernel.flows)
    assert np.allclose(flow.forward(x)[0], 1.3 * x)
    _, measured = sample(kernel, 400, n_chains=256)
    assert_agrees("chi2", measured["chi2"], CHI2, 0.01)
    wrong = settings.model_copy(update={"flow": ()}).model_dump()
    assert "flow" in wrong
    with pytest.raises(ConfigError, match="plaquette") as error:
        bad = {**block, "flow": [{"kind": "plaquette-spline"}]}
        ReplicaExchangeSettings.with_parts().model_validate(bad).build_kernel(FREE)
    assert error.value.key.startswith("flow")


def test_a_model_without_a_path_is_refused():
    settings = FlowExchangeSettings()
    with pytest.raises(ConfigError, match="replica-exchange"):
        settings.build_kernel(FREE, annealed().base)
    with pytest.raises(ConfigError, match="at least two"):
        settings.build_kernel(FREE, annealed(1))
    with pytest.raises(ConfigError):
        settings.build_kernel(PHI4, annealed())
    plain = settings.build_kernel(FREE, Population(annealed(3, 1.2, False), 2))
    assert plain.flows is None and plain.n_replicas == 3


def test_infos_are_those_of_replica_exchange(exchanged):
    _, infos, _ = exchanged
    found = FlowExchangeSettings().findings(infos, 1)
    assert len(found["swap_acceptance"]) == 2 and found["round_trips"] > 0
    assert gamma_method(infos["acceptance"]).value > 0
