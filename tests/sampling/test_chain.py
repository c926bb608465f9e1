"""The driver: results do not depend on segments, devices or batches; warm-up; kept fields."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from latflow.dynamics import FourierMass
from latflow.errors import ConfigError
from latflow.kernels import HMC, ClusterSettings, Metropolis
from latflow.lattice import Lattice
from latflow.sampling import Independence, run_segment, start_chains, warm_up, warm_up_round
from latflow.sampling import _chain as chain_module
from latflow.theories import Phi4

from .targets import model

THEORY = Phi4.hopping(Lattice((4, 6)), beta=0.6, lam=0.5)
KERNELS = {
    "hmc": HMC(THEORY, step_size=0.25, steps=4),
    "hmc-single": HMC(THEORY, step_size=0.25, steps=4, precision="single"),
    "fourier-hmc": HMC(THEORY, step_size=0.25, steps=4, kinetic=FourierMass(THEORY.space, 0.5)),
    "metropolis": Metropolis(THEORY, width=1.5),
    "cluster": ClusterSettings().build_kernel(THEORY, None, 4),
    "independence": Independence(THEORY, model(THEORY), 8),
}


def measure(field):
    return {"m": jnp.mean(field), "profile": jnp.mean(field, axis=0)}


def segment(kernel, states, first, n, *, thin=1, every=0, name="a", phase="sampling"):
    return run_segment(kernel, states, 7, name, phase, first, n, thin, measure, every)


def assert_equal(a, b):
    for x, y in zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True):
        np.testing.assert_array_equal(np.asarray(x), np.asarray(y))


def joined(first, second):
    return jax.tree.map(lambda a, b: np.concatenate([a, b], axis=1), first, second)


@pytest.mark.first_cases(3)
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(
            name, marks=[pytest.mark.slow] if name in ("hmc-single", "fourier-hmc") else []
        )
        for name in KERNELS
    ],
)
def test_neither_segments_nor_devices_change_a_bit(name, monkeypatch):
    """One segment on one device, against two on all devices with the state on disk between."""
    kernel = KERNELS[name]
    states = start_chains(kernel, 7, "a", 6, "hot")
    middle, first = segment(kernel, states, 0, 12, every=6)
    resumed = jax.tree.map(np.asarray, middle)
    last, second = segment(kernel, resumed, 12, 12, every=6)
    monkeypatch.setattr(
        chain_module, "devices_for", lambda *_, **__: tuple(jax.local_devices()[:1])
    )
    end, whole = segment(kernel, states, 0, 24, every=6)
    assert_equal(last, end)
    assert_equal(joined(first, second), whole)


def test_devices_divide_the_chains():
    available = len(jax.local_devices())
    assert len(chain_module.devices_for(1)) == 1
    assert len(chain_module.devices_for(6 * available)) == available
    if available == 2:
        assert len(chain_module.devices_for(7)) == 1


def test_kept_fields_are_counted_from_the_start_of_the_phase():
    kernel = KERNELS["metropolis"]
    states = start_chains(kernel, 7, "a", 2, "hot")
    fields = []
    _, whole = run_segment(
        kernel, states, 7, "a", "sampling", 0, 24, 3, lambda field: {"field": field}, 4
    )
    np.testing.assert_array_equal(whole.configurations, whole.measurements["field"][:, 3::4])
    done = 0
    for n in (5, 2, 17):
        states, part = segment(kernel, states, 3 * done, n, thin=3, every=4)
        done += n
        if part.configurations is not None:
            fields.append(part.configurations)
    np.testing.assert_array_equal(np.concatenate(fields, axis=1), whole.configurations)


@pytest.mark.parametrize("name", ["hmc", "independence"])
def test_every_field_may_be_kept(name):
    kernel = KERNELS[name]
    states = start_chains(kernel, 7, "a", 2, "cold")
    _, part = run_segment(
        kernel, states, 7, "a", "sampling", 0, 6, 1, lambda field: {"field": field}, 1
    )
    np.testing.assert_array_equal(part.configurations, part.measurements["field"])


def test_thinning_measures_every_so_many_steps():
    kernel = KERNELS["hmc"]
    states = start_chains(kernel, 7, "a", 2, "hot")
    _, every = segment(kernel, states, 0, 12)
    _, third = segment(kernel, states, 0, 4, thin=3)
    np.testing.assert_allclose(third.measurements["m"], every.measurements["m"][:, 2::3])
    expected = np.asarray(every.infos["delta_h"]).reshape(2, 4, 3).mean(axis=2)
    np.testing.assert_allclose(third.infos["delta_h"], expected, atol=1e-12)
    with pytest.raises(ValueError, match="multiple of thin"):
        segment(kernel, states, 4, 4, thin=3)


def test_chains_names_phases_and_seeds_have_their_own_numbers():
    kernel = KERNELS["hmc"]
    states = start_chains(kernel, 7, "a", 2, "cold")
    runs = {
        "base": segment(kernel, states, 0, 3),
        "name": segment(kernel, states, 0, 3, name="b"),
        "phase": segment(kernel, states, 0, 3, phase="warm-up"),
        "step": segment(kernel, states, 3, 3),
        "seed": run_segment(kernel, states, 8, "a", "sampling", 0, 3, 1, measure),
    }
    values = np.stack([np.asarray(run[1].infos["delta_h"]) for run in runs.values()])
    assert len(np.unique(values.round(12))) == values.size


def test_a_chain_does_not_know_how_many_there_are():
    kernel = KERNELS["hmc"]
    few = segment(kernel, start_chains(kernel, 7, "a", 2, "hot"), 0, 5)[1]
    many = segment(kernel, start_chains(kernel, 7, "a", 6, "hot"), 0, 5)[1]
    np.testing.assert_allclose(few.measurements["m"], many.measurements["m"][:2], atol=1e-10)


def test_starts():
    kernel = KERNELS["hmc"]
    cold = start_chains(kernel, 1, "a", 2, "cold").field
    hot = start_chains(kernel, 1, "a", 200, "hot").field
    np.testing.assert_array_equal(cold, 1)
    # As wide as the field of a single site: lambda = 1/2 leaves the weight exp(-phi^4 / 2).
    phi = np.linspace(-6, 6, 4001)
    weight = np.exp(-0.5 * phi**4)
    width = np.sqrt((weight * phi**2).sum() / weight.sum())
    assert abs(float(hot.std()) / width - 1) < 0.05
    with pytest.raises(ConfigError, match=r"^start"):
        start_chains(kernel, 1, "a", 2, "prior")


def test_warm_up_is_its_rounds_and_tunes_between_them():
    kernel = Metropolis(THEORY, width=0.2)
    states = start_chains(kernel, 1, "a", 4, "hot")
    whole = warm_up(kernel, states, 1, "a", 30, 3)
    for number in range(3):
        kernel, states, infos, _ = warm_up_round(kernel, states, 1, "a", 30, number, 3)
        assert 0 < infos["acceptance"] <= 1
    assert_equal(whole, (kernel, states))
    assert float(kernel.width) > 0.2


def test_no_warm_up_leaves_everything_as_it_is():
    kernel = KERNELS["hmc"]
    states = start_chains(kernel, 1, "a", 2, "hot")
    same = warm_up(kernel, states, 1, "a", 0)
    assert same[0] is kernel
    assert same[1] is states


def test_tuning_does_not_compile_again():
    kernel = Metropolis(THEORY, width=0.7)
    states = start_chains(kernel, 1, "a", 2, "hot")
    measured = []

    def counted(field):
        measured.append(1)
        return {}

    for width in (0.7, 0.9, 1.1):
        tuned = Metropolis(THEORY, width=width)
        states, _ = run_segment(tuned, states, 1, "a", "sampling", 0, 4, 1, counted)
    # Compiling traces the measurement, at most twice; three compilations would trace it thrice.
    assert len(measured) <= 2
