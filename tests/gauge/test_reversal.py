"""Heat baths and reflections backwards are the time reversal of those forwards."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from latflow.kernels import HeatBath
from latflow.kernels.gauge._heat_bath import _reflect_all
from latflow.lattice import Lattice
from latflow.theories import CPModel, ONModel, SUGauge, U1Gauge

THEORIES = {
    "u1-odd": U1Gauge(Lattice((3, 4)), beta=1.5),
    "su3": SUGauge(Lattice((3, 4)), n=3, beta=2.5),
    "su3-parities": SUGauge(Lattice((2, 2, 2, 2)), n=3, beta=2.5),
    "o3": ONModel(Lattice((3, 4)), n=3, beta=1.2),
    "cp2": CPModel(Lattice((4, 3)), n=3, beta=0.8),
}


@pytest.mark.first_cases(2)
@pytest.mark.parametrize("name", list(THEORIES))
def test_reflections_backwards_undo_those_forwards(name):
    """Parts, sublattices and subgroups: everything comes in the opposite order."""
    theory = THEORIES[name]
    field = theory.hot(jax.random.key(0), jnp.float64)

    def there_and_back(field):
        there = _reflect_all(theory, False, field, None)[0]
        return _reflect_all(theory, True, there, None)[0], _reflect_all(theory, False, there, None)[
            0
        ]

    back, again = jax.jit(there_and_back)(field)
    assert distance(theory, back, field) < 1e-12
    assert distance(theory, again, field) > 0.1


def distance(theory, one, other):
    """Angles may differ by 2 pi."""
    gaps = [np.asarray(a - b) for a, b in zip(*map(jax.tree.leaves, (one, other)), strict=True)]
    if theory is THEORIES["u1-odd"]:
        gaps = [np.exp(1j * gap) - 1 for gap in gaps]
    return max(np.abs(gap).max() for gap in gaps)


@pytest.mark.parametrize("over_relaxation", [0, 1])
def test_steps_backwards_are_the_time_reversal(over_relaxation):
    """<h(x, y)> for x of the target and y a step further is that of y a step backwards.

    h is the cosine of a plaquette of x with the link of y that is updated first. Agreement within
    3.5 errors (false alarms 5e-4); steps forwards are another number by more than ten.
    """
    theory, n = U1Gauge(Lattice((2, 2)), beta=1.0), 8000
    kernel = HeatBath(theory, over_relaxation=over_relaxation)

    def mixed(x, y):
        links = x.at[0, 0, 0].set(y[0, 0, 0])
        return jnp.cos(links[0, 0, 0] + links[1, 1, 0] - links[0, 0, 1] - links[1, 0, 0])

    @jax.jit
    @jax.vmap
    def means(key):
        key_start, key_warm_up, key_there, key_back, key_again = jax.random.split(key, 5)
        step = lambda x, key: (kernel.step(key, x)[0], None)  # noqa: E731
        start = theory.hot(key_start, jnp.float64)
        x, _ = jax.lax.scan(step, start, jax.random.split(key_warm_up, 20))
        there, _ = kernel.step(key_there, x)
        back, _ = kernel.reversed().step(key_back, x)
        again, _ = kernel.step(key_again, x)
        return mixed(x, there), mixed(back, x), mixed(again, x)

    there, back, again = map(np.asarray, means(jax.random.split(jax.random.key(1), n)))
    assert pull(there - back) < 3.5
    assert pull(there - again) > 10
    twice = kernel.reversed().reversed()
    assert twice.backwards == kernel.backwards


def pull(differences):
    """Of a mean from zero."""
    return abs(differences.mean()) / (differences.std() / np.sqrt(differences.size))
