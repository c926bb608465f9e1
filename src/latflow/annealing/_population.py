"""Sequential Monte Carlo: a population that is annealed together, and renews itself on the way."""

from collections.abc import Callable
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key, PyTree

from latflow import fast_random as random
from latflow.annealing._annealed import Annealed, Work
from latflow.errors import ConfigError
from latflow.fields import Field, FieldSpace
from latflow.lattice import Lattice
from latflow.models import LogWeight, Proposer
from latflow.precision import Precision
from latflow.theories import Theory

_NUMBERS_AT_ONCE, _FEWEST_AT_ONCE = 2**15, 8
"""Of fields that go through a level together: 8 of 64 x 64 take a third of the time each of 64."""


class Particles(NamedTuple):
    """A population at some level.

    Attributes:
        fields: arrays with a leading axis of particles.
        log_weights: relative to the last resampling.
        log_z: the estimate of log Z up to there.
    """

    fields: Field
    log_weights: Float[Array, " particles"]
    log_z: Float[Array, ""]

    @property
    def weights(self) -> Float[Array, " particles"]:
        """Normalised ones."""
        return jax.nn.softmax(self.log_weights)

    @property
    def total(self) -> Float[Array, ""]:
        """The estimate of log Z with the weights since the last resampling."""
        return self.log_z + _log_mean(self.log_weights)

    @property
    def ess(self) -> Float[Array, ""]:
        """Effective sample size of the weights, in (0, 1]."""
        weights = self.weights
        return 1 / (weights.size * jnp.sum(weights**2))


class Passage(NamedTuple):
    """A population at the end of its way: ``ess`` before a resampling, ``work`` of the levels (the
    mean over the particles with their weights), the estimate of ``log_z`` after each of them, and
    the acceptance between them."""

    particles: Particles
    ess: Float[Array, " levels"]
    work: Float[Array, " levels"]
    log_z: Float[Array, " levels"]
    acceptance: Float[Array, " moves"]


class Population(Proposer):
    """Sequential Monte Carlo with systematic resampling; one proposal is a whole population.

    Where the weights of the particles have become too unequal, heavy ones multiply and light ones
    die. The mean weight of a population is an unbiased estimate of Z, whatever its size (Del Moral,
    Doucet and Jasra, J. R. Stat. Soc. B 68 (2006) 411). One particle is handed on, drawn with the
    final weights, with log Z as its log weight: on an extended space that is an importance weight,
    so that reweighting and independence Metropolis with it are exact (particle independent
    Metropolis-Hastings: Andrieu, Doucet and Holenstein, J. R. Stat. Soc. B 72 (2010) 269).

    Args:
        annealed: the way of one particle.
        particles: how many.
        resample_below: effective sample size, in (0, 1], below which a population is resampled.

    Raises:
        ConfigError: there are fewer than two particles.
    """

    annealed: Annealed
    particles: int = eqx.field(static=True)
    resample_below: float = eqx.field(static=True)

    def __init__(self, annealed: Annealed, particles: int, resample_below: float = 0.5):
        if particles < 2:
            raise ConfigError("model.annealing.particles", "a population has at least 2 particles")
        self.annealed, self.particles = annealed, particles
        self.resample_below = resample_below

    @property
    def space(self) -> FieldSpace:  # pyright: ignore[reportIncompatibleVariableOverride]
        """That of a particle."""
        return self.annealed.space

    @property
    def precision(self) -> Precision:  # pyright: ignore[reportIncompatibleVariableOverride]
        """That of a particle."""
        return self.annealed.precision

    @property
    def draws_independently(self) -> bool:
        """If the first configurations are drawn so."""
        return self.annealed.draws_independently

    def propose(self, theory: Theory, key: Key[Array, ""]) -> tuple[Field, LogWeight]:
        """One particle of a new population, and the population's log Z."""
        key_passage, key_pick = random.split(key, 2)
        particles = self.forward(theory, key_passage).particles
        number = jax.random.categorical(key_pick, particles.log_weights)
        return jax.tree.map(lambda leaf: leaf[number], particles.fields), particles.log_z

    def forward(self, theory: Theory, key: Key[Array, ""], detached: bool = False) -> Passage:
        """A population's way from the base to the target.

        Args:
            theory: the target.
            key: of all its random numbers.
            detached: let no gradient flow from one level into those before it.
        """
        annealed, levels = self.annealed, self.annealed.protocol.levels
        key_base, key_levels = random.split(key, 2)

        def draw(key):
            return annealed.base.sample_and_log_prob(key)[0]

        def jump(field, number):
            return annealed.jump(theory, annealed.held(field, detached), number)

        def first(key):
            return jump(draw(key), 0)

        fields, work = self._of_all(first, jax.random.split(key_base, self.particles))
        zero = jnp.zeros((), jnp.float64)
        start = Particles(fields, jnp.zeros(self.particles, jnp.float64), zero)
        particles, first_ess, first_work = self._weighed(start, fields, work)

        def level(particles, turn):
            number, key = turn
            key_resample, key_move = random.split(key, 2)
            particles = self._resampled(_held(particles) if detached else particles, key_resample)

            def on(turn):
                field, acceptance = annealed.move(theory, turn[0], number - 1, turn[1])
                return *jump(field, number), acceptance

            keys = jax.random.split(key_move, self.particles)
            fields, work, acceptance = self._of_all(on, (particles.fields, keys))
            particles, ess, mean_work = self._weighed(particles, fields, work)
            return particles, ((ess, mean_work, particles.total), jnp.mean(acceptance))

        of_levels = tuple(one[None] for one in (first_ess, first_work, particles.total))
        acceptance = jnp.zeros((0,), jnp.float64)
        if levels > 1:
            turns = (jnp.arange(1, levels), jax.random.split(key_levels, levels - 1))
            particles, (later, acceptance) = jax.lax.scan(level, particles, turns)
            of_levels = jax.tree.map(lambda *parts: jnp.concatenate(parts), of_levels, later)
        ess, work, log_z = of_levels
        final = particles._replace(log_z=particles.total)
        return Passage(final, ess, work, log_z, acceptance)

    def _of_all(self, function: Callable, inputs: PyTree) -> Any:
        """Of all particles, so many at once as stay in a cache."""
        at_once = max(_FEWEST_AT_ONCE, _NUMBERS_AT_ONCE // self.space.n_numbers)
        if at_once >= self.particles:
            return jax.vmap(function)(inputs)
        return jax.lax.map(function, inputs, batch_size=at_once)

    def _weighed(self, particles: Particles, fields: Field, work: Float[Array, " particles"]):
        """The particles after a jump, their effective sample size, and the mean work."""
        weights = jax.lax.stop_gradient(particles.weights)
        after = particles._replace(fields=fields, log_weights=particles.log_weights - work)
        return after, after.ess, jnp.sum(weights * work)

    def _resampled(self, particles: Particles, key: Key[Array, ""]) -> Particles:
        """Systematic resampling where it is due."""
        due = ~(particles.ess >= self.resample_below)
        chosen = systematic(key, particles.weights)
        chosen = jnp.where(due, chosen, jnp.arange(self.particles))
        return Particles(
            jax.tree.map(lambda leaf: leaf[chosen], particles.fields),
            jnp.where(due, 0.0, particles.log_weights),
            particles.log_z + jnp.where(due, _log_mean(particles.log_weights), 0.0),
        )

    def require_theory(self, theory: Theory) -> None:
        """As one particle.

        Raises:
            ConfigError: as of one particle.
        """
        self.annealed.require_theory(theory)

    def details(self, theory: Theory, key: Key[Array, ""]) -> dict[str, Array]:
        """``work``, ``ess``, ``log_z`` and ``acceptance`` level by level of a proposal with this
        key."""
        key_passage, _ = random.split(key, 2)
        passage = self.forward(theory, key_passage)
        found = {name: getattr(passage, name) for name in ("work", "ess", "log_z", "acceptance")}
        return {name: values for name, values in found.items() if values.size}

    def prepared(self, theory: Theory, key: Key[Array, ""]) -> "Population":
        """With the levels of one particle prepared."""
        prepared = self.annealed.prepared(theory, key)
        return Population(prepared, self.particles, self.resample_below)

    def local_loss(self, theory: Theory, key: Key[Array, ""]) -> tuple[Work, LogWeight]:
        """As that of one particle, with all particles and their weights: each flow learns from a
        population of the theory before it, as in CRAFT (Matthews et al., arXiv:2201.13117)."""
        frozen = Population(self.annealed.frozen_base(), self.particles, self.resample_below)
        passage = frozen.forward(theory, key, detached=True)
        return jnp.sum(passage.work), jax.lax.stop_gradient(passage.particles.log_z)

    def moved_to(self, lattice: Lattice) -> "Population":
        """The same on another lattice of the same dimension.

        Raises:
            ConfigError: a flow has parameters that belong to one lattice size.
        """
        return Population(self.annealed.moved_to(lattice), self.particles, self.resample_below)

    def aimed_at(self, theory: Theory) -> "Population":
        """The same with what the flow of the base takes from the target."""
        return Population(self.annealed.aimed_at(theory), self.particles, self.resample_below)

    def cast(self, precision: Precision) -> "Population":
        """The same with its trainable numbers and its samples in another precision."""
        return Population(self.annealed.cast(precision), self.particles, self.resample_below)


def systematic(
    key: Key[Array, ""], weights: Float[Array, " particles"]
) -> Int[Array, " particles"]:
    """Numbers of the particles that live on: each w N times, rounded up or down at random.

    One uniform number u, and points (u + i) / N on the cumulative weights (Kitagawa, J. Comput.
    Graph. Stat. 5 (1996) 1).

    Args:
        key: of the one random number.
        weights: normalised.
    """
    n = weights.size
    points = (jax.random.uniform(key, (), jnp.float64) + jnp.arange(n)) / n
    return jnp.minimum(jnp.searchsorted(jnp.cumsum(weights), points), n - 1)


def _held(particles: Particles) -> Particles:
    """The particles, through which no gradient flows."""
    return jax.lax.stop_gradient(particles)


def _log_mean(log_weights: Float[Array, " particles"]) -> Float[Array, ""]:
    return jax.nn.logsumexp(log_weights) - jnp.log(log_weights.size)
