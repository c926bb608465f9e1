"""The free scalar field: every answer is known in closed form."""

from collections.abc import Callable
from typing import Any, ClassVar, Literal

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key
from pydantic import Field

from latflow.analysis import KnownNumber
from latflow.errors import ConfigError
from latflow.fields import RealScalar, ScalarField
from latflow.lattice import Lattice
from latflow.neighbours import neighbour_sum
from latflow.observables import Observable
from latflow.observables.scalar import SCALAR_OBSERVABLES
from latflow.precision import sum_in_double
from latflow.site_density import SiteWeight
from latflow.theories._theory import Coupling, Theory, TheorySettings, coupling, is_number
from latflow.theories.scalar._free_known import free_numbers
from latflow.theories.scalar._vector_fields import vector_fields


class FreeScalar(Theory):
    """Free scalar field S = sum_x [ zeta/2 sum_mu (phi_{x+mu} - phi_x)^2 + m2/2 phi_x^2 ].

    In momentum space the kernel is zeta khat^2 + m2, so sampling, density, partition function
    and two-point function are exact.
    """

    space: RealScalar
    zeta: Coupling
    m2: Coupling

    def __init__(self, lattice: Lattice, *, m2, zeta=1.0):
        if is_number(m2) and not m2 > 0:
            raise ConfigError("m2", f"the free field needs a mass squared > 0, got {m2}")
        if is_number(zeta) and not zeta >= 0:
            raise ConfigError("zeta", f"the field strength must be >= 0, got {zeta}")
        self.space = RealScalar(lattice)
        self.zeta, self.m2 = coupling(zeta), coupling(m2)

    @property
    def symmetries(self) -> frozenset[str]:
        """The action is even in the field and invariant under translations."""
        return frozenset({"z2", "translation"})

    @property
    def observables(self) -> tuple[Observable, ...]:
        """Those of a real scalar field."""
        return SCALAR_OBSERVABLES

    def known(self) -> dict[str, KnownNumber]:
        """Everything, in closed form."""
        return free_numbers(self.space.lattice, float(self.zeta), float(self.m2))

    def momentum_kernel(self) -> Float[Array, "..."]:
        """zeta khat^2 + m2 in the layout of the real FFT."""
        return self.zeta * self.space.lattice.khat2() + self.m2

    def hot(self, key: Key[Array, ""], dtype) -> ScalarField:
        """An exact configuration."""
        return self.sample(key, dtype)

    def action(self, field: ScalarField) -> Float[Array, ""]:
        """The action in double precision."""
        lattice = self.space.lattice
        neighbours = sum(lattice.shift(field, axis) for axis in range(lattice.ndim))
        zeta, m2 = self.zeta.astype(field.dtype), self.m2.astype(field.dtype)
        diagonal = lattice.ndim * zeta + m2 / 2
        return sum_in_double(field * (diagonal * field - zeta * neighbours))

    def force(self, field: ScalarField) -> ScalarField:
        """Minus the gradient of the action, written out: one pass over the neighbours."""
        lattice = self.space.lattice
        neighbours = neighbour_sum(lattice, field)
        zeta, m2 = self.zeta.astype(field.dtype), self.m2.astype(field.dtype)
        return zeta * neighbours - (2 * lattice.ndim * zeta + m2) * field

    def exact_sampler(self) -> Callable[[Key[Array, ""], Any], ScalarField]:
        """What draws exact, independent configurations: :meth:`sample`."""
        return self.sample

    def sample(self, key: Key[Array, ""], dtype) -> ScalarField:
        """An exact, independent configuration: white noise coloured in momentum space."""
        noise = jax.random.normal(key, self.space.lattice.shape, dtype)
        colour = (self.momentum_kernel() ** -0.5).astype(dtype)
        return self.space.lattice.filter_modes(noise, colour)

    def log_partition_function(self) -> Float[Array, ""]:
        """log Z = (V/2) ln 2 pi - 1/2 sum_k ln(zeta khat^2 + m2); differentiable in both."""
        full = self.zeta * self.space.lattice.khat2(real=False) + self.m2
        return 0.5 * full.size * np.log(2 * np.pi) - 0.5 * jnp.log(full).sum()

    def two_point(self) -> Float[np.ndarray, "..."]:
        """G(x) = <phi_0 phi_x> on the whole lattice."""
        full = float(self.zeta) * self.space.lattice.khat2(real=False) + float(self.m2)
        return np.fft.ifftn(1 / full).real

    def zero_momentum_correlator(self, axis: int = 0) -> Float[np.ndarray, " time"]:
        """C(t): the two-point function summed over all axes but ``axis``."""
        others = tuple(a for a in range(self.space.lattice.ndim) if a != axis)
        return self.two_point().sum(axis=others)

    def pole_mass(self) -> float:
        """Energy of a particle at rest, 2 asinh(m / 2 sqrt(zeta)), in lattice units."""
        return float(2 * np.arcsinh(np.sqrt(self.m2) / (2 * np.sqrt(self.zeta))))

    def vector_fields(self, field: ScalarField) -> tuple[Array, Array]:
        """Maps that a change of couplings is made of; see :func:`vector_fields`."""
        return vector_fields(self.space.lattice, field)

    @property
    def site_weight(self) -> SiteWeight:
        """What one site is by itself, and how it is bound to its neighbours."""
        diagonal = self.space.lattice.ndim * self.zeta + self.m2 / 2
        return SiteWeight(diagonal, jnp.zeros_like(diagonal), self.zeta)

    @property
    def hopping_parameter(self) -> Coupling:
        """zeta, the h in the term -h phi_x phi_{x+mu}: what binds neighbours."""
        return self.zeta

    def site_action(self, value: ScalarField, neighbours: ScalarField) -> ScalarField:
        """The terms of the action with one site's value, given the sum of its 2D neighbours."""
        zeta, m2 = self.zeta.astype(value.dtype), self.m2.astype(value.dtype)
        diagonal = self.space.lattice.ndim * zeta + m2 / 2
        return value * (diagonal * value - zeta * neighbours)


class FreeScalarSettings(TheorySettings):
    """The free scalar field, whose every answer is known exactly."""

    title: ClassVar[str] = "Free scalar field"
    symbols: ClassVar[dict[str, str]] = {"m2": "m²", "zeta": "ζ"}
    formula: ClassVar[str] = (
        "Σ<sub>x</sub> [ ½ζ Σ<sub>μ</sub> (φ<sub>x+μ</sub> − φ<sub>x</sub>)² + ½m² φ<sub>x</sub>² ]"
    )
    examples: ClassVar[tuple[dict[str, Any], ...]] = ({"shape": (4, 3), "m2": 0.4, "zeta": 0.7},)

    kind: Literal["free"] = "free"
    m2: float = Field(gt=0, description="mass squared, lattice units")
    zeta: float = Field(1.0, gt=0, description="field strength")

    def build(self) -> FreeScalar:
        """The theory."""
        return FreeScalar(self.lattice(), m2=self.m2, zeta=self.zeta)
