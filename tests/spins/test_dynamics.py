"""Hamiltonian dynamics on spheres: orders of the integrators, reversibility, conservation."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from latflow.analysis import gamma_method
from latflow.dynamics import INTEGRATORS, UnitMass
from latflow.kernels import HMC
from latflow.lattice import Lattice
from latflow.theories import CPModel, ONModel

from .cases import SIGMAS, chain

THEORIES = {
    "O(2)": ONModel(Lattice((4, 3)), n=2, beta=1.1),
    "O(3)": ONModel(Lattice((4, 3)), n=3, beta=1.4),
    "CP(1)": CPModel(Lattice((3, 4)), n=2, beta=0.7),
}


def start(theory):
    """A field that is neither hot nor cold, and a momentum."""
    kinetic = UnitMass(theory.space)
    field = theory.space.random(jax.random.key(0), jnp.float64)
    return kinetic, field, kinetic.momentum(jax.random.key(1), field)


@pytest.mark.parametrize("name", THEORIES)
@pytest.mark.parametrize(
    ("integrator", "order"), [("leapfrog", 2), ("omelyan", 2), ("fourth-order", 4)]
)
def test_energy_violations_have_the_order_of_the_integrator(name, integrator, order):
    theory = THEORIES[name]
    integrate = INTEGRATORS[integrator]()
    assert integrate.order == order
    coarse, fine = jax.jit(lambda: violation_of(theory, integrate))()
    assert 0.85 * 2**order < coarse / fine < 1.15 * 2**order


def violation_of(theory, integrate):
    kinetic, field, momentum = start(theory)
    before = theory.action(field) + kinetic.energy(momentum)
    found = []
    for steps in (8, 16):
        end = integrate(theory, kinetic, field, momentum, jnp.asarray(0.5 / steps), steps)
        found.append(theory.action(end[0]) + kinetic.energy(end[1]) - before)
    return found


@pytest.mark.parametrize(("name", "tolerance"), [("O(2)", 1e-10), ("O(3)", 1e-10), ("CP(1)", 1e-9)])
def test_trajectories_are_reversible_in_double_precision(name, tolerance):
    """There, back, and on the spheres all along: a trajectory of length 2 in 40 steps."""
    theory = THEORIES[name]
    integrate = INTEGRATORS["leapfrog"]()

    @jax.jit
    def there_and_back():
        kinetic, field, momentum = start(theory)
        step = jnp.asarray(0.05)
        there, end = integrate(theory, kinetic, field, momentum, step, 40)
        turned = jax.tree.map(jnp.negative, end)
        back, last = integrate(theory, kinetic, there, turned, step, 40)
        return (
            jax.tree.map(jnp.subtract, back, field),
            jax.tree.map(jnp.add, last, momentum),
            jax.tree.map(jnp.subtract, theory.space.project(there), there),
            jax.tree.map(jnp.subtract, theory.space.tangent(there, end), end),
        )

    for difference in jax.tree.leaves(there_and_back()):
        assert np.abs(difference).max() < tolerance


@pytest.mark.first_cases(1)
@pytest.mark.parametrize("integrator", list(INTEGRATORS))
def test_hmc_conserves_the_measure(integrator):
    """<e^-dH> = 1 within 3.5 standard errors, with violations that are worth the name."""
    theory = THEORIES["O(3)"]
    steps = {"leapfrog": 3, "omelyan": 2, "fourth-order": 1}[integrator]
    kernel = HMC(theory, step_size=1 / steps, steps=steps, integrator=INTEGRATORS[integrator]())
    _, infos = chain(kernel, 200, measure=lambda field: {})
    result = gamma_method(infos["exp_minus_delta_h"])
    assert result.error < 0.01 and abs(result.value - 1) < SIGMAS * result.error
    assert infos["delta_h"].std() > 0.02
