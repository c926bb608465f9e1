"""Paths of links against products written out, and gauge invariance of all that is measured."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from latflow.fields.links import (
    U1Links,
    line,
    planes,
    plaquette,
    polyakov_loop,
    staples,
    wilson_loops,
)
from latflow.lattice import Lattice
from latflow.observables import Measurement
from latflow.theories import U1Gauge

SHAPES = [(4, 6), (3, 5), (4, 3, 5)]


def case(shape, seed=0):
    space = U1Links(Lattice(shape))
    return space, space.random(jax.random.key(seed), jnp.float64)


def walk(field, site, steps):
    """The angle of a path of steps +-(axis + 1), link by link."""
    site, total, field = list(site), 0.0, np.asarray(field)
    shape = field.shape[1:]
    for step in steps:
        axis = abs(step) - 1
        if step < 0:
            site[axis] = (site[axis] - 1) % shape[axis]
        total += np.sign(step) * field[(axis, *site)]
        if step > 0:
            site[axis] = (site[axis] + 1) % shape[axis]
    return total


@pytest.mark.parametrize("shape", SHAPES)
def test_plaquettes_go_around_a_square(shape):
    space, field = case(shape)
    for mu, nu in planes(space):
        loop = plaquette(space, field, mu, nu)
        for site in [(0,) * len(shape), tuple(extent - 1 for extent in shape)]:
            steps = [mu + 1, nu + 1, -mu - 1, -nu - 1]
            assert float(loop[site]) == pytest.approx(walk(field, site, steps), abs=1e-12)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_link_and_its_staple_make_a_plaquette(shape):
    space, field = case(shape)
    ndim = len(shape)
    for mu in range(ndim):
        found = staples(space, field, mu)
        others = [nu for nu in range(ndim) if nu != mu]
        assert len(found) == 2 * len(others)
        site = tuple(extent - 1 for extent in shape)
        ahead = [
            (s + (axis == mu)) % n for axis, (s, n) in enumerate(zip(site, shape, strict=True))
        ]
        for number, staple in enumerate(found):
            turn = (others[number // 2] + 1) * (1 if number % 2 == 0 else -1)
            expected = walk(field, ahead, [turn, -mu - 1, -turn])
            assert float(staple[site]) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("length", [1, 2, 3, 5, 6, 7])
def test_lines_are_products_of_links(length):
    space, field = case((8, 3))
    found = line(space, field, 0, length)
    expected = walk(field, (6, 1), [1] * length)
    assert float(found[6, 1]) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("shape", [(4, 6), (4, 5, 4)])
def test_wilson_loops_are_means_over_sites_planes_and_orientations(shape):
    space, field = case(shape)
    found = np.asarray(wilson_loops(space, field, 2))
    for r in (1, 2):
        for t in (1, 2):
            values = []
            for mu, nu in planes(space):
                for a, b in ((mu + 1, nu + 1), (nu + 1, mu + 1)):
                    steps = [a] * r + [b] * t + [-a] * r + [-b] * t
                    values += [np.cos(walk(field, site, steps)) for site in np.ndindex(*shape)]
            assert found[r - 1, t - 1] == pytest.approx(np.mean(values), abs=1e-12)


def test_polyakov_loops_wind_once():
    space, field = case((4, 6))
    for axis, extent in enumerate((4, 6)):
        values = [np.exp(1j * walk(field, s, [axis + 1] * extent)) for s in np.ndindex(4, 6)]
        assert complex(polyakov_loop(space, field, axis)) == pytest.approx(np.mean(values))


@pytest.mark.parametrize("shape", SHAPES)
def test_everything_that_is_measured_is_gauge_invariant(shape):
    theory = U1Gauge(Lattice(shape), beta=1.3)
    space, field = case(shape)
    gauge = space.random_elements(jax.random.key(9), jnp.float64)
    measure = eqx.filter_jit(Measurement(theory))
    one, other = measure(field), measure(space.transformed(field, gauge))
    for name, value in one.items():
        np.testing.assert_allclose(value, other[name], atol=1e-11, err_msg=name)


def test_the_declared_symmetries_and_no_others():
    """Each changes the field, and leaves the action alone."""
    theory = U1Gauge(Lattice((4, 6)), beta=1.3)
    space, field = case((4, 6))
    centre = field.at[0, 2].add(1.0)  # all links along axis 0 in one slice
    reflected = jnp.stack([-jnp.roll(field[0], 1, 0), field[1]])[:, ::-1]
    images = {
        "translation": jnp.roll(field, (1, 2), (1, 2)),
        "charge-conjugation": -field,
        "centre": centre,
        "gauge": space.transformed(field, space.random_elements(jax.random.key(2), jnp.float64)),
        "reflection": jnp.roll(reflected, 1, 1),
    }
    assert set(images) == set(theory.symmetries)
    for name, image in images.items():
        assert float(jnp.abs(image - field).max()) > 0.1
        assert float(theory.action(image)) == pytest.approx(float(theory.action(field))), name
    broken = field.at[0, 2, 3].add(1.0)
    assert float(theory.action(broken)) != pytest.approx(float(theory.action(field)))
