"""Annealing and sequential Monte Carlo on targets whose log Z is known by quadrature.

Every comparison is with 3 standard deviations (false alarms 0.3 %), with errors below 1 %, at
fixed seeds.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from latflow.analysis import log_partition_function, log_partition_function_from_target
from latflow.annealing import (
    Annealed,
    Geometric,
    OfCouplings,
    Population,
    power_protocol,
    stacked,
)
from latflow.flows import AffineCouplingSettings, Identity
from latflow.kernels import (
    HeatBathSettings,
    HMCSettings,
    Kernel,
    KernelSettings,
    MetropolisSettings,
)
from latflow.lattice import Lattice
from latflow.models import Model
from latflow.observables import Measurement
from latflow.priors import IndependentNormal, Uniform
from latflow.sampling import Independence, run_segment, start_chains
from latflow.theories import Theory
from latflow.theories.gauge import U1Gauge
from latflow.theories.scalar import FreeScalar, Phi4
from latflow.training import evaluate

HMC = HMCSettings.model_validate({"trajectory": 1.0, "steps": 3})
SMALL = Lattice((2, 2))
PHI4 = Phi4.field_strength(SMALL, zeta=0.4, m2=-1.0, g4=0.5)
U1 = U1Gauge(SMALL, beta=0.7)


def phi4_log_z(theory):
    """By quadrature over the four sites of a 2 x 2 lattice: a trace of transfer matrices."""
    nodes, weights = np.polynomial.legendre.leggauss(40)
    nodes, weights = 4 * nodes, 4 * weights
    h, a, g = (float(value) for value in (theory.h, theory.a, theory.g))
    # Two sites of a row are neighbours twice over, as the lattice is periodic.
    x, y = (part.reshape(-1) for part in np.meshgrid(nodes, nodes, indexing="ij"))
    row = np.exp(-a * (x**2 + y**2) - g * (x**4 + y**4) + 2 * h * x * y)
    row = row * np.outer(weights, weights).reshape(-1)
    between = np.exp(h * (np.outer(x, x) + np.outer(y, y)))
    return float(np.log(np.einsum("i,ij,j,ji->", row, between, row, between)))


def normal(theory, width=0.8):
    return Model(IndependentNormal(theory.space, width), Identity(theory.space), "double")


def uniform(theory):
    return Model(Uniform(theory.space), Identity(theory.space), "double")


def layers_of(theory, levels, shift=0.02):
    settings = AffineCouplingSettings.model_validate(
        {"layers": 1, "net": {"kind": "convolution", "hidden": [3], "kernel": 3}}
    )
    made = [settings.build(theory.space, jax.random.key(10 + k)) for k in range(levels)]
    # Not the identity that they may start from: all parameters are shifted.
    moved = jax.tree.map(
        lambda leaf: leaf + shift if eqx.is_inexact_array(leaf) else leaf, stacked(made)
    )
    return moved


def agrees(estimate, exact, sigmas=3.0):
    assert estimate.error < 0.01
    assert abs(estimate.value - exact) < sigmas * estimate.error


@pytest.mark.parametrize(
    "levels", [2, pytest.param(1, marks=pytest.mark.slow), pytest.param(4, marks=pytest.mark.slow)]
)
def test_exponential_of_the_work_is_unbiased_with_few_levels(levels):
    annealed = Annealed(normal(PHI4), Geometric(), power_protocol(levels), HMC)
    log_weight = evaluate(annealed, PHI4, 1, 32768)["log_weight"]
    agrees(log_partition_function(log_weight), phi4_log_z(PHI4))


@pytest.mark.parametrize(
    ("path", "kernel"),
    [
        pytest.param(Geometric(), HMC, marks=pytest.mark.slow),
        pytest.param(OfCouplings(U1Gauge(SMALL, beta=0.0)), HMC, marks=pytest.mark.slow),
        (OfCouplings(U1Gauge(SMALL, beta=0.0)), HeatBathSettings.model_validate({})),
    ],
    ids=["geometric", "couplings", "heat-bath"],
)
def test_gauge_theories_anneal_from_haar_measure(path, kernel):
    annealed = Annealed(uniform(U1), path, power_protocol(3), kernel)
    log_weight = evaluate(annealed, U1, 2, 32768)["log_weight"]
    agrees(log_partition_function(log_weight), U1.known()["log_z"].value)


def test_path_of_couplings_serves_kernels_of_the_theory_alone():
    start = Phi4(SMALL, h=0.0, a=0.7, g=0.5)
    metropolis = MetropolisSettings.model_validate({"width": 1.0})
    annealed = Annealed(normal(PHI4), OfCouplings(start), power_protocol(2), metropolis)
    log_weight = evaluate(annealed, PHI4, 3, 32768)["log_weight"]
    agrees(log_partition_function(log_weight), phi4_log_z(PHI4))


def test_untrained_flows_between_the_steps_change_nothing():
    annealed = Annealed(
        normal(PHI4), Geometric(), power_protocol(3), HMC, layers=layers_of(PHI4, 3)
    )
    log_weight = evaluate(annealed, PHI4, 4, 32768)["log_weight"]
    agrees(log_partition_function(log_weight), phi4_log_z(PHI4))


def test_one_level_is_the_model():
    layers = layers_of(PHI4, 1)
    layer = jax.tree.map(lambda leaf: leaf[0] if eqx.is_array(leaf) else leaf, layers)
    annealed = Annealed(normal(PHI4), Geometric(), power_protocol(1), HMC, layers=layers)
    field, log_weight = annealed.propose(PHI4, jax.random.key(0))
    model = Model(annealed.base.prior, layer, "double")
    assert float(log_weight) == pytest.approx(float(model.log_weight(PHI4, field)), abs=1e-5)
    # With nothing between levels there is nothing that could be accepted.
    assert set(annealed.details(PHI4, jax.random.key(0))) == {"work"}


@pytest.mark.parametrize("with_layers", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_work_of_the_way_back_gives_the_same_log_z(with_layers):
    theory = FreeScalar(SMALL, m2=1.0, zeta=0.3)
    layers = layers_of(theory, 3, 0.005) if with_layers else None
    annealed = Annealed(normal(theory, 0.74), Geometric(), power_protocol(3), HMC, 1, layers)

    @eqx.filter_jit
    def back(annealed, keys):
        def one(key):
            field = theory.exact_sampler()(key, jnp.float64)
            trajectory = annealed.backward(theory, field, jax.random.fold_in(key, 1))
            return -jnp.sum(trajectory.work)

        return jax.lax.map(one, keys, batch_size=256)

    log_weight = np.asarray(
        back(annealed.cast("double"), jax.random.split(jax.random.key(5), 65536))
    )
    exact = theory.known()["log_z"].value
    agrees(log_partition_function_from_target(log_weight), exact)


class Shift(Kernel):
    """Moves every site by as much; its time reversal moves them back."""

    theory: Theory
    by: float = eqx.field(static=True, default=0.3)

    def init(self, key, field):
        return field

    def field(self, state):
        return state

    def step(self, key, state):
        return state + self.by, {"acceptance": jnp.ones(())}

    def reversed(self):
        return Shift(self.theory, -self.by)


class ShiftSettings(KernelSettings):
    """Of a kernel whose steps draw nothing."""

    is_reversible = True

    def build_kernel(self, theory, model=None, chains_per_batch=1):
        return Shift(theory)


def test_the_way_back_is_made_by_the_time_reversal():
    """Of steps that draw nothing: every one is undone, and the works are those of the way there."""
    annealed = Annealed(normal(PHI4), Geometric(), power_protocol(3), ShiftSettings(), 2)
    there = annealed.forward(PHI4, jax.random.key(0))
    back = annealed.backward(PHI4, there.field, jax.random.key(1))
    # Two steps at each of the two theories between base and target.
    np.testing.assert_allclose(back.field, there.field - 4 * 0.3, atol=1e-12)
    np.testing.assert_allclose(back.work, there.work, atol=1e-10)


@pytest.mark.slow
@pytest.mark.parametrize("kernel", ["hmc", "heat-bath"])
def test_forward_and_backward_cross_where_crooks_says(kernel):
    """P(W) / P_back(W) = Z e^W: chi squared of 20 bins below 46 (false alarms 0.1 %).

    Sweeps of the heat bath are made backwards on the way back.
    """
    if kernel == "hmc":
        theory = FreeScalar(SMALL, m2=1.0, zeta=0.3)
        annealed = Annealed(normal(theory, 0.74), Geometric(), power_protocol(3), HMC)
    else:
        theory = U1Gauge(SMALL, beta=1.2)
        path, sweeps = OfCouplings(U1Gauge(SMALL, beta=0.0)), HeatBathSettings()
        annealed = Annealed(uniform(theory), path, power_protocol(3), sweeps)

    @eqx.filter_jit
    def back(keys):
        def one(key):
            field = theory.exact_sampler()(key, jnp.float64)
            return -jnp.sum(annealed.backward(theory, field, jax.random.fold_in(key, 1)).work)

        return jax.lax.map(one, keys, batch_size=256)

    n = 65536
    backward = np.asarray(back(jax.random.split(jax.random.key(6), n)))
    forward = evaluate(annealed, theory, 6, n)["log_weight"]
    edges = np.quantile(np.concatenate([forward, backward]), np.linspace(0, 1, 21))
    # Of the weights of a bin: the sum over forward draws of w / Z estimates the backward count.
    weight = np.exp(forward - theory.known()["log_z"].value)
    expected, _ = np.histogram(forward, edges, weights=weight)
    squares, _ = np.histogram(forward, edges, weights=weight**2)
    found, _ = np.histogram(backward, edges)
    chi2 = np.sum((expected - found) ** 2 / (squares + found))
    assert chi2 < 46


def test_population_gives_an_unbiased_z():
    annealed = Annealed(normal(PHI4), Geometric(), power_protocol(4), HMC)
    # Resampled at every level.
    population = Population(annealed, 8, 1.0)
    log_weight = evaluate(population, PHI4, 7, 4096)["log_weight"]
    agrees(log_partition_function(log_weight), phi4_log_z(PHI4))


@pytest.mark.slow
@pytest.mark.parametrize("particles", [1, 4])
def test_independence_metropolis_is_exact_with_it(particles):
    """|phi|^2 of a 2 x 2 lattice by Metropolis against reweighted draws of another seed."""
    annealed = Annealed(normal(PHI4), Geometric(), power_protocol(2), HMC)
    proposer = annealed if particles == 1 else Population(annealed, particles, 0.9)
    kernel = Independence(PHI4, proposer)
    measurement = Measurement(PHI4)
    states = start_chains(kernel, 1, "a", 64, "prior")
    states, _ = run_segment(kernel, states, 1, "a", "warm-up", 0, 1, 50, measurement)
    _, segment = run_segment(kernel, states, 1, "a", "sampling", 0, 600, 1, measurement)
    series = {name: np.asarray(values) for name, values in segment.measurements.items()}
    found = measurement.results(series)["phi2"]
    exact = moments(PHI4)
    assert found.error < 0.01 * exact
    assert abs(found.value - exact) < 3 * found.error


def moments(theory):
    """<phi^2> by quadrature: the derivative of log Z with respect to a."""
    step = 1e-4
    up, down = (
        phi4_log_z(Phi4(SMALL, h=theory.h, a=theory.a + s * step, g=theory.g)) for s in (1, -1)
    )
    return -(up - down) / (2 * step * 4)
