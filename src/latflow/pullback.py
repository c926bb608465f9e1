"""A theory seen through a flow: the field is a function of easier variables."""

from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from latflow.errors import FieldError
from latflow.fields import Field, FieldSpace, RealScalar, Tangent
from latflow.flows import Flow, closure
from latflow.not_trained import in_precision, with_precision
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

    Raises:
        FieldError: it is a map of another space.
    """

    target: Theory
    flow: Flow

    def __init__(self, target: Theory, flow: Flow):
        if flow.space != target.space:
            raise FieldError(
                f"a flow on {flow.space.description} cannot make fields of a theory on "
                f"{target.space.description}"
            )
        self.target, self.flow = target, flow

    @property
    def space(self) -> FieldSpace:  # pyright: ignore[reportIncompatibleVariableOverride]
        """That of the target: latent variables are fields too."""
        return self.target.space

    @property
    def constant(self) -> Float[Array, ""] | float:
        """That of the target."""
        return self.target.constant

    @property
    def symmetries(self) -> frozenset[str]:
        """Those of the target that the flow commutes with; translations contain even ones."""
        return closure(self.target.symmetries) & closure(self.flow.symmetries)

    def action(self, field: Field) -> Float[Array, ""]:
        """S(F(z)) - log|det dF/dz|, in double precision throughout."""
        x, log_det = self._flow_in(jnp.float64).forward(in_precision(field, jnp.float64))
        return self.target.action(x) - log_det

    def force(self, field: Field) -> Tangent:
        """Minus the gradient of the action along the manifold, in the precision of z.

        On a flat space the target's own force is pulled back; else the whole is differentiated.
        """
        flow = self._flow_in(_precision_of(field))
        if isinstance(self.space, RealScalar):
            (x, log_det), pull_back = jax.vjp(flow.forward, field)
            return pull_back((self.target.force(x), jnp.ones_like(log_det)))[0]

        def minus_action(z: Field) -> Float[Array, ""]:
            x, log_det = flow.forward(z)
            return log_det - self.target.action(x)

        return self.space.gradient(minus_action, field)

    def field(self, latent: Field) -> Field:
        """The target's field x = F(z), in double precision."""
        return self._flow_in(jnp.float64).forward(in_precision(latent, jnp.float64))[0]

    def latent(self, field: Field) -> Field:
        """The latent variables z = F^-1(x) of a field, in double precision."""
        return self._flow_in(jnp.float64).inverse(in_precision(field, jnp.float64))[0]

    def _flow_in(self, dtype) -> Flow:
        return with_precision(self.flow, dtype)


def _precision_of(field: Field) -> Any:
    return jnp.finfo(jax.tree.leaves(field)[0].dtype).dtype
