"""One flow for a range of couplings: its parameters are polynomials in the place on a line."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jaxtyping import Array, Float, Key

from latflow.errors import ConfigError
from latflow.fields import Field, FieldSpace
from latflow.flows._flow import Flow, LogDet
from latflow.lattice import Lattice
from latflow.not_trained import NotTrained, parameters_of

# What is left of a theory beside the line of couplings, relative to the length of the line.
_BESIDE = 1e-9


class CouplingLine(NotTrained):
    """The straight line of couplings between two theories of one kind.

    Attributes:
        start: the couplings of the theory at -1, in the order of its leaves.
        end: those of the theory at +1.
    """

    start: Float[Array, " couplings"]
    end: Float[Array, " couplings"]

    @classmethod
    def between(cls, start: Any, end: Any) -> "CouplingLine":
        """The line between two theories, whose couplings are all that differs.

        Raises:
            ConfigError: nothing differs.
        """
        # Numbers, also where a transformation is going on.
        with jax.ensure_compile_time_eval():
            line = cls(_couplings(start), _couplings(end))
            if bool(jnp.all(line.start == line.end)):
                raise ConfigError("couplings", "the two ends of the range are the same theory")
        return line

    def place_of(self, theory: Any) -> Float[Array, ""]:
        """Where a theory is, from -1 at the start to 1 at the end; the nearest place if beside.

        Raises:
            ConfigError: the theory's couplings are numbers, and it is not on the line.
        """
        if not any(isinstance(leaf, Tracer) for leaf in jax.tree.leaves((self, theory))):
            with jax.ensure_compile_time_eval():
                return self._place_of(theory)
        return self._place_of(theory)

    def _place_of(self, theory: Any) -> Float[Array, ""]:
        along = self.end - self.start
        here = _couplings(theory)
        if here.shape != along.shape:
            raise ConfigError("couplings", "the model was made for another kind of theory")
        offset = here - self.start
        share = jnp.dot(offset, along) / jnp.dot(along, along)
        beside = jnp.abs(offset - share * along).max()
        is_known = not isinstance(beside, Tracer)
        if is_known and float(beside) > _BESIDE * float(jnp.abs(along).max()):
            raise ConfigError(
                "couplings",
                "the theory is not between the ends of the range: only the couplings that the "
                "model is conditional on may differ from those that it was trained for",
            )
        return 2 * share - 1

    def theory_at(self, place: Float[Array, ""], theory: Any) -> Any:
        """A theory like the given one, with the couplings of a place."""
        leaves, structure = jax.tree.flatten(theory)
        at = self.start + (place + 1) / 2 * (self.end - self.start)
        return jax.tree.unflatten(structure, [at[k] for k in range(len(leaves))])


def _couplings(theory: Any) -> Float[Array, " couplings"]:
    return jnp.stack([jnp.asarray(leaf, jnp.float64) for leaf in jax.tree.leaves(theory)])


class Place(NotTrained):
    """A place on a line of couplings: a number in double precision."""

    value: Float[Array, ""]


class Conditional(Flow):
    """A flow whose every parameter is a polynomial of the place on a line of couplings.

        parameter(s) = sum over k of T_k(s) parameter_k,    s = -1 at one end, 1 at the other,

    with Chebyshev polynomials. One model serves all couplings between, is differentiable in them,
    and has the density of an ordinary flow at each. :meth:`aimed_at` takes the place from a theory.

    Flows conditioned on couplings: Singha, Chakrabarti and Arora (arXiv:2207.00980); there the
    coupling is an input of the networks.

    Attributes:
        terms: one copy of the flow for every polynomial, from the constant one on.
        line: of couplings.
        place: where the flow is now, not trained.
    """

    terms: tuple[Flow, ...]
    line: CouplingLine
    place: Place

    def __init__(self, terms: tuple[Flow, ...], line: CouplingLine, place: Place):
        self.terms = terms
        self.line = line
        self.place = place

    @classmethod
    def of(cls, flow: Flow, line: CouplingLine, degree: int) -> "Conditional":
        """The flow with polynomials of a degree, which starts as the same at all couplings."""
        parameters, rest = parameters_of(flow)
        nothing = eqx.combine(jax.tree.map(jnp.zeros_like, parameters), rest)
        terms = (flow, *(nothing for _ in range(degree)))
        return cls(terms, line, Place(jnp.zeros((), jnp.float64)))

    @property
    def space(self) -> FieldSpace:  # pyright: ignore[reportIncompatibleVariableOverride]
        """That of the flow."""
        return self.terms[0].space

    @property
    def symmetries(self) -> frozenset[str]:
        """Those of the flow at any coupling."""
        return self.terms[0].symmetries

    @property
    def here(self) -> Flow:
        """The ordinary flow at the present place."""
        rest = parameters_of(self.terms[0])[1]
        # T_k(s) = cos(k arccos s), by its recurrence, which has a slope everywhere.
        polynomials = [jnp.ones((), jnp.float64), self.place.value]
        while len(polynomials) < len(self.terms):
            polynomials.append(2 * self.place.value * polynomials[-1] - polynomials[-2])

        def summed(*leaves):
            pairs = zip(polynomials, leaves, strict=False)
            return sum(factor.astype(leaf.dtype) * leaf for factor, leaf in pairs)

        parameters = [parameters_of(term)[0] for term in self.terms]
        return eqx.combine(jax.tree.map(summed, *parameters), rest)

    @property
    def parts(self) -> tuple[Flow, ...]:
        """Those of the ordinary flow at the present place."""
        return self.here.parts

    def transform(self, z: Field) -> tuple[Field, LogDet]:
        """By the flow at the present place."""
        return self.here.forward(z)

    def transform_back(self, x: Field) -> tuple[Field, LogDet]:
        """By the flow at the present place."""
        return self.here.inverse(x)

    @property
    def carries_score(self) -> bool:
        """As the flow does."""
        return self.terms[0].carries_score

    def transform_with_score(self, z, score):
        """By the flow at the present place."""
        return self.here.transform_with_score(z, score)

    def moved_to(self, lattice: Lattice) -> "Conditional":
        """All terms moved."""
        terms = tuple(term.moved_to(lattice) for term in self.terms)
        return Conditional(terms, self.line, self.place)

    def aimed_at(self, theory: Any) -> "Conditional":
        """At the place of the theory on the line."""
        terms = tuple(term.aimed_at(theory) for term in self.terms)
        return Conditional(terms, self.line, Place(self.line.place_of(theory)))

    @property
    def is_conditional(self) -> bool:
        """It is."""
        return True

    def at_random(self, theory: Any, key: Key[Array, ""]) -> tuple["Conditional", Any]:
        """At a place drawn uniformly from the whole line, and the theory there."""
        place = jax.random.uniform(key, (), jnp.float64, -1.0, 1.0)
        return Conditional(self.terms, self.line, Place(place)), self.line.theory_at(place, theory)


def require_linear(line: CouplingLine, middle: Any) -> None:
    """Refuse a range whose middle is not in the middle of the line.

    Args:
        line: between the ends of the range.
        middle: the theory with the middle values of the keys that differ.

    Raises:
        ConfigError: the couplings of the action are not linear in these keys.
    """
    with jax.ensure_compile_time_eval():
        found = np.asarray(_couplings(middle))
    start, end = np.asarray(line.start), np.asarray(line.end)
    if np.abs(found - (start + end) / 2).max() > _BESIDE * np.abs(end - start).max():
        raise ConfigError(
            "couplings",
            "the action does not depend linearly on these parameters: a model can be conditional "
            "on parameters of another convention only",
        )
