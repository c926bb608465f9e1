"""The phi^4 action against the formulas of the papers, its force, and exact L = 2 answers."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from latflow.lattice import Lattice
from latflow.theories import FreeScalar, Phi4, Theory

pytestmark = pytest.mark.usefixtures("strict_promotion")

SHAPES = [(1, 3), (2, 2), (3, 4), (2, 3, 2, 3)]
SQUARE = Lattice((2, 2))

# Convention, parameters, and the paper's action as a sum over sites: phi, its neighbours ahead
# and its neighbours behind.
CONVENTIONS = {
    "hopping": (
        {"beta": 0.6, "lam": 0.7},
        lambda phi, ahead, behind, beta, lam: (
            -beta * phi * sum(ahead) + phi**2 + lam * (phi**2 - 1) ** 2
        ),
    ),
    "field-strength": (
        {"zeta": 0.8, "m2": -1.3, "g4": 0.4},
        lambda phi, ahead, behind, zeta, m2, g4: (
            0.5 * zeta * sum((a - phi) ** 2 for a in ahead) + 0.5 * m2 * phi**2 + g4 * phi**4
        ),
    ),
    "aks": (
        {"m2": -4.0, "lam": 6.9},
        lambda phi, ahead, behind, m2, lam: (
            phi * sum(2 * phi - a - b for a, b in zip(ahead, behind, strict=True))
            + m2 * phi**2
            + lam * phi**4
        ),
    ),
    "textbook": (
        {"m2": -0.5, "lam": 0.3},
        lambda phi, ahead, behind, m2, lam: (
            0.5 * sum((a - phi) ** 2 for a in ahead) + 0.5 * m2 * phi**2 + lam * phi**4
        ),
    ),
    "kappa-lambda": (
        {"kappa": 0.3, "lam": 0.02},
        lambda phi, ahead, behind, kappa, lam: (
            -2 * kappa * phi * sum(ahead) + (1 - 2 * lam) * phi**2 + lam * phi**4
        ),
    ),
}


def theory_of(convention, lattice):
    parameters, _ = CONVENTIONS[convention]
    return getattr(Phi4, convention.replace("-", "_"))(lattice, **parameters)


def random_field(shape, seed=1):
    return np.random.default_rng(seed).normal(0.1, 1.0, shape)


def by_loop(field, convention):
    parameters, density = CONVENTIONS[convention]
    shape, total = field.shape, 0.0
    for site in itertools.product(*(range(extent) for extent in shape)):
        sides = []
        for step in (1, -1):
            neighbours = []
            for axis in range(len(shape)):
                moved = list(site)
                moved[axis] = (site[axis] + step) % shape[axis]
                neighbours.append(field[tuple(moved)])
            sides.append(neighbours)
        total += density(field[site], *sides, **parameters)
    return total


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_action_and_force(shape):
    """Every convention: the paper's formula, the gradient of it, and the symmetries claimed."""
    field = random_field(shape)
    direction = random_field(shape, seed=2)

    def everything(field):
        images = jnp.stack([-field, *(jnp.roll(field, 1, axis) for axis in range(field.ndim))])
        results = {}
        for convention in CONVENTIONS:
            theory = theory_of(convention, Lattice(shape))
            results[convention] = {
                "action": theory.action(field),
                "log_prob": theory.log_prob(field),
                "force": theory.force(field),
                "autodiff": Theory.force(theory, field),
                "slope": jax.jvp(theory.action, (field,), (direction,))[1],
                "images": jax.vmap(theory.action)(images),
            }
        return results

    for convention, found in jax.jit(everything)(field).items():
        theory = theory_of(convention, Lattice(shape))
        expected = by_loop(field, convention)
        np.testing.assert_allclose(found["action"] + theory.constant, expected, rtol=1e-13)
        np.testing.assert_allclose(found["log_prob"], -found["action"])
        np.testing.assert_allclose(found["force"], found["autodiff"], rtol=1e-12, atol=1e-13)
        along = (np.asarray(found["force"]) * direction).sum()
        np.testing.assert_allclose(along, -found["slope"], rtol=1e-12)
        assert theory.symmetries == {"z2", "translation"}
        np.testing.assert_allclose(found["images"], float(found["action"]), rtol=1e-13)


def test_constant_of_the_hopping_form():
    lattice = Lattice((3, 5))
    assert Phi4.hopping(lattice, beta=0.5, lam=0.7).constant == pytest.approx(0.7 * 15)
    assert Phi4.aks(lattice, m2=-4.0, lam=8.0).constant == 0


def test_single_precision_fields_keep_single_forces_and_double_actions():
    theory = Phi4.hopping(Lattice((4, 4)), beta=0.576, lam=0.5)
    field = random_field((4, 4))
    both = jax.jit(lambda field: (theory.action(field), theory.force(field)))
    (action, force), (expected, _) = both(field.astype(np.float32)), both(field)
    assert force.dtype == jnp.float32
    assert action.dtype == jnp.float64
    np.testing.assert_allclose(action, expected, rtol=1e-5)


@pytest.mark.parametrize(("beta", "lam"), [(0.537, 0.5), (0.4, 0.2)])
@pytest.mark.parametrize("dimensions", [1, 2, 3])
def test_conventions_agree_where_they_overlap(beta, lam, dimensions):
    """Pairs of names for one theory, with the field scaled where the papers do so."""
    lattice = Lattice((4,) * dimensions)
    field = random_field(lattice.shape)
    hopping = Phi4.hopping(lattice, beta=beta, lam=lam)
    same = [(Phi4.kappa_lambda(lattice, kappa=beta / 2, lam=lam), 1.0)]
    mass = 2 * (1 - 2 * lam - dimensions * beta)
    same += [(Phi4.field_strength(lattice, zeta=beta, m2=mass, g4=lam), 1.0)]
    # phi_textbook = sqrt(beta) phi_hopping, phi_AKS = sqrt(beta / 2) phi_hopping.
    same += [(Phi4.textbook(lattice, m2=mass / beta, lam=lam / beta**2), beta**0.5)]
    same += [(Phi4.aks(lattice, m2=mass / beta, lam=4 * lam / beta**2), (beta / 2) ** 0.5)]
    if lam == 0.5 and dimensions == 2:
        # The line that the four papers share: m2 = -4 in both of their forms.
        assert mass == pytest.approx(-4 * beta)
        same += [(Phi4.field_strength(lattice, zeta=beta, m2=-4 * beta, g4=0.5), 1.0)]
        same += [(Phi4.aks(lattice, m2=-4.0, lam=2 / beta**2), (beta / 2) ** 0.5)]
    actions = jax.jit(lambda f: [theory.action(scale * f) for theory, scale in same])(field)
    expected = jax.jit(lambda field: hopping.action(field))(field)
    np.testing.assert_allclose(actions, float(expected), rtol=1e-12)


def integrals(theory, half_width, points):
    """log Z, chi2 and phi^2 at L = 2: the trapezoidal rule converges exponentially here."""
    grid, step = np.linspace(-half_width, half_width, points, retstep=True)
    pairs = jnp.asarray(np.stack(np.meshgrid(grid, grid, indexing="ij"), -1).reshape(-1, 2))

    def row(first):
        def at(second):
            field = jnp.stack([first, second])
            weight = jnp.exp(theory.log_prob(field))
            return weight * jnp.stack([1.0, field.sum() ** 2 / 4, (field**2).mean()])

        return jax.vmap(at)(pairs).sum(axis=0)

    total = jax.jit(lambda: jax.lax.map(row, pairs).sum(axis=0))()
    return np.log(total[0] * step**4), total[1] / total[0], total[2] / total[0]


def test_exact_answers_at_two_by_two():
    theory = Phi4.hopping(SQUARE, beta=0.537, lam=0.5)
    log_z, chi2, phi2 = integrals(theory, 3.5, 41)
    assert log_z == pytest.approx(3.81427178, abs=1e-8)
    assert chi2 == pytest.approx(2.04315692, abs=1e-8)
    assert phi2 == pytest.approx(0.73273367, abs=1e-8)


def test_log_z_of_the_aks_form_is_shifted_by_the_jacobian():
    beta = 0.537
    log_z, chi2, phi2 = integrals(Phi4.aks(SQUARE, m2=-4.0, lam=2 / beta**2), 1.9, 41)
    assert log_z == pytest.approx(3.81427178 + 2 * np.log(beta / 2), abs=1e-7)
    assert chi2 == pytest.approx(2.04315692 * beta / 2, abs=1e-7)
    assert phi2 == pytest.approx(0.73273367 * beta / 2, abs=1e-7)


@pytest.mark.parametrize("shape", [(5,), (2, 2, 3)], ids=str)
def test_without_quartic_coupling_the_theory_is_free(shape):
    lattice, field = Lattice(shape), random_field(shape)
    interacting = Phi4.field_strength(lattice, zeta=0.7, m2=0.3, g4=0.0)
    free = FreeScalar(lattice, zeta=0.7, m2=0.3)
    results = jax.jit(lambda f: [(t.action(f), t.force(f)) for t in (interacting, free)])(field)
    for found, expected in zip(*results, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-14)
