"""Targets with exact answers, kernels for them, and how a chain is compared with an answer.

Rule of the statistical tests: a chain must be precise enough that an error of 1 % would be
seen (standard error at most 0.2 %), and agree within 3.5 standard errors, autocorrelation
included. A correct sampler fails one such check with probability 5e-4; there are about 60 of
them, and all seeds are fixed. An error of 1 % fails with probability 93 % or more.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from latflow.analysis import gamma_method
from latflow.fields import FieldSpace, RealScalar
from latflow.flows import AffineCouplingSettings, Chain, Flow, Identity
from latflow.flows.nets import ConvolutionSettings
from latflow.lattice import Lattice
from latflow.models import Model
from latflow.precision import sum_in_double
from latflow.priors import FreeField, IndependentNormal
from latflow.sampling import run_segment, start_chains
from latflow.theories import FreeScalar, Phi4, Theory

SIGMAS = 3.5
LARGEST_RELATIVE_ERROR = 0.002
THERMALISATION = 100

# Hopping form, beta = 0.537, lambda = 0.5 on 2 x 2 sites, by quadrature.
PHI4 = Phi4.hopping(Lattice((2, 2)), beta=0.537, lam=0.5)
PHI4_EXACT = {"chi2": 2.04315692, "phi2": 0.73273367, "schwinger_dyson": 1.0}

# Unequal extents.
FREE = FreeScalar(Lattice((2, 4)), m2=0.8, zeta=0.7)
FREE_EXACT = {
    "chi2": 1 / 0.8,
    "phi2": float(FREE.two_point()[0, 0]),
    "schwinger_dyson": 1.0,
}


class Angles(FieldSpace):
    """Two angles on every site, as a pytree: a space that is neither flat nor one array."""

    lattice: Lattice

    @property
    def is_compact(self):
        """Angles are."""
        return True

    @property
    def n_variables(self):
        """Two for each site."""
        return 2 * self.lattice.volume

    def structure(self, dtype):
        """One array each."""
        array = jax.ShapeDtypeStruct(self.lattice.shape, jnp.dtype(dtype))
        return {"first": array, "second": array}

    def random(self, key, dtype):
        """Uniform angles."""
        return self._each(key, lambda k: jax.random.uniform(k, self.lattice.shape, dtype, 0, 6.28))

    def cold(self, dtype):
        """All zero."""
        return {name: jnp.zeros(self.lattice.shape, dtype) for name in ("first", "second")}

    def momentum(self, key, dtype):
        """Standard normal."""
        return self._each(key, lambda k: jax.random.normal(k, self.lattice.shape, dtype))

    def kinetic(self, momentum):
        """Half the square."""
        return sum(0.5 * sum_in_double(p * p) for p in momentum.values())

    def move(self, field, velocity):
        """Around the circle."""
        return {name: jnp.mod(field[name] + velocity[name], 2 * np.pi) for name in field}

    def project(self, field):
        """Nothing to do."""
        return field

    def _each(self, key, draw):
        keys = jax.random.split(key)
        return {"first": draw(keys[0]), "second": draw(keys[1])}


class Rotors(Theory):
    """S = -sum_x (beta cos first_x + 2 beta cos second_x): <cos> = I_1 / I_0."""

    space: Angles
    beta: float = 1.3

    def action(self, field):
        """With a force by automatic differentiation."""
        energy = jnp.cos(field["first"]) + 2 * jnp.cos(field["second"])
        return -self.beta * sum_in_double(energy)


ROTORS = Rotors(Angles(Lattice((3,))))


def model(theory):
    """Proposals that overlap well with the target and cover its tails."""
    if isinstance(theory, FreeScalar):
        prior = FreeScalar(theory.space.lattice, m2=0.75, zeta=0.6)
    else:
        prior = FreeScalar(theory.space.lattice, m2=0.45, zeta=0.55)
    return Model(FreeField(prior), Identity(prior.space), "double")


class Coloured(Flow):
    """x = K^(-1/2) z: independent normal numbers become the free field with the kernel K."""

    space: RealScalar
    root: jax.Array
    inverse_root: jax.Array
    log_det: jax.Array

    def transform(self, z):
        """Every site of the image depends on all of z."""
        return (self.root @ z.reshape(-1)).reshape(z.shape), self.log_det

    def transform_back(self, x):
        """K^(1/2) x."""
        return (self.inverse_root @ x.reshape(-1)).reshape(x.shape), -self.log_det


def coloured(free):
    """The flow that makes a free theory's field out of independent normal numbers."""
    sites = jnp.eye(free.space.lattice.volume).reshape(-1, *free.space.lattice.shape)
    kernel = -np.asarray(jax.vmap(free.force)(sites)).reshape(len(sites), -1)
    values, vectors = np.linalg.eigh(kernel)
    root, inverse = (vectors * values**power @ vectors.T for power in (-0.5, 0.5))
    numbers = (root, inverse, -0.5 * np.log(values).sum())
    return Coloured(free.space, *map(jnp.asarray, numbers))


def product_model(theory, noise=0.06):
    """A product prior, couplings that nobody trained, and then the correlations of `model`.

    Noise on every parameter, the heads of the nets included: the couplings are no identity.
    """
    space, random = theory.space, np.random.default_rng(1)
    net = ConvolutionSettings(hidden=(2,))
    couplings = AffineCouplingSettings(layers=2, net=net).build(space, jax.random.key(0))
    parameters, rest = eqx.partition(couplings, eqx.is_inexact_array)
    parameters = jax.tree.map(
        lambda leaf: np.asarray(leaf, np.float64) + noise * random.normal(size=leaf.shape),
        parameters,
    )
    couplings = eqx.combine(jax.device_put(parameters), rest)
    flow = Chain((couplings, coloured(model(theory).prior.theory)))
    return Model(IndependentNormal(space), flow, "double")


def observables(theory):
    """A function that measures chi2, phi2 and the Schwinger-Dyson sum of one field."""
    lattice = theory.space.lattice
    if isinstance(theory, FreeScalar):
        h, a, g = theory.zeta, lattice.ndim * theory.zeta + theory.m2 / 2, 0.0
    else:
        h, a, g = theory.h, theory.a, theory.g

    def measure(field):
        field = field.astype(jnp.float64)
        links = sum(jnp.mean(field * jnp.roll(field, -1, axis)) for axis in range(lattice.ndim))
        square = jnp.mean(field**2)
        return {
            "chi2": lattice.volume * jnp.mean(field) ** 2,
            "phi2": square,
            "schwinger_dyson": -2 * h * links + 2 * a * square + 4 * g * jnp.mean(field**4),
        }

    return measure


def sample(kernel, n_measurements, *, n_chains=1024, measure=None):
    """Infos and measurements as arrays (chains, measurements), without the first hundred."""
    measure = observables(kernel.theory) if measure is None else measure
    states = start_chains(kernel, 1, "test", n_chains, "cold")
    n_steps = n_measurements + THERMALISATION
    _, segment = run_segment(kernel, states, 1, "test", "sampling", 0, n_steps, 1, measure)
    return (
        {name: np.asarray(x)[:, THERMALISATION:] for name, x in series.items()}
        for series in (segment.infos, segment.measurements)
    )


def assert_agrees(name, series, exact, largest_relative_error=LARGEST_RELATIVE_ERROR):
    """The chain is precise enough to see an error of 1 %, and agrees with the exact value."""
    result = gamma_method(series)
    pull = (result.value - exact) / result.error
    story = f"{name}: {result.value} +- {result.error}, exact {exact}, pull {pull}"
    assert result.error <= largest_relative_error * abs(exact), story
    assert abs(pull) <= SIGMAS, story
