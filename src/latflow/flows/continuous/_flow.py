"""Continuous flow: the field follows a differential equation, equivariant by construction."""

from typing import Literal

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key
from pydantic import Field

from latflow.fields import FieldSpace, ScalarField
from latflow.flows._flow import Flow, FlowSettings, LogDet
from latflow.flows.continuous._integrate import Coefficients, integrate, integrate_with_score
from latflow.flows.continuous._kernel import moved, orbits
from latflow.flows.continuous._tableaux import CLASSICAL, COOPER_VERNER
from latflow.lattice import Lattice, on_lattice


class Continuous(Flow):
    r"""d phi_x / dt = sum over y of [ K(x-y, t) phi_y + sum over c of K_c(x-y, t) h_c(phi_y, t) ].

    From t = 0 to 1. h_c(phi, t) = sum over f of a_cf(t) sin(f omega phi) are odd functions; the
    frequency omega is learnt. Kernels reach over the whole lattice, and are the same on every orbit
    of its symmetry group. Kernels and functions are sums of cos(pi d t), d = 0, 1, ... A few
    channels c stand between many sines and a global kernel (a bond of low rank).

    Source: de Haan, Rainone, Cheng and Bondesan (arXiv:2110.02673), eq. (12); Gerdes, de Haan,
    Rainone, Bondesan and Cheng (arXiv:2207.00283), section 3.
    """

    space: FieldSpace
    linear: Float[Array, "times orbits"]
    kernels: Float[Array, "times orbits channels"]
    functions: Float[Array, "times harmonics channels"]
    log_frequency: Float[Array, ""]
    steps: int = eqx.field(static=True)
    precise_steps: int = eqx.field(static=True)

    @property
    def symmetries(self) -> frozenset[str]:
        return frozenset({"z2", "translation"})

    @property
    def carries_score(self) -> bool:
        return True

    def transform(self, z: ScalarField) -> tuple[ScalarField, LogDet]:
        return integrate(z, *self._equation(z.dtype, forward=True))

    def transform_back(self, x: ScalarField) -> tuple[ScalarField, LogDet]:
        return integrate(x, *self._equation(x.dtype, forward=False))

    def transform_with_score(self, z, score):
        return integrate_with_score(z, score, *self._equation(z.dtype, forward=True))

    def _equation(self, dtype, forward):
        precise = dtype == jnp.float64
        steps, tableau = (self.precise_steps, COOPER_VERNER) if precise else (self.steps, CLASSICAL)
        nodes = np.array(sorted(set(tableau.nodes)))
        times = (np.arange(steps)[:, None] + nodes) / steps
        step = 1 / steps
        if not forward:
            times, step = 1 - times, -step
        frequency = jnp.exp(self.log_frequency).astype(dtype)
        return frequency, self.coefficients(times, dtype), tableau, step

    def coefficients(self, times, dtype) -> Coefficients:
        lattice = self.space.lattice
        where = orbits(lattice.shape)
        count = self.linear.shape[0]
        basis = jnp.asarray(np.cos(np.pi * times[..., None] * np.arange(count)), dtype)
        linear = jnp.tensordot(basis, self.linear.astype(dtype)[:, where], 1)
        kernels = jnp.tensordot(basis, self.kernels.astype(dtype)[:, where], 1)
        functions = jnp.tensordot(basis, self.functions.astype(dtype), 1)
        axes = tuple(range(2, 2 + lattice.ndim))
        order = jnp.arange(1, functions.shape[-2] + 1, dtype=dtype)
        frequency = jnp.exp(self.log_frequency).astype(dtype)
        slopes = jnp.einsum("stfc,stc->stf", functions, kernels.mean(axes)) * order * frequency
        return Coefficients(linear, kernels, functions, slopes[..., None], linear.mean(axes))

    def moved_to(self, lattice: Lattice) -> "Continuous":
        old = self.space.lattice
        linear = moved(self.linear, old, lattice)
        kernels = jnp.moveaxis(moved(jnp.moveaxis(self.kernels, -1, 1), old, lattice), 1, -1)
        return Continuous(
            on_lattice(self.space, lattice),
            linear,
            kernels,
            self.functions,
            self.log_frequency,
            self.steps,
            self.precise_steps,
        )


class ContinuousSettings(FlowSettings):
    """Continuous flow: a differential equation with global kernels."""

    kind: Literal["continuous"] = "continuous"
    channels: int = Field(6, ge=1, le=256)
    harmonics: int = Field(8, ge=1, le=64)
    times: int = Field(6, ge=1, le=64)
    steps: int = Field(6, ge=1, le=10**4)
    precise_steps: int = Field(10, ge=1, le=10**4)
    range: float = Field(3.0, gt=0)

    def build(self, space: FieldSpace, key: Key[Array, ""]) -> Continuous:
        self.require_space(space)
        n_orbits = int(orbits(space.lattice.shape).max()) + 1
        noise = jax.random.normal(key, (self.times, self.harmonics, self.channels), jnp.float32)
        order = 1.0 + np.arange(self.times, dtype=np.float32)[:, None, None]
        harmonic = np.arange(1, self.harmonics + 1, dtype=np.float32)[:, None]
        return Continuous(
            space,
            linear=jnp.zeros((self.times, n_orbits), jnp.float32),
            kernels=jnp.zeros((self.times, n_orbits, self.channels), jnp.float32),
            functions=noise / order / harmonic,
            log_frequency=jnp.asarray(np.log(np.pi / self.range), jnp.float32),
            steps=self.steps,
            precise_steps=self.precise_steps,
        )
