"""Power of Fourier modes: against direct transforms, sums over the lattice, and the free field."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from latflow.lattice import Lattice
from latflow.observables import OBSERVABLES
from latflow.observables.scalar import Modes, mode_orbits, mode_power
from latflow.theories import FreeScalar

pytestmark = pytest.mark.usefixtures("strict_promotion")

SHAPES = [(1,), (5,), (3, 4), (4, 4), (4, 2, 4), (2, 3, 2, 3)]


def members_of(n, shape):
    """All momenta of an orbit, by trying every image."""
    found = set()
    for exchange in itertools.permutations(range(len(shape))):
        if tuple(shape[axis] for axis in exchange) == shape:
            for signs in itertools.product((1, -1), repeat=len(shape)):
                image = (s * n[a] for s, a in zip(signs, exchange, strict=True))
                found.add(tuple(m % extent for m, extent in zip(image, shape, strict=True)))
    return sorted(found)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_orbits_are_all_momenta_once(shape):
    orbits = [members_of(n, shape) for n in mode_orbits(shape)]
    everything = [n for orbit in orbits for n in orbit]
    assert sorted(everything) == list(np.ndindex(*shape))
    khat2 = Lattice(shape).khat2(real=False)
    for n, orbit in zip(mode_orbits(shape), orbits, strict=True):
        np.testing.assert_allclose([khat2[member] for member in orbit], khat2[n])
    assert mode_orbits(shape)[0] == (0,) * len(shape)
    assert np.all(np.diff([khat2[n] for n in mode_orbits(shape)]) > -1e-12)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_power_is_that_of_a_direct_transform(shape):
    """With the batch first or last; and Parseval's sum over all modes."""
    lattice = Lattice(shape)
    fields = np.random.default_rng(1).normal(0.3, 1.0, (3, *shape))
    measure = lambda field: mode_power(field, lattice)  # noqa: E731
    first = jax.jit(jax.vmap(measure))(fields)
    last = jax.jit(jax.vmap(measure, in_axes=-1, out_axes=-1))(np.moveaxis(fields, 0, -1))
    orbits = [members_of(n, shape) for n in mode_orbits(shape)]
    position = np.indices(shape).reshape(len(shape), -1)
    for index, field in enumerate(fields):
        expected = []
        for orbit in orbits:
            waves = (
                np.exp(-2j * np.pi * (np.array(n) / np.array(shape)) @ position) for n in orbit
            )
            sums = np.array([abs(wave @ field.reshape(-1)) ** 2 for wave in waves])
            expected.append(sums.mean() / lattice.volume)
        np.testing.assert_allclose(first[index], expected, rtol=1e-11, atol=1e-13)
        np.testing.assert_allclose(last[..., index], expected, rtol=1e-11, atol=1e-13)
        np.testing.assert_allclose(first[index][0], lattice.volume * field.mean() ** 2)
        sizes = np.array([len(orbit) for orbit in orbits])
        np.testing.assert_allclose(sizes @ np.asarray(first[index]), (field**2).sum())


def test_exact_draws_of_the_free_field_have_its_propagator():
    """Both sides of every mode: 15 pulls, within 4.5 sigma; false alarm 1e-4."""
    theory = FreeScalar(Lattice((8, 8)), m2=0.3, zeta=0.8)
    keys = jax.random.split(jax.random.key(5), 4000)
    measure = lambda key: Modes().measure(theory, theory.sample(key, jnp.float64))  # noqa: E731
    power = np.asarray(jax.jit(jax.vmap(measure))(keys)["mode_power"])
    khat2 = theory.space.lattice.khat2(real=False)
    exact = np.array([1 / (0.8 * khat2[n] + 0.3) for n in mode_orbits((8, 8))])
    pulls = (power.mean(axis=0) - exact) / (power.std(axis=0) / np.sqrt(len(power)))
    assert pulls.size == 15
    assert np.abs(pulls).max() < 4.5
    # chi^2 with 15 degrees of freedom, modes of a free field being independent.
    assert 2 < np.sum(pulls**2) < 44
    series = {"mode_power": power[None]}
    result = Modes().results(theory, series)["structure_factor"]
    assert result.value == pytest.approx(power[:, 1].mean())
    assert result.tau_int == pytest.approx(0.5, abs=0.1)


def test_nothing_measures_them_unless_asked():
    assert any(isinstance(one, Modes) for one in OBSERVABLES)
    theory = FreeScalar(Lattice((4, 4)), m2=0.3)
    assert not any(isinstance(one, Modes) for one in theory.observables)
    (vector,) = Modes().slow_vectors(theory)
    assert len(vector.at) == len(mode_orbits((4, 4))) == 6
    assert vector.named == (("zero mode", 0),) and vector.slowest == "slowest mode"
    single_site = FreeScalar(Lattice((1,)), m2=1.0)
    assert Modes().results(single_site, {"mode_power": np.ones((1, 2, 1))}) == {}
