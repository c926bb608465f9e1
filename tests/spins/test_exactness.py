"""Every kernel of spins against exact answers: rings, and 2 x 2 lattices, which are rings.

On two sites along an axis both links join the same pair: a 2 x 2 lattice is a ring of four with
the weight of every link squared. A correct sampler fails one check with probability 5e-4; the
energy is known to 0.1 % or better.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.scipy.special import i0e
from scipy.special import i0e as i0e_of_arrays
from scipy.special import i1e

from latflow.analysis import gamma_method
from latflow.dynamics import INTEGRATORS
from latflow.errors import ConfigError
from latflow.fields import UnitVectors, inner_product
from latflow.kernels import HMC, ClusterReflections, HeatBath, SpinClusterSettings
from latflow.lattice import Lattice
from latflow.neighbours import rolled
from latflow.observables import Measurement
from latflow.observables.spins import SpinCorrelator
from latflow.precision import sum_in_double
from latflow.theories import CPModel, ONModel, Phi4, Theory
from latflow.theories.spins import projective_space, ring

from .cases import assert_agrees, chain

LARGEST_ERROR = 1e-3

KERNELS = {
    "hmc": lambda theory: HMC(theory, step_size=0.25, steps=4),
    "hmc, omelyan": lambda theory: HMC(
        theory, step_size=0.5, steps=2, integrator=INTEGRATORS["omelyan"]()
    ),
    "hmc, fourth order, single precision": lambda theory: HMC(
        theory,
        step_size=1.0,
        steps=1,
        integrator=INTEGRATORS["fourth-order"](),
        precision="single",
    ),
    "heat bath": HeatBath,
    "heat bath, single precision": lambda theory: HeatBath(theory, precision="single"),
    "over-relaxation": lambda theory: HeatBath(theory, over_relaxation=2),
    "clusters": lambda theory: ClusterReflections(theory, reflections=3),
}
SLOW = pytest.mark.slow


def check(kernel, exact, samples, names=("energy", "chi"), chains=1024):
    """Runs it; the correlation length is worth a little more error."""
    series, infos = chain(kernel, samples, chains=chains)
    results = Measurement(kernel.theory).results(series)
    for name in names:
        limit = LARGEST_ERROR if name == "energy" else 4 * LARGEST_ERROR
        assert_agrees(name, results[name], exact[name], limit)
    if "exp_minus_delta_h" in infos:
        assert_agrees("exp(-dH)", np.asarray(infos["exp_minus_delta_h"]), 1.0, 0.01)


def exact_of(theory):
    return {name: number.value for name, number in theory.known().items()}


@pytest.mark.parametrize(
    ("n", "kernel"),
    [
        (3, "heat bath"),
        (3, "clusters"),
        *(
            pytest.param(n, kernel, marks=SLOW)
            for n in (2, 3, 4)
            for kernel in KERNELS
            if (n, kernel) not in ((3, "heat bath"), (3, "clusters"))
        ),
    ],
)
def test_spins_on_a_ring(n, kernel):
    """O(2), O(3), O(4) on six sites against the transfer matrix."""
    theory = ONModel(Lattice((6,)), n=n, beta=2.0)
    samples = 250 if kernel == "heat bath" else 700
    check(KERNELS[kernel](theory), exact_of(theory), samples, ("energy", "chi", "xi_2nd"))


@pytest.mark.slow
@pytest.mark.parametrize("kernel", ["clusters", "hmc", "heat bath"])
def test_spins_on_an_odd_ring_and_antiferromagnets(kernel):
    """Odd extents; and on even ones beta < 0 is beta > 0 with every second spin reversed."""
    theory = ONModel(Lattice((5,)), n=3, beta=2.0)
    check(KERNELS[kernel](theory), exact_of(theory), 600)
    theory = ONModel(Lattice((6,)), n=3, beta=-2.0)
    exact = exact_of(ONModel(Lattice((6,)), n=3, beta=2.0))
    check(KERNELS[kernel](theory), {"energy": -exact["energy"]}, 600, ("energy",))


@pytest.mark.slow
@pytest.mark.parametrize("kernel", ["hmc", "heat bath", "over-relaxation", "clusters"])
def test_spins_on_four_sites(kernel):
    """Two dimensions, O(3)."""
    exact = exact_of(ONModel(Lattice((4,)), n=3, beta=1.6))
    theory = ONModel(Lattice((2, 2)), n=3, beta=0.8)
    check(KERNELS[kernel](theory), exact, 800)


@pytest.mark.parametrize(
    ("n", "kernel"),
    [
        (2, "heat bath"),
        *(
            pytest.param(n, kernel, marks=SLOW)
            for n in (2, 3)
            for kernel in ("hmc", "heat bath", "over-relaxation")
            if (n, kernel) != (2, "heat bath")
        ),
    ],
)
def test_complex_vectors_on_a_ring(n, kernel):
    """CP(1) and CP(2) on six sites against the transfer matrix."""
    theory = CPModel(Lattice((6,)), n=n, beta=0.8)
    samples = 150 if kernel == "heat bath" else 400
    check(KERNELS[kernel](theory), exact_of(theory), samples)


@pytest.mark.slow
@pytest.mark.parametrize("kernel", ["hmc", "heat bath", "over-relaxation"])
def test_complex_vectors_on_four_sites(kernel):
    """CP(2) in two dimensions: a ring with the weight I_0(2 N beta r)^2."""
    n, beta = 3, 0.6

    def argument(c):
        return 2 * n * beta * np.sqrt((1 + c) / 2)

    solved = ring(
        projective_space(n),
        4,
        lambda c: 2 * (np.log(i0e_of_arrays(argument(c))) + argument(c)),
        lambda c: 2 * argument(c) / beta * i1e(argument(c)) / i0e_of_arrays(argument(c)),
    )
    # The slope of log Z is 2 N times the sum over the eight links.
    exact = {"energy": solved.slope / (2 * n * 8), "chi": solved.correlator.sum()}
    check(KERNELS[kernel](CPModel(Lattice((2, 2)), n=n, beta=beta)), exact, 400)


class EffectiveSpins(Theory):
    """CP(1) with its phases integrated out: S = -sum over links of ln I_0(4 beta r),
    r^2 = (1 + s . s') / 2. The force is that of automatic differentiation."""

    space: UnitVectors
    beta: float

    def action(self, field):
        return -sum_in_double(jnp.log(i0e(self._argument(field))) + self._argument(field))

    def link_energy(self, field):
        """The mean of r^2 over links."""
        return jnp.mean((self._argument(field) / (4 * self.beta)) ** 2)

    def order_parameter(self, field):
        return field / jnp.sqrt(2.0)

    def _argument(self, field):
        products = [
            inner_product(field, rolled(field, 1 + axis)) for axis in range(self.space.lattice.ndim)
        ]
        # Positive where rounding makes it negative, for the root's derivative.
        r2 = jnp.maximum((1 + jnp.stack(products)) / 2, 1e-12)
        return 4 * self.beta * jnp.sqrt(r2)


@pytest.mark.slow
def test_two_complex_components_are_spins_with_an_effective_action():
    """chi, and the correlator at all distances, on 4 x 4 sites: CP(1) by heat bath, O(3) by HMC.

    Six comparisons of two chains.
    """
    lattice, beta = Lattice((4, 4)), 0.8
    vectors, _ = chain(HeatBath(CPModel(lattice, n=2, beta=beta), over_relaxation=1), 800)
    effective = EffectiveSpins(UnitVectors(lattice, 3), beta)
    correlator = SpinCorrelator()
    spins, _ = chain(
        HMC(effective, step_size=0.2, steps=5),
        800,
        measure=lambda field: correlator.measure(effective, field),
    )

    def agree(name, one, other):
        a, b = gamma_method(one), gamma_method(other)
        error = np.hypot(a.error, b.error)
        story = f"{name}: {a.value:.5f} {b.value:.5f} +- {error:.5f}"
        print(story, f"pull {(a.value - b.value) / error:+.2f}")
        assert error < 0.01 * abs(a.value) and abs(a.value - b.value) < 3.5 * error, story

    agree("chi", vectors["chi"], spins["chi"])
    agree("structure factor", vectors["structure_factor"], spins["structure_factor"])
    for t in range(3):
        agree(f"C({t})", vectors["two_point"][..., t], spins["two_point"][..., t])


def test_kernels_refuse_theories_that_they_do_not_know():
    with pytest.raises(ConfigError, match=r'"spin-cluster" needs an O\(N\) theory.*Phi4'):
        SpinClusterSettings().build_kernel(Phi4.hopping(Lattice((4,)), beta=0.5, lam=0.5))
    with pytest.raises(ConfigError, match="CPModel"):
        ClusterReflections(CPModel(Lattice((4,)), n=2, beta=0.5))


def test_cluster_reflections_keep_spins_on_spheres_and_flip_whole_clusters():
    """At strong coupling all spins are one cluster, which is reflected half of the time."""
    kernel = ClusterReflections(ONModel(Lattice((4, 4)), n=3, beta=200.0), reflections=1)
    cold = kernel.theory.space.cold(jnp.float64)
    series, infos = chain_of(kernel, cold, 300)
    assert np.abs(series["length"] - 1).max() < 1e-13
    # Only spins almost in the plane of reflection make more clusters.
    one_cluster = np.asarray(infos["clusters"]) == 1 / 16
    assert one_cluster.mean() > 0.8
    moved = series["moved"] > 1e-12
    assert 0.3 < moved[one_cluster].mean() < 0.7


def chain_of(kernel, field, steps):
    """Lengths of the spins, and how far the first spin moved in each step, of one chain."""

    def step(state, key):
        new, info = kernel.step(key, state)
        measured = {
            "length": inner_product(new, new),
            "moved": jnp.max(jnp.abs(new - state)),
        }
        return new, (measured, info)

    keys = jax.random.split(jax.random.key(1), steps)
    _, (series, infos) = jax.jit(lambda: jax.lax.scan(step, field, keys))()
    return jax.tree.map(np.asarray, series), infos
