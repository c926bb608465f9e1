"""Gradient flow: links follow the gradient of a learnt sum of Wilson loops that depends on time."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from latflow.errors import ConfigError
from latflow.fields import Field
from latflow.flows._flow import Flow, LogDet
from latflow.flows.continuous import CLASSICAL, COOPER_VERNER
from latflow.flows.gauge.gradient._integrate import integrate
from latflow.flows.gauge.gradient._loop_functions import (
    GaugeSpace,
    Loops,
    loop_functions,
    order_of,
)
from latflow.lattice import Lattice, on_lattice
from latflow.not_trained import Held
from latflow.precision import FixedSteps


class GradientFlow(Flow):
    r"""The solution at tau = beta of dU/dtau = -(grad S_tau)(U) U, from U = z at tau = 0.

        S_tau = sum_i c_i(tau) W_i,
        c_i(tau) = sum_d a_di s^d / (N lambda_i),   s = (tau / 2 N^2) / (1 + tau / 2 N^2),

    with the loop functions W_i and the eigenvalues lambda_i of their Laplacians, by which
    log det is known: its rate is sum_i c_i lambda_i W_i. The time is the coupling, so that one set
    of numbers a_di serves all couplings as well as all volumes: the exact map would have at each
    tau the field of that coupling. Training at one coupling looks at its end alone, and keeps the
    volumes only. Every term commutes with gauge transformations, the centre,
    charge conjugation, and all symmetries of the lattice.

    The error of the integrator, of order eight in double precision, is that of the density;
    ``Model.disagreement`` sees it.

    Sources: Luescher (arXiv:0907.5491); Bacchio, Kessel, Schaefer and Vaitl (arXiv:2212.08469).

    Attributes:
        space: links of U(1) or SU(N), in any dimension.
        powers: a_di.
        coupling: beta, held; of the theory that the flow is aimed at, if it was not given.
        loops: which functions there are.
        accuracy: how many steps solve the equation.
        given: whether the coupling stays when the flow is aimed at a theory.
    """

    space: GaugeSpace
    powers: Float[Array, "powers functions"]
    coupling: Held
    loops: Loops = eqx.field(static=True)
    accuracy: FixedSteps
    given: bool = eqx.field(static=True)

    @property
    def symmetries(self) -> frozenset[str]:
        """All of Wilson's action."""
        return frozenset({"gauge", "centre", "charge-conjugation", "translation"})

    def transform(self, z: Field) -> tuple[Field, LogDet]:
        """From tau = 0 to beta."""
        return self._solved(z, forward=True)

    def transform_back(self, x: Field) -> tuple[Field, LogDet]:
        """From tau = beta to 0."""
        return self._solved(x, forward=False)

    def _solved(self, field: Field, forward: bool) -> tuple[Field, LogDet]:
        is_double = field.dtype in (jnp.float64, jnp.complex128)
        given = self.accuracy
        steps, tableau = (
            (given.precise_steps, COOPER_VERNER) if is_double else (given.steps, CLASSICAL)
        )
        passed = (np.arange(steps)[:, None] + np.array(tableau.nodes)) / steps
        beta = self.coupling.value
        coefficients = self.coefficients(beta * (passed if forward else 1 - passed))
        length = (beta if forward else -beta) / steps
        return integrate(self.space, field, length * coefficients, tableau, self.loops)

    def coefficients(self, times: Float[Array, "..."]) -> Float[Array, "... functions"]:
        """c_i at any times, in double precision."""
        strong = times / (2 * order_of(self.space) ** 2)
        s = strong / (1 + strong)
        basis = s[..., None] ** np.arange(self.powers.shape[0])
        return jnp.tensordot(basis, self.powers.astype(jnp.float64) / self._units, 1)

    @property
    def _units(self) -> Float[np.ndarray, " functions"]:
        eigenvalues = [function.eigenvalue for function in loop_functions(self.space, self.loops)]
        return order_of(self.space) * np.array(eigenvalues)

    def moved_to(self, lattice: Lattice) -> "GradientFlow":
        """The same numbers on another lattice.

        Raises:
            ConfigError: an extent is too small for its loops.
        """
        moved = on_lattice(self, lattice)
        loop_functions(moved.space, self.loops)
        return moved

    def aimed_at(self, theory: Any) -> "GradientFlow":
        """Up to the coupling ``beta`` of a theory, if none was given.

        Raises:
            ConfigError: it has none.
        """
        if self.given:
            return self
        beta = getattr(theory, "beta", None)
        if beta is None:
            raise ConfigError(
                "model.flow.beta",
                f"{type(theory).__name__} has no coupling beta at which the flow could end: "
                "say where, beta = ...",
            )
        held = Held(jnp.asarray(beta, jnp.float64))
        return eqx.tree_at(lambda flow: flow.coupling, self, held, is_leaf=_is_held)


def _is_held(node: Any) -> bool:
    return isinstance(node, Held)
