"""Spaces and theories of spins under test, and how a chain is compared with an exact answer."""

import jax
import jax.numpy as jnp
import numpy as np

from latflow.analysis import gamma_method
from latflow.fields import ComplexUnitVectors, UnitVectors
from latflow.lattice import Lattice
from latflow.observables import Measurement
from latflow.sampling import run_segment, start_chains
from latflow.theories import CPModel, ONModel

SIGMAS = 3.5
THERMALISATION = 100

SPACES = {
    "O(2)": UnitVectors(Lattice((3, 2)), 2),
    "O(3)": UnitVectors(Lattice((4,)), 3),
    "O(4)": UnitVectors(Lattice((2, 2)), 4),
    "C^2": ComplexUnitVectors(Lattice((2, 3)), 2),
    "C^3": ComplexUnitVectors(Lattice((4,)), 3),
}

THEORIES = {
    "O(2)": ONModel(Lattice((3, 4)), n=2, beta=1.1),
    "O(3)": ONModel(Lattice((4, 2)), n=3, beta=1.4),
    "O(4), 3D": ONModel(Lattice((2, 3, 2)), n=4, beta=-0.8),
    "CP(1)": CPModel(Lattice((3, 4)), n=2, beta=0.9),
    "CP(2), 1D": CPModel(Lattice((5,)), n=3, beta=0.7),
}


def quick_jit(function):
    """Compiled without expensive optimisations: these tests compile far longer than they run."""
    return jax.jit(function, compiler_options={"xla_backend_optimization_level": 0})


def field_of(theory, seed=0):
    return theory.space.random(jax.random.key(seed), jnp.float64)


def velocity_at(space, field, seed=1, scale=1.0):
    """A random tangent vector."""
    vector = space.tangent(field, space.momentum(jax.random.key(seed), jnp.float64))
    return jax.tree.map(lambda leaf: scale * leaf, vector)


def inner(space, a, b):
    """The metric's inner product, from the kinetic energy by polarisation."""
    total = jax.tree.map(jnp.add, a, b)
    return space.kinetic(total) - space.kinetic(a) - space.kinetic(b)


def chain(kernel, samples, *, chains=512, seed=1, thin=1, measure=None):
    """Series of a theory's observables, (chains, samples, ...), and infos, from a hot start."""
    measure = Measurement(kernel.theory) if measure is None else measure
    states = start_chains(kernel, seed, "test", chains, "hot")
    _, segment = run_segment(
        kernel, states, seed, "test", "sampling", 0, samples + THERMALISATION, thin, measure
    )
    return (
        {name: np.asarray(x)[:, THERMALISATION:] for name, x in series.items()}
        for series in (segment.measurements, segment.infos)
    )


def assert_agrees(name, series, exact, largest_relative_error):
    """The chain is precise enough to see a wrong answer, and agrees with the exact one."""
    result = gamma_method(series)
    pull = (result.value - exact) / result.error
    story = (
        f"{name}: {result.value:.6f} +- {result.error:.6f}, exact {exact:.6f}, pull {pull:+.2f}, "
        f"tau {result.tau_int:.2f}"
    )
    print(story)
    assert result.error <= largest_relative_error * abs(exact), story
    assert abs(pull) <= SIGMAS, story
