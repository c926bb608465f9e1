"""O(N) and CP(N-1): exact rings, symmetries of their own, and the geometric charge.

What every theory must have (force, translations, couplings as leaves) is tested in
``tests/properties``.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import i0, i1, ive

from latflow.errors import ConfigError, FieldError
from latflow.fields.links import U1Links
from latflow.lattice import Lattice
from latflow.observables import Measurement
from latflow.observables.spins import GeometricCharge, LinkEnergy, SpinCorrelator
from latflow.theories import CPModel, CPSettings, ONModel, ONSettings, Phi4


def unitary(n, seed, real=False):
    """A random rotation of R^n or C^n, with any determinant."""
    random = np.random.default_rng(seed)
    matrix = random.normal(size=(n, n)) + 0j
    if not real:
        matrix = matrix + 1j * random.normal(size=(n, n))
    q = np.linalg.qr(matrix)[0]
    return jnp.asarray(q.real if real else q)


def rotated(matrix, vectors):
    return jnp.tensordot(matrix, vectors, axes=1)


@pytest.mark.parametrize("n", [2, 3, 4])
def test_long_rings_of_spins_have_the_energy_of_the_open_chain(n):
    """PHYSICS of the infinite chain: <s . s'> = I_{n/2} / I_{n/2 - 1}, and C(t) its powers."""
    beta, extent = 1.7, 400
    known = ONModel(Lattice((extent,)), n=n, beta=beta).known()
    energy = ive(n / 2, beta) / ive(n / 2 - 1, beta)
    np.testing.assert_allclose(known["energy"].value, energy, rtol=1e-12)
    np.testing.assert_allclose(known["action"].value, -beta * extent * energy, rtol=1e-12)
    np.testing.assert_allclose(known["chi"].value, (1 + energy) / (1 - energy), rtol=1e-10)
    momentum = 2 * np.pi / extent
    factor = (1 - energy**2) / (1 - 2 * energy * np.cos(momentum) + energy**2)
    xi = np.sqrt(known["chi"].value / factor - 1) / (2 * np.sin(momentum / 2))
    np.testing.assert_allclose(known["xi_2nd"].value, xi, rtol=1e-8)


def test_a_short_ring_of_plane_spins_against_sums_over_angles():
    """O(2) on three sites, by the trapezoidal rule: exact to rounding."""
    beta, angles = 1.3, 2 * np.pi * np.arange(64) / 64
    a, b = np.meshgrid(angles, angles, indexing="ij")
    links = np.cos(a) + np.cos(a - b) + np.cos(b)
    weight = np.exp(beta * links)
    known = ONModel(Lattice((3,)), n=2, beta=beta).known()
    np.testing.assert_allclose(known["log_z"].value, np.log(weight.mean()), rtol=1e-12)
    energy = (weight * links).sum() / weight.sum() / 3
    np.testing.assert_allclose(known["energy"].value, energy, rtol=1e-12)
    np.testing.assert_allclose(known["chi"].value, 1 + 2 * energy, rtol=1e-12)


@pytest.mark.parametrize("n", [2, 3, 10])
def test_long_rings_of_complex_vectors_against_quadrature(n):
    """r = |conj(z) z'| has the density I_0(2 n beta r), with r^2 from Beta(1, n - 1)."""
    beta, extent = 0.8, 300
    nodes, weights = np.polynomial.legendre.leggauss(200)
    r2 = (nodes + 1) / 2
    r, weights = np.sqrt(r2), weights * (1 - r2) ** (n - 2)
    density = weights * i0(2 * n * beta * r)
    known = CPModel(Lattice((extent,)), n=n, beta=beta).known()
    energy = (weights * r * i1(2 * n * beta * r)).sum() / density.sum()
    np.testing.assert_allclose(known["energy"].value, energy, rtol=1e-6)
    decay = ((r2 * density).sum() / density.sum() - 1 / n) / (1 - 1 / n)
    chi = (1 - 1 / n) * (1 + decay) / (1 - decay)
    np.testing.assert_allclose(known["chi"].value, chi, rtol=1e-6)
    np.testing.assert_allclose(
        known["log_z"].value / extent, np.log(density.sum() / weights.sum()), rtol=1e-8
    )


def test_numbers_are_known_for_rings_only():
    assert not ONModel(Lattice((4, 4)), n=3, beta=1.0).known()
    assert not CPModel(Lattice((4, 4)), n=2, beta=1.0).known()
    weak = ONModel(Lattice((6,)), n=3, beta=0.0).known()
    assert abs(weak["energy"].value) < 1e-14 and abs(weak["chi"].value - 1) < 1e-12


def test_ising_spins_are_refused_with_the_remedy():
    with pytest.raises(ConfigError, match=r"theory.n: .*Ising model.* use n >= 2"):
        ONSettings(shape=(4, 4), n=1, beta=0.4).build()
    with pytest.raises(ValueError, match="greater than or equal to 2"):
        CPSettings(shape=(4, 4), n=1, beta=0.4)


@pytest.mark.parametrize("shape", [(5,), (3, 4), (2, 3, 2)])
def test_spin_actions_are_what_they_say(shape):
    lattice, random = Lattice(shape), np.random.default_rng(3)
    spins = random.normal(size=(3, *shape))
    spins /= np.sqrt((spins**2).sum(axis=0))
    links = sum((spins * np.roll(spins, -1, 1 + axis)).sum() for axis in range(len(shape)))
    theory = ONModel(lattice, n=3, beta=0.7)
    np.testing.assert_allclose(theory.action(jnp.asarray(spins)), -0.7 * links, rtol=1e-12)
    z = spins + 1j * random.normal(size=(3, *shape))
    z /= np.sqrt((abs(z) ** 2).sum(axis=0))
    theta = random.uniform(-3, 3, size=(len(shape), *shape))
    expected = 0.0
    for axis in range(len(shape)):
        ahead = np.roll(z, -1, 1 + axis)
        hop = (ahead.conj() * np.exp(1j * theta[axis]) * z).sum(axis=0)
        expected -= 3 * 0.7 * (hop + hop.conj() - 2).real.sum()
    theory = CPModel(lattice, n=3, beta=0.7)
    field = {"links": jnp.asarray(theta), "z": jnp.asarray(z)}
    np.testing.assert_allclose(theory.action(field) + theory.constant, expected, rtol=1e-12)


def measured(theory, field):
    """Everything that is invariant: observables and the action."""
    return jax.jit(lambda field: Measurement(theory)(field))(field)


def assert_equal(found, expected):
    assert found.keys() == expected.keys()
    for name, value in found.items():
        np.testing.assert_allclose(value, expected[name], rtol=1e-9, atol=1e-11, err_msg=name)


@pytest.mark.parametrize("n", [2, 3, 4])
def test_all_spins_may_be_rotated_and_reflected(n):
    """But not some of them."""
    theory = ONModel(Lattice((3, 4)), n=n, beta=1.2)
    field = theory.space.random(jax.random.key(0), jnp.float64)
    image = rotated(unitary(n, 1, real=True), field)
    assert_equal(measured(theory, image), measured(theory, field))
    some = field.at[:, 0].set(image[:, 0])
    assert abs(theory.action(some) - theory.action(field)) > 1e-3
    force = rotated(unitary(n, 1, real=True), theory.force(field))
    np.testing.assert_allclose(theory.force(image), force, atol=1e-12)


def test_symmetries_of_complex_vectors():
    """Local phases and global rotations change nothing; conjugation changes the charge's sign."""
    lattice = Lattice((5, 4))
    theory = CPModel(lattice, n=3, beta=0.9)
    field = theory.space.random(jax.random.key(4), jnp.float64)
    before = measured(theory, field)
    assert before["q"] != 0
    turned = {**field, "z": rotated(unitary(3, 1), field["z"])}
    assert_equal(measured(theory, turned), before)
    angle = jax.random.uniform(jax.random.key(5), lattice.shape, jnp.float64, -3, 3)
    # lambda_{x,mu} goes from x + mu back to x where links of a gauge theory go ahead.
    links = U1Links(lattice).transformed(field["links"], -angle)
    assert_equal(measured(theory, {"links": links, "z": jnp.exp(1j * angle) * field["z"]}), before)
    conjugate = {"links": -field["links"], "z": field["z"].conj()}
    assert_equal(measured(theory, conjugate), {**before, "q": -before["q"]})
    local = {**field, "z": jnp.exp(1j * angle) * field["z"]}
    assert abs(theory.action(local) - theory.action(field)) > 1e-3


def test_two_complex_components_are_spins():
    """sigma_a = conj(z) tau_a z: the order parameter has the products of spins over two."""
    theory = CPModel(Lattice((3, 4)), n=2, beta=0.9)
    field = theory.space.random(jax.random.key(1), jnp.float64)
    up, down = field["z"]
    spins = jnp.stack([2 * (up.conj() * down).real, 2 * (up.conj() * down).imag,
                       abs(up) ** 2 - abs(down) ** 2])  # fmt: skip
    components = theory.order_parameter(field).reshape(4, -1)
    expected = spins.reshape(3, -1).T @ spins.reshape(3, -1) / 2
    np.testing.assert_allclose(components.T @ components, expected, atol=1e-14)
    spin_theory = ONModel(Lattice((3, 4)), n=3, beta=1.0)
    of_spins, of_vectors = measured(spin_theory, spins), measured(theory, field)
    for name in ("chi", "two_point", "structure_factor"):
        np.testing.assert_allclose(of_vectors[name], of_spins[name] / 2, rtol=1e-10, err_msg=name)


def instanton(extent, radius, charge):
    """z = (w, 1) normalised, with w = (x + iy) / radius far from the boundary."""
    x, y = np.indices((extent, extent)) - (extent - 1) / 2
    # Periodic: w has a pole of first order on the boundary, where z is (1, 0) all along.
    wrap = np.minimum(extent / 2 - abs(x), extent / 2 - abs(y))
    w = (x + 1j * np.sign(charge) * y) / radius / np.maximum(wrap, 1e-9) * extent / 2
    phase = np.where(abs(w) > 0, abs(w) / np.where(abs(w) > 0, w, 1), 1)
    z = np.stack([abs(w), phase]) / np.sqrt(1 + abs(w) ** 2)
    return jnp.asarray(z)


@pytest.mark.parametrize("charge", [1, -1])
def test_an_instanton_has_charge_one(charge):
    """That of the map of the torus onto the sphere that wraps it once; orientation is fixed."""
    theory = CPModel(Lattice((12, 12)), n=2, beta=1.0)
    z = instanton(12, 2.0, charge)
    field = {"links": jnp.zeros((2, 12, 12)), "z": z}
    q = theory.topological_charge(field)
    up, down = np.asarray(z)
    spins = np.stack([2 * (up.conj() * down).real, 2 * (up.conj() * down).imag,
                      abs(up) ** 2 - abs(down) ** 2])  # fmt: skip
    assert abs(float(q) - winding(spins)) < 1e-12
    assert abs(float(q)) == 1


def winding(spins):
    """Signed area of the sphere that plaquettes cover, over 4 pi, by triangles (Berg, Luescher)."""

    def area(a, b, c):
        dot = lambda x, y: (x * y).sum(axis=0)  # noqa: E731
        volume = (a * np.cross(b, c, axis=0)).sum(axis=0)
        return 2 * np.arctan2(volume, 1 + dot(a, b) + dot(b, c) + dot(c, a))

    s1, s2 = np.roll(spins, -1, 1), np.roll(spins, -1, 2)
    s12 = np.roll(s1, -1, 2)
    # A phase of conj(z) z' around a triangle is half of its solid angle.
    total = area(spins, s1, s12) + area(spins, s12, s2)
    return total.sum() / (4 * np.pi)


def test_the_charge_is_an_integer_in_two_dimensions_only():
    theory = CPModel(Lattice((6, 5)), n=2, beta=1.0)
    fields = jax.vmap(lambda key: theory.space.random(key, jnp.float64))(
        jax.random.split(jax.random.key(1), 200)
    )
    q = np.asarray(jax.jit(jax.vmap(theory.topological_charge))(fields))
    assert np.abs(q - np.rint(q)).max() == 0 and q.min() < 0 < q.max()
    with pytest.raises(FieldError, match="two dimensions only"):
        CPModel(Lattice((5,)), n=2, beta=1.0).topological_charge({"z": fields["z"][0]})
    assert "geometric-charge" in {one.name for one in theory.observables}
    ring = CPModel(Lattice((5,)), n=2, beta=1.0)
    assert "geometric-charge" not in {one.name for one in ring.observables}


def test_observables_of_spins_refuse_other_theories():
    theory = Phi4.hopping(Lattice((4, 4)), beta=0.5, lam=0.5)
    field = theory.space.cold(jnp.float64)
    for observable, what in ((LinkEnergy(), "spins"), (SpinCorrelator(), "spins"),
                             (GeometricCharge(), "a charge")):  # fmt: skip
        with pytest.raises(ConfigError, match=f"observables: .*{what}, which Phi4 is not"):
            observable.measure(theory, field)
