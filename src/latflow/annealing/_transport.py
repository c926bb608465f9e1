"""Learnt transport: Langevin dynamics along a path of theories, with a drift that keeps up."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from latflow import fast_random as random
from latflow.annealing._annealed import Trajectory, Work
from latflow.annealing._from_a_model import FromAModel
from latflow.annealing._path import Path
from latflow.fields import ScalarField
from latflow.flows import Continuous
from latflow.lattice import Lattice
from latflow.loops import loop
from latflow.models import LogWeight, Model
from latflow.not_trained import with_precision
from latflow.precision import Precision, dtype_of, sum_in_double
from latflow.theories import Theory


class Transported(FromAModel):
    r"""The non-equilibrium transport sampler of real scalar fields.

    A configuration of a model follows a Langevin equation of the theories S_t on a path,

        dx = (b_t(x) - eps grad S_t(x)) dt + sqrt(2 eps) dW,

    with a vector field b that was trained to carry the weight of each theory into that of the
    next: Albergo and Vanden-Eijnden, arXiv:2410.02711. In K steps of length dt each has a normal
    density F_k(x' | x), and so has the step back, B_k(x | x'), with -b at its end. Then

        W = S(x_K) + log q(x_0) + sum_k log F_k / B_k

    obeys < e^-W O > = Z < O > for any drift and any number of steps, as F and B are normalised:
    nothing here is exact in the limit of small steps only.

    Args:
        base: what the first configuration is drawn from.
        path: the theories on the way, differentiable in t.
        drift: the vector field, as a function of field and time.
        steps: K.
        diffusion: eps, on the scale of a way that takes the time 1.
    """

    base: Model
    path: Path
    drift: Continuous
    steps: int = eqx.field(static=True)
    diffusion: float = eqx.field(static=True)

    def __init__(self, base: Model, path: Path, drift: Continuous, steps: int, diffusion: float):
        self.base, self.path, self.drift = base, path, drift
        self.steps, self.diffusion = steps, diffusion

    def propose(self, theory: Theory, key: Key[Array, ""]) -> tuple[ScalarField, LogWeight]:
        """A configuration at the end of its way, and minus its work."""
        trajectory, _ = self.forward(theory, key)
        return trajectory.field, -jnp.sum(trajectory.work)

    def forward(
        self, theory: Theory, key: Key[Array, ""]
    ) -> tuple[Trajectory, Float[Array, "steps *lattice"]]:
        """One way to the target, and the fields that it passed before each step.

        The work of a step contains the change of the action.
        """
        key_base, key_steps = random.split(key, 2)
        start, log_prob = self.base.sample_and_log_prob(key_base)

        def step(field, turn):
            number, key = turn
            noise = jax.random.normal(key, field.shape, field.dtype)
            ahead = field + self._mean_step(theory, field, number, 1.0)
            new = ahead + jnp.asarray(self._width, field.dtype) * noise
            return new, (self._work(theory, field, new, number), field)

        turns = (jnp.arange(self.steps), jax.random.split(key_steps, self.steps))
        field, (work, passed) = loop(step, start, turns)
        # The path need not begin at the density of the base.
        work = work.at[0].add(self._theory(theory, 0).action(start) + log_prob)
        return Trajectory(field, work, jnp.zeros((0,), jnp.float64)), passed

    def backward(self, theory: Theory, field: ScalarField, key: Key[Array, ""]) -> Trajectory:
        """One way back from a configuration of the target: the time reversal of the way there."""
        field = field.astype(dtype_of(self.precision))

        def step(field, turn):
            number, key = turn
            noise = jax.random.normal(key, field.shape, field.dtype)
            behind = field + self._mean_step(theory, field, number + 1, -1.0)
            old = behind + jnp.asarray(self._width, field.dtype) * noise
            return old, self._work(theory, old, field, number)

        turns = (jnp.arange(self.steps - 1, -1, -1), jax.random.split(key, self.steps))
        start, work = loop(step, field, turns)
        work = (
            work[::-1].at[0].add(self._theory(theory, 0).action(start) + self.base.log_prob(start))
        )
        return Trajectory(start, work, jnp.zeros((0,), jnp.float64))

    def log_weight_back(self, theory: Theory, field: ScalarField, key: Key[Array, ""]) -> LogWeight:
        """Minus the work of a way that ends at a configuration of the target, by going back."""
        return -jnp.sum(self.backward(theory, field, key).work)

    def details(self, theory: Theory, key: Key[Array, ""]) -> dict[str, Array]:
        """``work`` of the steps of a proposal with this key; nothing is accepted or refused."""
        trajectory, _ = self.forward(theory, key)
        return {"work": trajectory.work}

    def residual_loss(self, theory: Theory, key: Key[Array, ""]) -> tuple[Work, LogWeight]:
        """How far the drift is from carrying each theory into the next, and a log weight.

        The drift does so if r = dS_t/dt + b . grad S_t - div b is the same number on all fields:
        the continuity equation of e^-S_t / Z_t. The loss is the mean variance of r, half the
        squared difference of two ways, along fields that are held fixed: no gradient passes the
        trajectory. It is the objective of arXiv:2410.02711 that asks for the continuity equation,
        with the derivative of log Z eliminated instead of learnt. The base is not trained.
        """
        ways = [self.forward(theory, one) for one in random.split(key, 2)]
        passed = [jax.lax.stop_gradient(fields) for _, fields in ways]

        def difference(number, first, second):
            of_each = [self.residual(theory, field, number) for field in (first, second)]
            return (of_each[0] - of_each[1]) ** 2 / 2

        variance = jax.vmap(difference)(jnp.arange(self.steps), *passed)
        log_weight = -jnp.sum(ways[0][0].work)
        return jnp.mean(variance), jax.lax.stop_gradient(log_weight)

    def residual(self, theory: Theory, field: ScalarField, number: Any) -> Work:
        """dS_t/dt + b . grad S_t - div b at a field, at the time of a step."""
        time = self._time(number)
        velocity, divergence = self.drift.velocity(field, time.astype(field.dtype))

        def action(time):
            return self.path.at(self.base, theory, time).action(field)

        _, slope = jax.jvp(action, (time,), (jnp.ones_like(time),))
        force = self._theory(theory, number).force(field)
        return slope - sum_in_double(velocity * force) - divergence

    def moved_to(self, lattice: Lattice) -> "Transported":
        """The same on another lattice of the same dimension.

        Raises:
            ConfigError: a flow of the base has parameters that belong to one lattice size.
        """
        return Transported(
            self.base.moved_to(lattice), self.path.moved_to(lattice),
            self.drift.moved_to(lattice), self.steps, self.diffusion,
        )  # fmt: skip

    def aimed_at(self, theory: Theory) -> "Transported":
        """The same with what the flow of the base takes from the target.

        Raises:
            ConfigError: the target has not what that flow needs.
        """
        return Transported(
            self.base.aimed_at(theory), self.path, self.drift, self.steps, self.diffusion
        )

    def cast(self, precision: Precision) -> "Transported":
        """The same with its trainable numbers and its samples in another precision."""
        drift = with_precision(self.drift, dtype_of(precision))
        return Transported(self.base.cast(precision), self.path, drift, self.steps, self.diffusion)

    @property
    def _width(self) -> float:
        return (2 * self.diffusion / self.steps) ** 0.5

    def _time(self, number: Any) -> Float[Array, ""]:
        return jnp.asarray(number, jnp.float64) / self.steps

    def _theory(self, theory: Theory, number: Any) -> Theory:
        return self.path.at(self.base, theory, self._time(number))

    def _mean_step(self, theory: Theory, field: ScalarField, number: Any, sign: float):
        """The mean of a step there (+1) or back (-1) that begins at a field."""
        velocity, _ = self.drift.velocity(field, self._time(number).astype(field.dtype))
        force = self._theory(theory, number).force(field)
        return (sign * velocity + self.diffusion * force) / self.steps

    def _work(self, theory: Theory, old: ScalarField, new: ScalarField, number: Any) -> Work:
        """S'(x') - S(x) + log F(x' | x) / B(x | x'), in double precision."""
        there = new - old - self._mean_step(theory, old, number, 1.0)
        back = old - new - self._mean_step(theory, new, number + 1, -1.0)
        ratio = sum_in_double(_squared(back) - _squared(there)) / (2 * self._width**2)
        change = self._theory(theory, number + 1).action(new)
        return change - self._theory(theory, number).action(old) + ratio


def _squared(field: ScalarField) -> Float[Array, "*lattice"]:
    wide = field.astype(jnp.float64)
    return wide * wide
