"""Kinetic energies of Hamiltonian dynamics: unit mass, and the free field's (Fourier)."""

from abc import abstractmethod

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key

from latflow import fast_random as random
from latflow.errors import ConfigError
from latflow.fields import Field, FieldSpace, RealScalar, Tangent
from latflow.precision import sum_in_double


class KineticEnergy(eqx.Module):
    """A Gaussian density of momenta, exp(-energy), and the velocity it implies."""

    @abstractmethod
    def momentum(self, key: Key[Array, ""], field: Field) -> Tangent:
        """A momentum with density proportional to exp(-energy), tangent at the field and in its
        precision."""

    @abstractmethod
    def energy(self, momentum: Tangent) -> Float[Array, ""]:
        """Kinetic energy, summed in double precision."""

    @abstractmethod
    def velocity(self, momentum: Tangent) -> Tangent:
        """Gradient of the energy with respect to the momentum."""


class UnitMass(KineticEnergy):
    """Half the momentum squared, as the field space defines it."""

    space: FieldSpace

    def momentum(self, key: Key[Array, ""], field: Field) -> Tangent:
        """A momentum from the field space."""
        return self.space.tangent(field, self.space.momentum(key, _precision_of(field)))

    def energy(self, momentum: Tangent) -> Float[Array, ""]:
        """The field space's kinetic energy."""
        return self.space.kinetic(momentum)

    def velocity(self, momentum: Tangent) -> Tangent:
        """The momentum itself."""
        return momentum


class FourierMass(KineticEnergy):
    """1/2 sum_k |p_k|^2 / (khat^2 + mass2): every free mode moves at the same frequency.

    Fourier acceleration of Batrouni et al., Phys. Rev. D 32 (1985) 2736: with mass2 near the
    theory's own mass squared, slow modes keep pace with fast ones. Real scalar fields only.

    Args:
        space: the field space.
        mass2: mass squared of the free-field kernel, lattice units, > 0.

    Raises:
        ConfigError: the space is not that of a real scalar field, or mass2 <= 0.
    """

    space: RealScalar
    mass2: float = eqx.field(static=True)

    def __init__(self, space: FieldSpace, mass2: float):
        if not isinstance(space, RealScalar):
            raise ConfigError("kernel", 'Fourier acceleration needs a real scalar field; use "hmc"')
        if mass2 <= 0:
            raise ConfigError("mass2", f"the mass squared must be > 0, got {mass2}")
        self.space, self.mass2 = space, float(mass2)

    def _kernel(self) -> Float[np.ndarray, "..."]:
        return self.space.lattice.khat2() + self.mass2

    def _filter(self, momentum: Float[Array, "..."], power: float) -> Float[Array, "..."]:
        factor = jnp.asarray(self._kernel() ** power, momentum.dtype)
        return self.space.lattice.filter_modes(momentum, factor)

    def momentum(self, key: Key[Array, ""], field: Float[Array, "..."]) -> Float[Array, "..."]:
        """White noise times the square root of the kernel, in momentum space."""
        noise = random.normal(key, self.space.lattice.shape, field.dtype)
        return self._filter(noise, 0.5)

    def energy(self, momentum: Float[Array, "..."]) -> Float[Array, ""]:
        """Half the momentum times its velocity."""
        return 0.5 * sum_in_double(momentum * self.velocity(momentum))

    def velocity(self, momentum: Float[Array, "..."]) -> Float[Array, "..."]:
        """The momentum divided by the kernel, in momentum space."""
        return self._filter(momentum, -1.0)


def _precision_of(field: Field):
    """The real dtype of a field's numbers."""
    return jnp.finfo(jax.tree.leaves(field)[0].dtype).dtype
