"""Dynamics in latent variables that turns the prior's Gaussian part exactly."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from latflow.dynamics import Integrator, KineticEnergy, scaled
from latflow.fields import ScalarField
from latflow.precision import sum_in_double
from latflow.priors import GaussianPrior
from latflow.theories import Theory


class PriorMass(KineticEnergy):
    """p C p / 2 with the covariance C of a Gaussian prior: velocities C p are draws of the prior.

    With it all modes of the prior oscillate with the same frequency, one.
    """

    prior: GaussianPrior

    def momentum(self, key: Key[Array, ""], field: ScalarField) -> ScalarField:
        """C^-1 times a draw of the prior."""
        return self.prior.precision_times(self.prior.sample(key, field.dtype))

    def energy(self, momentum: ScalarField) -> Float[Array, ""]:
        """Half the momentum times its velocity."""
        return 0.5 * sum_in_double(momentum * self.velocity(momentum))

    def velocity(self, momentum: ScalarField) -> ScalarField:
        """C p."""
        return self.prior.covariance_times(momentum)


class Rotation(Integrator):
    r"""Kicks by the weight of the model, and exact rotations in between.

    Latent variables z of a model with the Gaussian prior r(z) = e^-zC^-1z/2 have the density
    w(z) r(z), with w = e^-S / q of independence Metropolis. The Hamiltonian is split as

        H = [ -log w(z) ] + [ z C^-1 z / 2 + p C p / 2 ].

    The second part turns (z, C p) by the angle that is the time; so a flow that hits its target,
    log w = const, is integrated without error, and a quarter turn makes an independent draw. The
    error comes from the fluctuations of log w alone. Any palindrome of kicks and drifts will do.
    Splitting off a Gaussian: Shahbaba, Lan, Johnson and Neal, arXiv:1106.5941, section 3.
    """

    prior: GaussianPrior

    def force(self, theory: Theory, kinetic: KineticEnergy, field: ScalarField) -> ScalarField:
        """The gradient of log w: the force of the latent theory without that of the prior."""
        return theory.force(field) + self.prior.precision_times(field)

    def drifted(
        self,
        theory: Theory,
        kinetic: KineticEnergy,
        field: ScalarField,
        momentum: ScalarField,
        time: Float[Array, ""],
    ) -> tuple[ScalarField, ScalarField]:
        """Turned by an angle."""
        cosine, sine = jnp.cos(time), jnp.sin(time)
        velocity, pull = kinetic.velocity(momentum), self.prior.precision_times(field)

        def turned(first, second, sign):
            return jax.tree.map(
                lambda a, b: a + sign * b, scaled(first, cosine), scaled(second, sine)
            )

        return turned(field, velocity, 1), turned(momentum, pull, -1)


def rotation(palindrome: Callable[[], Integrator], prior: GaussianPrior) -> Rotation:
    """The rotation with the fractions of another integrator."""
    base = palindrome()
    return Rotation(base.kicks, base.drifts, base.order, prior)
