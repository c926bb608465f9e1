"""Gradient flows: the loops they are made of, Luescher's trivializing map, the integrator."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from latflow.errors import ConfigError
from latflow.fields.links import SULinks, U1Links
from latflow.flows import GradientFlowSettings
from latflow.flows.continuous import CLASSICAL, COOPER_VERNER
from latflow.flows.gauge.gradient import (
    integrate,
    loop_functions,
    loop_sums,
    trivializing_series,
)
from latflow.lattice import Lattice
from latflow.not_trained import Held
from latflow.theories import SUGauge, U1Gauge

SLOW = [pytest.mark.slow]


def space_of(n, shape):
    return U1Links(Lattice(shape)) if n == 1 else SULinks(Lattice(shape), n)


def theory_of(n, shape, beta):
    lattice = Lattice(shape)
    return U1Gauge(lattice, beta=beta) if n == 1 else SUGauge(lattice, n=n, beta=beta)


def fields_of(space, count, seed=1):
    keys = jax.random.split(jax.random.key(seed), count)
    return jax.vmap(lambda key: space.random(key, jnp.float64))(keys)


def casimir(n):
    return 1.0 if n == 1 else (n * n - 1) / (2 * n)


@pytest.mark.parametrize(
    ("n", "shape"),
    [
        (1, (3, 4)),
        pytest.param(2, (3, 3), marks=SLOW),
        pytest.param(3, (3, 3), marks=SLOW),
        pytest.param(4, (3, 3), marks=SLOW),
        pytest.param(2, (3, 3, 3), marks=SLOW),
    ],
)
def test_loop_functions_are_eigenfunctions_of_the_laplacian(n, shape):
    """Second derivatives along every direction of the algebra at every link."""
    space = space_of(n, shape)
    field = fields_of(space, 1)[0]
    zero = jnp.zeros_like(space.momentum(jax.random.key(0), jnp.float64))

    def sums(velocity):
        return loop_sums(space, space.move(field, velocity.reshape(zero.shape)), "pairs")

    def second(direction):
        flat = jnp.zeros(zero.size)
        slope = lambda v: jax.jvp(sums, (v,), (direction,))[1]  # noqa: E731
        return jax.jvp(slope, (flat,), (direction,))[1]

    laplacian = jax.jit(lambda: jax.lax.map(second, jnp.eye(zero.size)).sum(0))()
    eigenvalues = np.array([one.eigenvalue for one in loop_functions(space, "pairs")])
    values = loop_sums(space, field, "pairs")
    np.testing.assert_allclose(-laplacian, eigenvalues * values, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize(
    ("n", "shape"),
    [
        (1, (3, 4)),
        (3, (3, 3)),
        *(
            pytest.param(n, shape, marks=SLOW)
            for n, shape in ((1, (3, 3, 3)), (2, (3, 3)), (3, (3, 3, 3)), (4, (3, 3)))
        ),
    ],
)
def test_the_series_solves_its_equation_to_next_order(n, shape):
    """-Laplacian S0 = sigma and -Laplacian S1 = -|grad sigma|^2 / 4C + constant, at any field."""
    theory, space = theory_of(n, shape, 1.0), space_of(n, shape)
    fields = fields_of(space, 3)
    eigenvalues = np.array([one.eigenvalue for one in loop_functions(space, "pairs")])
    series = trivializing_series(space, "pairs")

    def both_sides(field):
        force = theory.force(field)
        values = loop_sums(space, field, "pairs")
        return jnp.stack([theory.action(field), jnp.sum(force**2)]), (series * eigenvalues) @ values

    wanted, found = jax.jit(lambda: jax.lax.map(both_sides, fields))()
    np.testing.assert_allclose(found[:, 0], wanted[:, 0], rtol=1e-11)
    rest = found[:, 1] + wanted[:, 1] / (4 * casimir(n))
    np.testing.assert_allclose(rest, rest[0], rtol=1e-10)
    assert np.ptp(wanted[:, 1]) > 0.1


def test_the_coefficients_for_su3_in_the_basis_of_traces():
    """Luescher's S1 = (1/192) (-4/33 W1 + 12/119 W2 + 1/33 W3 - 5/119 W4 + 3/10 W5 - 1/5 W6
    + 1/9 W7), where W1 ... W6 sum both orientations of tr XY^+, tr XY, tr X tr Y*, tr X tr Y,
    tr PP and (tr P)^2, and W7 |tr P|^2."""
    space = space_of(3, (3, 3))
    names = [one.name for one in loop_functions(space, "pairs")]
    c = dict(zip(names, 192 * trivializing_series(space, "pairs")[1], strict=True))
    symmetric, antisymmetric = c["straight symmetric"], c["straight antisymmetric"]
    adjoint = c["straight adjoint"]
    pairs = {
        "W1": c["straight trivial"] - adjoint / 3,
        "W2": symmetric - antisymmetric,
        "W3": adjoint,
        "W4": symmetric + antisymmetric,
    }
    # The antisymmetric character, (tr P)^2 - tr PP over two, is the conjugate of tr P.
    own = {"W5": (c["symmetric"] - c["fundamental"]) / 2}
    own["W6"] = (c["symmetric"] + c["fundamental"]) / 2
    printed = {"W1": -4 / 33, "W2": 12 / 119, "W3": 1 / 33, "W4": -5 / 119}
    printed |= {"W5": 3 / 10, "W6": -1 / 5}
    for name, value in (pairs | own).items():
        np.testing.assert_allclose(value, 2 * printed[name], rtol=1e-12, err_msg=name)
    np.testing.assert_allclose(c["adjoint"], 1 / 9, rtol=1e-12)


@pytest.mark.parametrize(
    ("n", "shape"),
    [(1, (3, 3)), pytest.param(2, (3, 3), marks=SLOW), pytest.param(3, (3, 3, 3), marks=SLOW)],
)
def test_what_is_left_of_the_action_has_the_order_that_is_claimed(n, shape):
    """Its spread grows like beta^2 after the leading order, like beta^3 after the next one."""
    space = space_of(n, shape)
    fields = fields_of(space, 8, seed=2)
    # At four times that coupling the next order of SU(2) has the exponent 2.6.
    small = 0.005 * 2 * n * n
    for start, order in (("leading", 2), ("next", 3)):
        flow = GradientFlowSettings(start=start, beta=1.0, precise_steps=2).build(
            space, jax.random.key(0)
        )

        @jax.jit
        def spread(beta, flow=flow):
            moved = eqx.tree_at(
                lambda flow: flow.coupling, flow, Held(beta), is_leaf=lambda x: isinstance(x, Held)
            )
            ends, log_dets = jax.vmap(lambda z: moved.forward(z))(fields)
            return jnp.std(log_dets - jax.vmap(theory_of(n, shape, beta).action)(ends))

        low, high = float(spread(jnp.asarray(small))), float(spread(jnp.asarray(2 * small)))
        assert abs(np.log2(high / low) - order) < 0.15, (start, low, high)


@pytest.mark.slow
@pytest.mark.parametrize(("precise", "order"), [(False, 4), (True, 8)])
def test_the_integrators_have_the_order_that_they_are_named_after(precise, order):
    """Differences to many steps, for a group that does not commute; in double precision."""
    space = SULinks(Lattice((2, 2)), 2)
    tableau, counts = (COOPER_VERNER, (4, 8)) if precise else (CLASSICAL, (8, 16))
    field = fields_of(space, 1)[0]

    def ends(steps):
        times = (np.arange(steps)[:, None] + np.array(tableau.nodes)) / steps
        functions = len(loop_functions(space, "plaquettes"))
        # Coefficients that depend on time; with larger ones so few steps are far from the limit.
        c = -0.15 * np.cos(times[..., None] * np.arange(1, functions + 1)) / steps
        return jax.jit(
            lambda field: integrate(space, field, jnp.asarray(c), tableau, "plaquettes")
        )(field)

    exact = ends(64)
    errors = []
    for steps in counts:
        end, log_det = ends(steps)
        errors.append([np.abs(end - exact[0]).max(), abs(float(log_det - exact[1]))])
    measured = np.log2(np.array(errors[0]) / np.array(errors[1]))
    assert (measured > order - 0.8).all(), (measured, errors)


@pytest.mark.parametrize("n", [1, pytest.param(2, marks=SLOW)])
def test_every_configuration_may_have_coefficients_of_its_own(n):
    """Many flows at once, as least squares take them: images, determinants and derivatives are
    those of each flow alone."""
    space = space_of(n, (3, 3))
    flow = GradientFlowSettings(beta=1.2, precise_steps=1).build(space, jax.random.key(0))
    fields = fields_of(space, 3, seed=4)
    changes = jax.random.normal(jax.random.key(5), (3, *flow.powers.shape))
    powers = flow.powers + 0.1 * changes

    def image(powers, field):
        end, log_det = eqx.tree_at(lambda flow: flow.powers, flow, powers).forward(field)
        return log_det + jnp.sum(end.real**3), (end, log_det)

    one = jax.jit(jax.value_and_grad(image, has_aux=True))

    @jax.jit
    def together(powers):
        def total(powers):
            values, ends = jax.vmap(image)(powers, fields)
            return jnp.sum(values), ends

        return jax.grad(total, has_aux=True)(powers)

    slopes, (ends, log_dets) = together(powers)
    for i in range(3):
        (_, (end, log_det)), slope = one(powers[i], fields[i])
        np.testing.assert_allclose(ends[i], end, atol=1e-13)
        np.testing.assert_allclose(log_dets[i], log_det, rtol=1e-12)
        np.testing.assert_allclose(slopes[i], slope, rtol=1e-9, atol=1e-11)


def test_the_coupling_comes_from_the_theory_unless_it_is_given():
    space = space_of(1, (3, 3))
    build = lambda **given: GradientFlowSettings(**given).build(space, jax.random.key(0))  # noqa: E731
    theory = theory_of(1, (3, 3), 1.7)
    assert float(build().coupling.value) == 0.0
    assert float(build().aimed_at(theory).coupling.value) == 1.7
    assert float(build(beta=0.4).aimed_at(theory).coupling.value) == 0.4
    with pytest.raises(ConfigError, match="no coupling beta") as caught:
        build().aimed_at(object())
    assert caught.value.key == "model.flow.beta"


def test_refusals():
    key = jax.random.key(0)
    with pytest.raises(ConfigError, match="extents of at least 3, or loops"):
        GradientFlowSettings().build(space_of(1, (2, 4)), key)
    plaquettes = GradientFlowSettings(loops="plaquettes")
    with pytest.raises(ConfigError, match="extents of at least 2: got"):
        plaquettes.build(space_of(2, (1, 4)), key)
    with pytest.raises(ConfigError, match="two dimensions"):
        plaquettes.build(space_of(2, (4,)), key)
    with pytest.raises(ConfigError, match="at least 3"):
        GradientFlowSettings().build(space_of(1, (4, 4)), key).moved_to(Lattice((2, 4)))
    with pytest.raises(ValueError, match="powers of at least 2"):
        GradientFlowSettings(start="next", powers=1)
