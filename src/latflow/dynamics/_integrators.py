"""Symplectic, reversible integrators of Hamiltonian dynamics: palindromes of kicks and drifts."""

from collections.abc import Callable
from typing import Literal

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.interpreters import ad
from jaxtyping import Array, Float, PyTree

from latflow.batching import batch_last
from latflow.dynamics._kinetic import KineticEnergy
from latflow.fields import Field
from latflow.loops import loop
from latflow.theories import Theory

IntegratorName = Literal["leapfrog", "omelyan", "fourth-order"]


class Integrator(eqx.Module):
    """One step: kick, drift, kick, …, kick, with the given fractions of the step size.

    Kicks change the momentum by the force, drifts move the field along its velocity. The last
    kick of a step and the first of the next are merged, so n steps cost n * (kicks - 1) + 1
    forces.
    """

    kicks: tuple[float, ...] = eqx.field(static=True)
    drifts: tuple[float, ...] = eqx.field(static=True)
    order: int = eqx.field(static=True)

    def __check_init__(self):
        if len(self.kicks) != len(self.drifts) + 1:
            raise ValueError("a step starts and ends with a kick")
        for fractions in (self.kicks, self.drifts):
            if abs(sum(fractions) - 1) > 1e-12 or fractions != fractions[::-1]:
                raise ValueError(f"fractions must be a palindrome with sum 1, got {fractions}")

    def __call__(
        self,
        theory: Theory,
        kinetic: KineticEnergy,
        field: Field,
        momentum: PyTree[Array],
        step_size: Float[Array, ""],
        steps: int,
    ) -> tuple[Field, PyTree[Array]]:
        """The field and momentum after ``steps`` steps, in the precision they came in."""
        # The last kick of all steps but the last also does the first kick of the next one.
        first, *inner, last = self.kicks
        kicks = np.array([*inner, last + first] * steps)
        kicks[-1] = last
        drifts = np.array(self.drifts * steps)

        def drift_and_kick(phase_space, factors):
            (field, momentum), (drift, kick) = phase_space, factors
            field, momentum = self.drifted(theory, kinetic, field, momentum, drift)
            force = self.force(theory, kinetic, field)
            return (field, _kicked(momentum, force, kick)), None

        real = jnp.finfo(jax.tree.leaves(field)[0].dtype).dtype
        factors = [(step_size * fractions).astype(real) for fractions in (drifts, kicks)]
        momentum = _kicked(momentum, self.force(theory, kinetic, field), first * step_size)
        return loop(drift_and_kick, (field, momentum), factors)[0]

    def force(self, theory: Theory, kinetic: KineticEnergy, field: Field) -> PyTree[Array]:
        """What changes the momentum in kicks: the theory's force."""
        return theory.force(field)

    def drifted(
        self,
        theory: Theory,
        kinetic: KineticEnergy,
        field: Field,
        momentum: PyTree[Array],
        time: Float[Array, ""],
    ) -> tuple[Field, PyTree[Array]]:
        """Field and momentum after the motion between kicks: along the velocity."""
        velocity = scaled(kinetic.velocity(momentum), time)
        momentum = theory.space.transport(field, velocity, momentum)
        return theory.space.move(field, velocity), momentum


def scaled(tree: PyTree[Array], factor: Float[Array, ""]) -> PyTree[Array]:
    """All numbers times a factor, of which each chain may have its own."""
    return jax.tree.map(lambda leaf: _times(factor, leaf), tree)


def _kicked(
    momentum: PyTree[Array], force: PyTree[Array], factor: Float[Array, ""]
) -> PyTree[Array]:
    return jax.tree.map(lambda p, f: p + _times(factor, f), momentum, force)


def _times(factor: Float[Array, ""], leaf: Array) -> Array:
    """The product; each chain may have a factor of its own."""
    return _times_p.bind(factor.astype(leaf.dtype), leaf)


_times_p = batch_last("latflow_times", lambda factor, leaf: factor * leaf)


def _sum_over_sites(gradient: Array, factor: ad.UndefinedPrimal, leaf: Array) -> Array:
    sites = tuple(range(leaf.ndim - factor.aval.ndim))
    return jnp.sum(gradient * leaf, axis=sites)


# For training, which differentiates trajectories.
ad.defbilinear(
    _times_p, _sum_over_sites, lambda gradient, factor, _: _times_p.bind(factor, gradient)
)


def leapfrog() -> Integrator:
    """Leapfrog (velocity Verlet): second order, one force a step."""
    return Integrator(kicks=(0.5, 0.5), drifts=(1.0,), order=2)


def omelyan() -> Integrator:
    """Omelyan's second-order minimum norm (2MN), lambda = 0.1931833: two forces a step.

    Takaishi and de Forcrand, hep-lat/0505020, eq. (17).
    """
    lam = 0.1931833275037836
    return Integrator(kicks=(lam, 1 - 2 * lam, lam), drifts=(0.5, 0.5), order=2)


def fourth_order() -> Integrator:
    """Omelyan, Mryglod and Folk's fourth-order minimum norm (4MN5FV): five forces a step.

    Comput. Phys. Commun. 151 (2003) 272, eqs. (63) and (71).
    """
    kick1, drift1 = 0.08398315262876693, 0.2539785108410595
    kick2, drift2 = 0.6822365335719091, -0.03230286765269967
    kick3, drift3 = 0.5 - kick1 - kick2, 1 - 2 * (drift1 + drift2)
    return Integrator(
        kicks=(kick1, kick2, kick3, kick3, kick2, kick1),
        drifts=(drift1, drift2, drift3, drift2, drift1),
        order=4,
    )


INTEGRATORS: dict[IntegratorName, Callable[[], Integrator]] = {
    "leapfrog": leapfrog,
    "omelyan": omelyan,
    "fourth-order": fourth_order,
}
