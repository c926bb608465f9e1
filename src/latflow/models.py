"""Models: what proposes configurations, and those of them that know their density."""

from abc import abstractmethod

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from latflow.errors import ConfigError, FieldError
from latflow.fields import Field, FieldSpace
from latflow.flows import Flow
from latflow.lattice import Lattice
from latflow.not_trained import with_precision
from latflow.precision import Precision, dtype_of
from latflow.priors import Prior
from latflow.theories import Theory

LogWeight = Float[Array, ""]


class Proposer(eqx.Module):
    """Whatever draws configurations that have a weight with respect to a theory.

    The weight of a draw is e^-S over the density of the proposal; where that density is not
    known, as for stochastic maps and annealing, over that of the whole way that led there, with
    the same mean: both give the same expectation values, log Z, and exact Metropolis steps.
    """

    space: eqx.AbstractVar[FieldSpace]
    precision: eqx.AbstractVar[Precision]

    @property
    def draws_independently(self) -> bool:
        """Whether every draw is a fresh one, independent of all others."""
        return True

    @abstractmethod
    def propose(self, theory: Theory, key: Key[Array, ""]) -> tuple[Field, LogWeight]:
        """One configuration, and the logarithm of its weight in double precision."""

    def log_weight(self, theory: Theory, field: Field) -> LogWeight:
        """The logarithm of the weight that a given configuration would have been proposed with.

        Raises:
            ConfigError: the proposer does not know its density.
        """
        raise ConfigError(
            "start",
            f"{type(self).__name__} knows the weights of its own draws only, not of a field that "
            'it is given: use start = "prior"',
        )

    def disagreement(self, key: Key[Array, ""]) -> Float[Array, ""]:
        """By how much two ways to the logarithm of a draw's density differ; NaN without two.

        Zero but for rounding. Infinite where one of them is no number.
        """
        return jnp.full((), jnp.nan)

    def log_weight_back(self, theory: Theory, field: Field, key: Key[Array, ""]) -> LogWeight:
        """The logarithm of a weight of a configuration of the target, whose inverse has the mean
        1 / Z: that of the configuration, or of one random way back from it.

        Raises:
            ConfigError: the proposer knows no way back.
        """
        return self.log_weight(theory, field)

    def require_theory(self, theory: Theory) -> None:
        """Refuse a theory that it cannot propose for.

        Raises:
            ConfigError: what it is made of does not serve the theory.
        """

    def details(self, theory: Theory, key: Key[Array, ""]) -> dict[str, Array]:
        """What is worth knowing about how the proposal with this key comes about, by name."""
        return {}

    def prepared(self, theory: Theory, key: Key[Array, ""]) -> "Proposer":
        """The same with what it measures once for a target, before it is trained; itself if that
        is nothing."""
        return self

    def aimed_at(self, theory: Theory) -> "Proposer":
        """The same with what its flows take from a theory: see :meth:`Flow.aimed_at`.

        Raises:
            ConfigError: the theory has not what a flow needs.
        """
        return self

    @property
    def is_conditional(self) -> bool:
        """Whether it serves a range of couplings: :meth:`at_random`."""
        return False

    def at_random(self, theory: Theory, key: Key[Array, ""]) -> tuple["Proposer", Theory]:
        """The same at couplings drawn from its range, and a theory like the given one there."""
        return self, theory

    @abstractmethod
    def moved_to(self, lattice: Lattice) -> "Proposer":
        """The same on another lattice of the same dimension.

        Raises:
            ConfigError: it has parameters that belong to one lattice size.
        """

    @abstractmethod
    def cast(self, precision: Precision) -> "Proposer":
        """The same with its parameters and samples in another precision."""


class Model(Proposer):
    """The density of x = flow(z) with z drawn from the prior.

    Samples come in the precision of the model; densities are summed in double precision.

    Raises:
        FieldError: prior and flow are on different spaces.
    """

    prior: Prior
    flow: Flow
    precision: Precision = eqx.field(static=True)

    def __init__(self, prior: Prior, flow: Flow, precision: Precision = "single"):
        self.prior = prior
        self.flow = flow
        self.precision = precision

    def __check_init__(self):
        if self.prior.space != self.flow.space:
            raise FieldError(
                f"a prior on {self.prior.space.description} and a flow on "
                f"{self.flow.space.description} make no model: build both for one space"
            )

    @property
    def space(self) -> FieldSpace:  # pyright: ignore[reportIncompatibleVariableOverride]
        """That of prior and flow."""
        return self.flow.space

    @property
    def draws_independently(self) -> bool:
        """If the prior does."""
        return self.prior.draws_independently

    def propose(self, theory: Theory, key: Key[Array, ""]) -> tuple[Field, LogWeight]:
        """A draw, and log w = -S - log q."""
        field, log_prob = self.sample_and_log_prob(key)
        return field, -theory.action(field) - log_prob

    def log_weight(self, theory: Theory, field: Field) -> LogWeight:
        """log w = -S - log q of a given configuration, through the flow's inverse."""
        return -theory.action(field) - self.log_prob(field)

    def sample_and_log_prob(self, key: Key[Array, ""]) -> tuple[Field, Float[Array, ""]]:
        """One configuration and the logarithm of its density."""
        latent = self.prior.sample(key, dtype_of(self.precision))
        field, log_det = self.flow.forward(latent)
        return field, self.prior.log_prob(latent) - log_det

    def log_prob(self, field: Field) -> Float[Array, ""]:
        """Logarithm of the density of a given configuration."""
        latent, log_det = self.flow.inverse(field)
        return self.prior.log_prob(latent) + log_det

    def disagreement(self, key: Key[Array, ""]) -> Float[Array, ""]:
        """The way there and the way back: |log q| of a draw by the flow and by its inverse."""
        return self.disagreement_at(self.prior.sample(key, dtype_of(self.precision)))

    def disagreement_at(self, latent: Field) -> Float[Array, ""]:
        """The same for a given configuration of the prior."""
        field, log_det = self.flow.forward(latent)
        there = self.prior.log_prob(latent) - log_det
        difference = jnp.abs(self.log_prob(field) - there)
        return jnp.where(jnp.isfinite(difference), difference, jnp.inf)

    def moved_to(self, lattice: Lattice) -> "Model":
        """The same model on another lattice of the same dimension.

        Raises:
            ConfigError: a flow has parameters that belong to one lattice size.
        """
        return Model(self.prior.moved_to(lattice), self.flow.moved_to(lattice), self.precision)

    @property
    def is_conditional(self) -> bool:
        """If its flow is."""
        return self.flow.is_conditional

    def at_random(self, theory: Theory, key: Key[Array, ""]) -> tuple["Model", Theory]:
        """With the flow at couplings drawn from its range."""
        flow, theory = self.flow.at_random(theory, key)
        return Model(self.prior, flow, self.precision), theory

    def aimed_at(self, theory: Theory) -> "Model":
        """The same model, whose flow takes what it needs from a theory: see :meth:`Flow.aimed_at`.

        Raises:
            ConfigError: the theory has not what the flow needs.
        """
        return Model(self.prior, self.flow.aimed_at(theory), self.precision)

    def cast(self, precision: Precision) -> "Model":
        """The same model with its trainable numbers and its samples in another precision."""
        dtype = dtype_of(precision)
        return Model(with_precision(self.prior, dtype), with_precision(self.flow, dtype), precision)


def with_density(model: Proposer, kernel: str) -> Model:
    """The model, if it is a map of a prior.

    Args:
        model: of a run.
        kernel: what moves the variables of the prior.

    Raises:
        ConfigError: it is not.
    """
    if not isinstance(model, Model):
        raise ConfigError(
            "kernel",
            f'"{kernel}" moves the variables that a flow starts from, and an annealed model has '
            'more than those: use the kernel "independence", or leave [model.annealing] out',
        )
    return model
