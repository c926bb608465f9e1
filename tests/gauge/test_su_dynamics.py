"""HMC of SU(N): orders of the integrators, reversibility, and energies."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from latflow.dynamics import INTEGRATORS, UnitMass
from latflow.lattice import Lattice
from latflow.theories import SUGauge

from .test_su_links import distance_to_group

THEORY = SUGauge(Lattice((2, 4)), n=3, beta=5.0)


def start(theory):
    field = jax.jit(lambda key: theory.space.random(key, jnp.float64))(jax.random.key(0))
    return field, theory.space.momentum(jax.random.key(1), jnp.float64)


@pytest.mark.first_cases(1)
@pytest.mark.parametrize(("name", "order"), [("leapfrog", 2), ("omelyan", 2), ("fourth-order", 4)])
def test_energy_violation_has_the_order_of_the_integrator(name, order):
    field, momentum = start(THEORY)
    kinetic, integrate = UnitMass(THEORY.space), INTEGRATORS[name]()
    assert integrate.order == order

    @jax.jit
    def energy(field, momentum):
        return THEORY.action(field) + kinetic.energy(momentum)

    violations = []
    for steps in (8, 16, 32):
        end = jax.jit(
            lambda field, momentum, steps=steps: integrate(
                THEORY, kinetic, field, momentum, jnp.asarray(0.8 / steps), steps
            )
        )(field, momentum)
        violations.append(float(energy(*end) - energy(field, momentum)))
    measured = np.log2(np.abs(np.array(violations[:-1]) / violations[1:]))
    np.testing.assert_allclose(measured[-1], order, atol=0.15)


@pytest.mark.parametrize("name", INTEGRATORS)
@pytest.mark.parametrize("n", [2, 3])
def test_trajectories_are_reversible_to_rounding(name, n):
    theory = SUGauge(Lattice((4, 4)), n=n, beta=5.0)
    field, momentum = start(theory)
    kinetic, integrate = UnitMass(theory.space), INTEGRATORS[name]()

    @jax.jit
    def trajectory(field, momentum):
        return integrate(theory, kinetic, field, momentum, jnp.asarray(0.1), 10)

    there, velocity = trajectory(field, momentum)
    assert float(jnp.abs(there - field).max()) > 0.3
    assert distance_to_group(there) < 1e-12
    back, opposite = trajectory(there, -velocity)
    np.testing.assert_allclose(back, field, atol=1e-9)
    np.testing.assert_allclose(-opposite, momentum, atol=1e-9)
