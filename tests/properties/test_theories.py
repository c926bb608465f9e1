"""Every theory of the registry: force, symmetries, couplings, observables, and what is known."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from latflow.fields.links import LinkSpace
from latflow.observables import Measurement
from latflow.theories import Interpolation

from .cases import (
    CASES,
    TESTED,
    THEORIES,
    distance,
    field_of,
    inner,
    moved_along,
    scaled,
    velocity_at,
)


@pytest.mark.parametrize("name", TESTED)
def test_force_is_minus_the_slope_of_the_action(name):
    """Along a geodesic; a central difference is wrong by a power of two of the step."""
    theory = THEORIES[name]
    space, field = theory.space, field_of(theory)
    velocity = velocity_at(theory, field)
    action = jax.jit(lambda field: theory.action(field))
    exact = -float(inner(space, theory.force(field), velocity))

    def error(step):
        ahead = action(space.move(field, scaled(velocity, step)))
        behind = action(space.move(field, scaled(velocity, -step)))
        return float((ahead - behind) / (2 * step)) - exact

    coarse, fine = error(2e-2), error(1e-2)
    assert abs(fine) < 1e-2 * max(1.0, abs(exact))
    # A quadratic action on a flat space leaves nothing but rounding errors.
    if abs(coarse) > 1e-9:
        assert 3.7 < coarse / fine < 4.3


@pytest.mark.parametrize("name", TESTED)
def test_force_is_that_of_automatic_differentiation(name):
    """A force that is written out is the one that would be there without."""
    theory = THEORIES[name]
    field = field_of(theory)
    automatic = jax.tree.map(jnp.negative, theory.space.gradient(theory.action, field))
    assert distance(theory.force(field), automatic) < 1e-11
    force = theory.force(theory.space.random(jax.random.key(0), jnp.float32))
    assert all(leaf.real.dtype == jnp.float32 for leaf in jax.tree.leaves(force))


def _transformations(theory, field):
    """What each known symmetry does with a field of this space."""
    space, lattice = theory.space, theory.space.lattice
    known = {"translation": moved_along(lattice, field, lattice.ndim - 1, 1)}
    if not space.is_compact:
        known["z2"] = scaled(field, -1.0)
    if isinstance(space, LinkSpace):
        gauge = space.random_elements(jax.random.key(9), jnp.float64)
        known["gauge"] = space.transformed(field, gauge)
    return known


@pytest.mark.parametrize("name", TESTED)
def test_symmetries_are_those_declared_and_no_others(name):
    """The action is invariant under what is declared, and under nothing else that is known."""
    theory = THEORIES[name]
    field = field_of(theory)
    action = float(theory.action(field))
    for symmetry, image in _transformations(theory, field).items():
        invariant = abs(float(theory.action(image)) - action) < 1e-10 * max(1.0, abs(action))
        assert invariant == (symmetry in theory.symmetries), symmetry


@pytest.mark.parametrize("name", TESTED)
def test_observables_are_invariant_under_gauge_transformations(name):
    """So is everything that is measured; translations change no mean over the lattice."""
    theory = THEORIES[name]
    field = field_of(theory)
    measurement = Measurement(theory)
    measure = jax.jit(lambda field: measurement(field))
    before = measure(field)
    wanted = {"translation", "gauge"} & theory.symmetries
    for symmetry, image in _transformations(theory, field).items():
        if symmetry not in wanted:
            continue
        for key, value in measure(image).items():
            np.testing.assert_allclose(value, before[key], rtol=1e-9, atol=1e-10, err_msg=key)


@pytest.mark.parametrize("name", TESTED)
def test_couplings_are_leaves(name):
    """The action is differentiable in them, and a batch of theories is one ``vmap``."""
    theory = THEORIES[name]
    field = field_of(theory)
    leaves = jax.tree.leaves(theory)
    assert leaves and all(leaf.shape == () and leaf.dtype == jnp.float64 for leaf in leaves)
    slopes = jax.grad(lambda theory: theory.action(field))(theory)

    def shifted(step):
        return jax.tree.map(lambda leaf: leaf + step, theory).action(field)

    step = 1e-5
    numeric = (shifted(step) - shifted(-step)) / (2 * step)
    np.testing.assert_allclose(sum(jax.tree.leaves(slopes)), numeric, rtol=1e-6, atol=1e-8)
    many = jax.tree.map(lambda leaf: leaf * jnp.asarray([1.0, 1.1]), theory)
    actions = jax.vmap(lambda theory: theory.action(field))(many)
    np.testing.assert_allclose(actions[0], theory.action(field), rtol=1e-12)
    halfway = Interpolation(theory, jax.tree.map(lambda leaf: 1.1 * leaf, theory), 0.25)
    np.testing.assert_allclose(
        halfway.action(field), 0.75 * actions[0] + 0.25 * actions[1], rtol=1e-12
    )
    mean = jax.tree.map(
        lambda a, b: 0.75 * a + 0.25 * b, halfway.start.force(field), halfway.end.force(field)
    )
    assert distance(halfway.force(field), mean) < 1e-12


@pytest.mark.parametrize("name", TESTED)
def test_observables_measure_what_they_describe(name):
    """Double precision, finite; every result is a quantity that is described; single fields do."""
    theory = THEORIES[name]
    measurement = Measurement(theory)
    fields = jax.vmap(lambda key: theory.space.random(key, jnp.float64))(
        jax.random.split(jax.random.key(2), 40)
    )
    series = {
        key: np.asarray(values)[None]
        for key, values in jax.jit(jax.vmap(lambda field: measurement(field)))(fields).items()
    }
    assert all(np.isfinite(values).all() for values in series.values())
    results = measurement.results(series)
    described = [q for one in measurement.observables for q in one.quantities]
    assert list(results) == [q.name for q in described if q.name in results]
    assert len({q.name for q in described}) == len(described)
    assert all(q.tex and q.html and q.words for q in described)
    for one in measurement.observables:
        for slow in one.slow:
            assert slow.name in {q.name for q in described}
            assert slow.of(series).shape == (1, 40)
    single = jax.jit(lambda field: measurement(field))(
        theory.space.random(jax.random.key(0), jnp.float32)
    )
    assert all(value.dtype == jnp.float64 for value in single.values())


@pytest.mark.parametrize("name", TESTED)
def test_known_numbers_are_of_what_is_measured(name):
    """Each with a source; titles and symbols for people are there."""
    theory, settings = THEORIES[name], CASES[name]
    described = {q.name for one in theory.observables for q in one.quantities} | {"log_z"}
    for key, number in theory.known().items():
        assert number.compares_with in described, key
        assert number.source and number.error >= 0 and np.isfinite(number.value)
    assert type(settings).title
    parameters = {k for k, v in settings.model_dump().items() if isinstance(v, float)}
    assert parameters <= set(type(settings).symbols)
