"""Continuous flow: the field follows a differential equation, equivariant by construction."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from latflow.fields import FieldSpace, ScalarField
from latflow.flows._flow import Flow, LogDet
from latflow.flows.continuous._adaptive import integrate_adaptively
from latflow.flows.continuous._integrate import integrate, integrate_with_score
from latflow.flows.continuous._kernel import moved, orbits
from latflow.flows.continuous._series import waves
from latflow.flows.continuous._smooth_kernel import continued, smooth_basis
from latflow.flows.continuous._tableaux import CLASSICAL, COOPER_VERNER
from latflow.flows.continuous._vector_field import Coefficients, divergence, velocity
from latflow.lattice import Lattice, on_lattice
from latflow.precision import Accuracy, Precision, dtype_of, sum_in_double


class Solver(Accuracy):
    """How the equation of a continuous flow is solved.

    Attributes:
        steps: of the classical Runge-Kutta method, in single precision.
        precise_steps: of the method of order 8, in double precision.
        velocities: the precision in which velocities are computed there. The field and the
            logarithm of its density are summed in double precision in either case.
        tolerance: of steps of adapted length instead, in double precision; ``None``: fixed ones.
        adjoint: whether gradients through adapted steps solve the adjoint equation instead of
            going back through the steps.
        stored: whether gradients through fixed steps keep what every stage computed, instead of
            computing it again from the beginning of each step.
    """

    steps: int = eqx.field(static=True)
    precise_steps: int = eqx.field(static=True)
    velocities: Precision = eqx.field(static=True, default="double")
    tolerance: float | None = eqx.field(static=True, default=None)
    adjoint: bool = eqx.field(static=True, default=False)
    stored: bool = eqx.field(static=True, default=False)


class Continuous(Flow):
    r"""The solution at t = 1 of an equation that commutes with the symmetries of the lattice:

        d phi_x / dt = sum_y [ K(x-y, t) phi_y + sum_c K_c(x-y, t) h_c(phi_y, t) ],

    with odd functions h_c(phi, t) = sum_f a_cf(t) sin(f omega phi) of a learnt frequency omega. The
    kernels reach over the whole lattice and are the same on every orbit of its symmetry group:
    translations, reflections and permutations of equal axes commute with the flow, and so does the
    sign of the field. In t all is a sum of cos(pi d t) / (d + 1). A few channels c stand between
    many sines and a global kernel, so that a kernel has to be applied to few fields.

    d log det / dt = sum_x [ K(0, t) + sum_c K_c(0, t) h_c'(phi_x, t) ] is integrated with the
    field. Both are exact up to the error of the integrator, which is that of the method of order
    eight in double precision; ``Model.disagreement`` sees it.

    Sources: de Haan, Rainone, Cheng and Bondesan (arXiv:2110.02673); Gerdes, de Haan, Rainone,
    Bondesan and Cheng (arXiv:2207.00283), section 3. Theirs have frequencies that are learnt one
    by one, kernels given on offsets, and low-rank bonds on both sides.

    With ``nodes`` the eigenvalues of every kernel are a smooth function of momentum, the same on
    every lattice: where each of them is free, a large lattice has thousands, which all are learnt
    from the same few draws.

    Attributes:
        space: real scalars on a lattice of any dimension and extents.
        linear: eigenvalues of K, for every function of time and orbit of momenta; with nodes,
            coefficients of ``smooth_basis`` instead.
        kernels: those of K_c.
        functions: a_cf, times f: so that all of them are of one order of magnitude.
        log_frequency: log omega.
        solver: how the equation is solved.
        nodes: how many values of the momentum a smooth kernel is given at; ``None``: it is free.
    """

    space: FieldSpace
    linear: Float[Array, "times functions_of_momentum"]
    kernels: Float[Array, "times functions_of_momentum channels"]
    functions: Float[Array, "times harmonics channels"]
    log_frequency: Float[Array, ""]
    solver: Solver
    nodes: int | None = eqx.field(static=True, default=None)

    @property
    def symmetries(self) -> frozenset[str]:
        """The functions are odd, the kernels the same everywhere."""
        return frozenset({"z2", "translation"})

    @property
    def carries_score(self) -> bool:
        """Through fixed steps."""
        return self.solver.tolerance is None

    def transform(self, z: ScalarField) -> tuple[ScalarField, LogDet]:
        """From t = 0 to 1."""
        return self._solved(z, forward=True)

    def transform_back(self, x: ScalarField) -> tuple[ScalarField, LogDet]:
        """From t = 1 to 0."""
        return self._solved(x, forward=False)

    def transform_with_score(
        self, z: ScalarField, score: ScalarField
    ) -> tuple[ScalarField, LogDet, ScalarField]:
        """From t = 0 to 1, with d s / dt = -J^T s - grad(div) for the score s."""
        if self.solver.tolerance is not None and z.dtype == jnp.float64:
            return super().transform_with_score(z, score)
        return integrate_with_score(z, score, *self._equation(z.dtype, forward=True))

    def velocity(
        self, field: ScalarField, time: Float[Array, ""]
    ) -> tuple[ScalarField, Float[Array, ""]]:
        """d phi / dt at a time, and its divergence, summed in double precision.

        Args:
            field: in the precision that is wanted.
            time: in [0, 1], in the precision of the field.
        """
        at = self.coefficients(time)
        many = field[..., None]
        of = waves(self.frequency(field.dtype) * many)
        moved, local = velocity(many, of, at), divergence(of, at)
        constant = at.expansion.astype(jnp.float64) * self.space.lattice.volume
        return moved[..., 0], sum_in_double(local[..., 0]) + constant

    def _solved(self, field: ScalarField, forward: bool) -> tuple[ScalarField, LogDet]:
        solver = self.solver
        if solver.tolerance is None or field.dtype != jnp.float64:
            return integrate(field, *self._equation(field.dtype, forward))
        ends = (0.0, 1.0) if forward else (1.0, 0.0)
        return integrate_adaptively(field, self, ends, solver.tolerance, solver.adjoint)

    def _equation(self, dtype, forward: bool):
        """What the integrator needs: frequency, coefficients, method, length of steps, storage."""
        solver = self.solver
        steps, tableau = (
            (solver.precise_steps, COOPER_VERNER)
            if dtype == jnp.float64
            else (solver.steps, CLASSICAL)
        )
        times = (np.arange(steps)[:, None] + np.unique(tableau.nodes)) / steps
        velocities = dtype_of(solver.velocities) if dtype == jnp.float64 else dtype
        times = jnp.asarray(times if forward else 1 - times, dtype)
        coefficients = self.coefficients(times, velocities)
        step = 1 / steps if forward else -1 / steps
        return self.frequency(dtype), coefficients, tableau, step, solver.stored

    def frequency(self, dtype) -> Float[Array, ""]:
        """omega in a precision."""
        return jnp.exp(self.log_frequency).astype(dtype)

    def coefficients(self, times: Float[Array, "..."], velocities: Any = None) -> Coefficients:
        """The vector field at any times, and its divergence in their precision.

        Args:
            times: in [0, 1].
            velocities: dtype of what velocities are made of; that of the times if not given. The
                divergence is that of the rounded numbers.
        """
        dtype, lattice = times.dtype, self.space.lattice
        where = orbits(lattice.shape)
        n_times, harmonics, channels = self.functions.shape
        degree = jnp.arange(n_times, dtype=dtype)
        # Slow ones first: what moves fast in time needs many steps.
        basis = jnp.cos(jnp.pi * times[..., None] * degree) / (1 + degree)
        # Sums over channels are of order one where every parameter is.
        unit = channels**-0.5

        def at_times(parameter, factor):
            return jnp.tensordot(basis, factor * parameter.astype(dtype), 1)

        order = jnp.arange(1, harmonics + 1, dtype=dtype)[:, None]
        low = dtype if velocities is None else velocities
        linear, kernels = self.linear, self.kernels
        if self.nodes is not None:
            smooth = jnp.asarray(smooth_basis(lattice.shape, self.nodes), linear.dtype)
            linear = linear @ smooth.T
            kernels = jnp.einsum("of,tfc->toc", smooth, kernels)
        linear = at_times(linear[:, where], 1.0).astype(low)
        kernels = at_times(kernels[:, where], unit).astype(low)
        functions = at_times(self.functions, 1 / order).astype(low)
        axes = tuple(range(times.ndim, times.ndim + lattice.ndim))
        own = kernels.astype(dtype).mean(axes)
        slopes = jnp.einsum("...fc,...c->...f", functions.astype(dtype), own)
        slopes = slopes[..., None] * order * self.frequency(dtype)
        expansion = linear.astype(dtype).mean(axes)
        return Coefficients(linear, kernels, functions, slopes, expansion)

    def moved_to(self, lattice: Lattice) -> "Continuous":
        """The same kernels on another lattice.

        Smooth ones are the same functions of momentum. Free ones are zero beyond the offsets that
        they were learnt on; on a smaller lattice they are taken around it.
        """
        old, space = self.space.lattice, on_lattice(self.space, lattice)
        if self.nodes is not None:
            index = continued(old.shape, self.nodes, self.linear.shape[1])
            kernels = (self.linear[:, index], self.kernels[:, index])
            there = eqx.tree_at(lambda flow: (flow.linear, flow.kernels), self, kernels)
            return eqx.tree_at(lambda flow: flow.space, there, space)
        kernels = jnp.moveaxis(moved(jnp.moveaxis(self.kernels, -1, 1), old, lattice), 1, -1)
        return Continuous(
            space,
            moved(self.linear, old, lattice),
            kernels,
            self.functions,
            self.log_frequency,
            self.solver,
        )
