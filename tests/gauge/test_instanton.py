"""The instanton field, and jumps that add it."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from latflow.errors import ConfigError
from latflow.kernels import (
    CLASSICAL_KERNELS,
    Cycle,
    HeatBath,
    InstantonSettings,
    InstantonUpdate,
    instanton,
)
from latflow.lattice import Lattice
from latflow.theories import U1Gauge


@pytest.mark.parametrize("shape", [(4, 6), (5, 3), (8, 8)])
def test_it_has_charge_one_and_the_same_field_strength_everywhere(shape):
    theory = U1Gauge(Lattice(shape), beta=2.0)
    field = jnp.asarray(instanton(theory.space.lattice))
    for charge in (-2, 1, 3):
        assert float(theory.space.topological_charge(charge * field)) == charge
        energy = -2.0 * theory.space.lattice.volume * np.cos(2 * np.pi * charge / np.prod(shape))
        assert float(theory.action(charge * field)) == pytest.approx(energy)


def test_jumps_change_the_charge_by_one_and_are_accepted_by_metropolis_rule():
    theory = U1Gauge(Lattice((6, 6)), beta=5.0)
    kernel, field = InstantonUpdate(theory), jnp.zeros((2, 6, 6))
    step, jumps = eqx.filter_jit(kernel.step), []
    rise = float(theory.action(jnp.asarray(instanton(theory.space.lattice))) - theory.action(field))
    for number in range(60):
        new, info = step(jax.random.key(number), field)
        assert float(info["acceptance"]) == pytest.approx(np.exp(-rise))
        jumps.append(float(theory.space.topological_charge(new)))
    # From the ordered field the two signs are equally likely.
    assert set(jumps) == {-1.0, 0.0, 1.0}
    accepted = np.mean(np.abs(jumps))
    assert abs(accepted - np.exp(-rise)) < 4 * np.sqrt(0.25 / 60)


def test_settings_make_a_cycle_with_a_local_update():
    theory = U1Gauge(Lattice((4, 4)), beta=2.0)
    kernel = InstantonSettings().build_kernel(theory)
    assert isinstance(kernel, Cycle) and isinstance(kernel.kernels[1], HeatBath)
    settings = InstantonSettings.model_validate({"update": {"kernel": "hmc", "steps": 3}})
    assert settings.build_kernel(theory).names == ("instanton", "hmc")
    assert InstantonSettings in CLASSICAL_KERNELS


def test_it_needs_two_dimensions():
    with pytest.raises(ConfigError, match="two dimensions"):
        InstantonUpdate(U1Gauge(Lattice((2, 2, 2)), beta=1.0))
