"""Sums over neighbours, and the part of an action that one site's value takes part in."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from latflow.lattice import Lattice
from latflow.neighbours import forward_sum, neighbour_sum
from latflow.theories import FreeScalar, Phi4

pytestmark = pytest.mark.usefixtures("strict_promotion")


@pytest.mark.parametrize("shape", [(1,), (2,), (4, 1), (2, 3, 4)], ids=str)
def test_neighbour_sum_under_every_transform(shape):
    lattice = Lattice(shape)

    def by_rolls(field):
        return sum(jnp.roll(field, n, axis) for axis in range(len(shape)) for n in (1, -1))

    def transforms(function):
        def run(fields):
            value, pullback = jax.vjp(function, fields[0])
            return {
                "value": value,
                "vjp": pullback(fields[1]),
                "jvp": jax.jvp(function, (fields[0],), (fields[1],)),
                "vmap": jax.vmap(function)(fields),
                "vmap last": jax.vmap(function, -1, -1)(jnp.moveaxis(fields, 0, -1)),
                "grad of vmap": jax.grad(lambda f: (jax.vmap(function)(f) ** 2).sum())(fields),
            }

        return jax.jit(run)

    def ahead_by_rolls(field):
        return sum(jnp.roll(field, -1, axis) for axis in range(len(shape)))

    fields = np.random.default_rng(1).normal(size=(3, *shape))
    for ours, theirs in ((neighbour_sum, by_rolls), (forward_sum, ahead_by_rolls)):
        found = transforms(lambda f, ours=ours: ours(lattice, f))(fields)
        jax.tree.map(
            lambda f, e: np.testing.assert_allclose(f, e, rtol=1e-12, atol=1e-13),
            found,
            transforms(theirs)(fields),
        )


def test_components_are_summed_one_by_one():
    """The lattice's axes are the last ones; a batch may stand anywhere."""
    lattice = Lattice((3, 4))
    fields = np.random.default_rng(4).normal(size=(5, 2, 3, 4))
    for function in (neighbour_sum, forward_sum):
        found = jax.jit(jax.vmap(lambda f, function=function: function(lattice, f)))(fields)
        for batch, component in np.ndindex(5, 2):
            expected = function(lattice, jnp.asarray(fields[batch, component]))
            np.testing.assert_allclose(found[batch, component], expected, atol=1e-14)


def test_action_of_a_single_precision_field_is_that_of_the_field_as_it_is():
    """Every term in double precision, so that rounding does not enter dH."""
    theory = Phi4(Lattice((8, 8)), h=0.7, a=-0.3, g=0.45)
    field = np.random.default_rng(3).normal(size=(8, 8)).astype(np.float32)
    single, double = theory.action(jnp.asarray(field)), theory.action(jnp.asarray(field, float))
    assert single.dtype == jnp.float64
    np.testing.assert_allclose(single, double, rtol=1e-14)


@pytest.mark.parametrize("shape", [(5,), (2, 2), (2, 3, 4)], ids=str)
def test_changing_one_site_changes_the_action_by_its_site_action(shape):
    lattice, random = Lattice(shape), np.random.default_rng(2)
    field, proposal = random.normal(size=shape), random.normal()
    changed = field.copy()
    changed[(1,) * len(shape)] = proposal
    theories = [Phi4(lattice, h=0.7, a=-0.3, g=0.45), FreeScalar(lattice, m2=0.4, zeta=0.8)]

    @jax.jit
    def differences(field, changed):
        neighbours = neighbour_sum(lattice, field)
        return [
            (
                theory.action(changed) - theory.action(field),
                theory.site_action(changed, neighbours) - theory.site_action(field, neighbours),
            )
            for theory in theories
        ]

    for of_action, of_sites in differences(field, changed):
        np.testing.assert_allclose(np.sum(of_sites), of_action, rtol=1e-11)
    assert [theory.hopping_parameter for theory in theories] == [0.7, 0.8]
