"""The theories that annealing passes on its way from an easy density to the target."""

from abc import abstractmethod

import equinox as eqx
import jax
from jaxtyping import Array, Float, Key

from latflow.errors import ConfigError
from latflow.fields import Field, FieldSpace
from latflow.lattice import Lattice, on_lattice
from latflow.models import Model
from latflow.not_trained import NotTrained
from latflow.theories import Coupling, Interpolation, Theory


class OfModel(Theory):
    """The density of a model as a theory: S = -log q.

    Args:
        model: what has the density.
    """

    model: Model

    def __init__(self, model: Model):
        self.model = model

    @property
    def space(self) -> FieldSpace:  # pyright: ignore[reportIncompatibleVariableOverride]
        """That of the model."""
        return self.model.space

    def action(self, field: Field) -> Float[Array, ""]:
        """-log q, through the inverse of the model's flow."""
        return -self.model.log_prob(field)

    def hot(self, key: Key[Array, ""], dtype) -> Field:
        """A draw of the prior."""
        return self.model.prior.sample(key, dtype)


class Path(NotTrained):
    """A way from a model's density to a theory, of which every point is a theory."""

    @abstractmethod
    def at(self, base: Model, theory: Theory, t: Coupling) -> Theory:
        """The theory at a time.

        Args:
            base: what the first configuration is drawn from.
            theory: the target, at t = 1.
            t: in [0, 1].
        """

    def moved_to(self, lattice: Lattice) -> "Path":
        """The same path on another lattice."""
        return self


class Geometric(Path):
    """e^-S of every point is q^(1 - t) e^(-t S): from any density to any theory."""

    def at(self, base: Model, theory: Theory, t: Coupling) -> Interpolation:
        """S = -(1 - t) log q + t S."""
        return Interpolation(OfModel(base), theory, t)


class OfCouplings(Path):
    """Couplings that move on straight lines to those of the target.

    Every point is a theory of the target's own kind, which all its kernels serve.

    Args:
        start: the theory at t = 0, of the target's kind and on its lattice.
    """

    start: Theory

    def __init__(self, start: Theory):
        self.start = start

    def at(self, base: Model, theory: Theory, t: Coupling) -> Theory:
        """Couplings (1 - t) a + t b.

        Raises:
            ConfigError: the target is of another kind, or on another lattice, than the start.
        """
        start, end = eqx.filter(self.start, eqx.is_array), eqx.filter(theory, eqx.is_array)
        if jax.tree.structure(self.start) != jax.tree.structure(theory):
            raise ConfigError(
                "model.annealing.couplings",
                f"no path of couplings leads from {type(self.start).__name__} on "
                f"{self.start.space.description} to {type(theory).__name__} on "
                f"{theory.space.description}: both must be of one kind and on one lattice",
            )
        couplings = jax.tree.map(lambda a, b: a + t * (b - a), start, end)
        return eqx.combine(couplings, theory)

    def moved_to(self, lattice: Lattice) -> "OfCouplings":
        """The same couplings on another lattice."""
        return OfCouplings(on_lattice(self.start, lattice))
