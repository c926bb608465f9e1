"""What one configuration says about derivatives with respect to a coupling."""

from collections.abc import Callable
from typing import NamedTuple, Protocol, runtime_checkable

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from latflow.fields import Field
from latflow.theories import Theory

Values = dict[str, Float[Array, ""]]


@runtime_checkable
class Transportable(Protocol):
    """A theory on a flat space that knows which maps may make up for a change of couplings."""

    def vector_fields(self, field: Field) -> tuple[Field, Float[Array, " fields"]]:
        """Vector fields at a field, along a first axis, and their divergences."""
        ...


class ResponseSeries(NamedTuple):
    """Of one configuration x, for a coupling c and vector fields v_k.

    ``values``: the observables O. ``explicit``: dO/dc at fixed x. ``score``: dS/dc at fixed x.
    ``along``: v_k . grad O. ``stein``: v_k . grad S - div v_k, whose mean is zero.
    """

    values: Values
    explicit: Values
    score: Float[Array, ""]
    along: dict[str, Float[Array, " fields"]]
    stein: Float[Array, " fields"]


def response_series(
    theory: Theory, tangent: Theory, measure: Callable[[Theory, Field], Values], field: Field
) -> ResponseSeries:
    """Everything that :func:`latflow.analysis.response` needs of one configuration.

    Args:
        theory: the theory that the field belongs to.
        tangent: the same tree with d/dc of every coupling in its place.
        measure: single numbers of a configuration, by name.
        field: the configuration.
    """
    arrays, static = eqx.partition(theory, eqx.is_inexact_array)
    changes = eqx.filter(tangent, eqx.is_inexact_array)

    def of_couplings(arrays):
        theory = eqx.combine(arrays, static)
        return measure(theory, field), theory.action(field)

    (values, _), (explicit, score) = jax.jvp(of_couplings, (arrays,), (changes,))
    if not isinstance(theory, Transportable):
        nothing = jnp.zeros(0)
        return ResponseSeries(values, explicit, score, dict.fromkeys(values, nothing), nothing)
    vectors, divergences = theory.vector_fields(field)

    gradients = jax.jacrev(lambda field: measure(theory, field))(field)
    along = {name: _inner(vectors, gradient) for name, gradient in gradients.items()}
    return ResponseSeries(
        values, explicit, score, along, -_inner(vectors, theory.force(field)) - divergences
    )


def _inner(vectors: Field, one: Field) -> Float[Array, " fields"]:
    """Products of every vector field with one."""

    def leaf(v, g):
        sites = tuple(range(1, v.ndim))
        return jnp.sum(v * g.astype(v.dtype), axis=sites)

    return sum(jax.tree.leaves(jax.tree.map(leaf, vectors, one)), jnp.zeros((), jnp.float64))
