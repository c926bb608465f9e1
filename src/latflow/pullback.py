"""A theory seen through a flow: the field is a function of easier variables."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree

from latflow.fields import Field, FieldSpace
from latflow.flows import Flow
from latflow.theories import Theory


class Pullback(Theory):
    """The latent variables z of a theory whose field is x = F(z), with S~(z) = S(F(z)) - log|det|.

    If x has the weight e^-S, then z = F^-1(x) has the weight e^-S~, whatever the flow F: so a
    Markov chain of this theory, pushed through F, is an exact one of the other (Luescher,
    arXiv:0907.5491; Albandea et al., arXiv:2302.08408). A good flow leaves an action that is
    easy to sample.

    The action is evaluated in double precision, flow included, for z as it is; the force in the
    precision of z.

    Args:
        target: the theory of x.
        flow: F, a map of the target's field space onto itself.
    """

    target: Theory
    flow: Flow

    def __init__(self, target: Theory, flow: Flow):
        self.target, self.flow = target, flow

    @property
    def space(self) -> FieldSpace:  # pyright: ignore[reportIncompatibleVariableOverride]
        """That of the target: latent variables are fields too."""
        return self.target.space

    @property
    def constant(self) -> float:
        """That of the target."""
        return self.target.constant

    @property
    def symmetries(self) -> frozenset[str]:
        """Those of the target that the flow commutes with; translations contain even ones."""
        return _with_even_steps(self.target.symmetries) & _with_even_steps(self.flow.symmetries)

    def action(self, field: Field) -> Float[Array, ""]:
        """S(F(z)) - log|det dF/dz|, in double precision throughout."""
        x, log_det = _in(self.flow, jnp.float64).forward(_in(field, jnp.float64))
        return self.target.action(x) - log_det

    def force(self, field: Field) -> PyTree[Array]:
        """Minus the gradient of the action: the target's own force, pulled back, and that of the
        log-determinant, by automatic differentiation in the precision of z."""
        (x, log_det), pull_back = jax.vjp(_in(self.flow, _precision_of(field)).forward, field)
        return pull_back((self.target.force(x), jnp.ones_like(log_det)))[0]

    def field(self, latent: Field) -> Field:
        """The target's field x = F(z), in double precision."""
        return _in(self.flow, jnp.float64).forward(_in(latent, jnp.float64))[0]

    def latent(self, field: Field) -> Field:
        """The latent variables z = F^-1(x) of a field, in double precision."""
        return _in(self.flow, jnp.float64).inverse(_in(field, jnp.float64))[0]


def _with_even_steps(symmetries: frozenset[str]) -> frozenset[str]:
    return symmetries | {"even-translation"} if "translation" in symmetries else symmetries


def _precision_of(field: Field) -> Any:
    return jax.tree.leaves(field)[0].dtype


def _in(tree: PyTree, dtype) -> PyTree:
    """The tree with its real numbers in another precision."""

    def convert(leaf):
        real = eqx.is_array(leaf) and jnp.issubdtype(leaf.dtype, jnp.floating)
        return leaf.astype(dtype) if real else leaf

    return jax.tree.map(convert, tree)
