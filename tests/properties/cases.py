"""Every theory of the registry, in the small instances that its settings give as examples."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from latflow.fields import ProductSpace
from latflow.lattice import Lattice
from latflow.theories import known_theories

CASES = {
    f"{settings.model_fields['kind'].default} {number}": settings(**example)
    for settings in known_theories()
    for number, example in enumerate(settings.examples)
}
NAMES = list(CASES)
# The first example of every theory is always tested.
TESTED = [
    name if name.endswith(" 0") else pytest.param(name, marks=pytest.mark.slow) for name in NAMES
]
THEORIES = {name: settings.build() for name, settings in CASES.items()}


def elements(space):
    """The space itself, or the factors of a product."""
    return space.spaces if isinstance(space, ProductSpace) else (space,)


def field_of(theory, seed=0):
    """A disordered field in double precision."""
    return theory.space.random(jax.random.key(seed), jnp.float64)


def velocity_at(theory, field, seed=1, scale=1.0):
    """A tangent vector at the field."""
    momentum = theory.space.momentum(jax.random.key(seed), jnp.float64)
    return scaled(theory.space.tangent(field, momentum), scale)


def scaled(tree, factor):
    return jax.tree.map(lambda leaf: factor * leaf, tree)


def added(one, other, factor=1.0):
    return jax.tree.map(lambda a, b: a + factor * b, one, other)


def inner(space, one, other):
    """The metric, by polarisation of the kinetic energy."""
    both = space.kinetic(added(one, other))
    return both - space.kinetic(one) - space.kinetic(other)


def distance(one, other):
    """Largest difference of any entry."""
    pairs = zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True)
    return max(float(np.abs(np.asarray(a) - np.asarray(b)).max()) for a, b in pairs)


def moved_along(lattice: Lattice, tree, axis, steps):
    """Every array of a field, whose lattice axes are found by their extents, translated."""

    def roll(leaf):
        ndim, shape = lattice.ndim, tuple(leaf.shape)
        starts = [k for k in range(len(shape)) if shape[k : k + ndim] == lattice.shape]
        # Components stand before the lattice, if at all.
        return jnp.roll(leaf, -steps, starts[-1] + axis)

    return jax.tree.map(roll, tree)
