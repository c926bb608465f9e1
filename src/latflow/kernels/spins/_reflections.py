"""Cluster reflections of O(N) spins: Swendsen-Wang in Wolff's embedded Ising model."""

from typing import Any, ClassVar, Literal, Protocol, runtime_checkable

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float, Key
from pydantic import Field as PydanticField

from latflow import fast_random as random
from latflow.errors import ConfigError
from latflow.fields import UnitVectors
from latflow.kernels._kernel import Info, Kernel, KernelSettings
from latflow.kernels.scalar import flipped_clusters, ising_bonds
from latflow.loops import loop
from latflow.not_trained import in_precision
from latflow.precision import Precision, dtype_of, require_double
from latflow.theories import Coupling, Theory

Spins = Float[Array, "components *sites"]


@runtime_checkable
class ReflectableTheory(Protocol):
    """A theory of real unit vectors with the action -beta sum over links of s . s'."""

    @property
    def space(self) -> UnitVectors:
        """Real unit vectors."""
        ...

    @property
    def symmetries(self) -> frozenset[str]:
        """Among them ``"o(n)"``: rotations and reflections of all spins."""
        ...

    @property
    def beta(self) -> Coupling:
        """The coefficient of minus the product of neighbours."""
        ...


class ClusterReflections(Kernel):
    """Reflections of whole clusters at random planes; ergodic by itself.

    With a random unit vector r, s = (s . r) r + rest, and the signs of s . r are the spins of an
    Ising model with couplings J = beta |s_x . r| |s_y . r| (Wolff, Phys. Rev. Lett. 62 (1989)
    361). They are updated as by Swendsen and Wang: a bond is set with
    p = 1 - e^(-2 beta (s_x . r) (s_y . r)), and every cluster of bonds is reflected,
    s -> s - 2 (s . r) r, with probability 1/2. Works for any extents and either sign of beta.

    Args:
        theory: an O(N) theory with a nearest-neighbour product.
        reflections: how many in one step, each with a new vector r.
        precision: of the chain's field.

    Raises:
        ConfigError: the theory is not such a one.
    """

    theory: Theory
    reflections: int = eqx.field(static=True)
    precision: Precision = eqx.field(static=True)

    def __init__(self, theory: Theory, *, reflections: int = 1, precision: Precision = "double"):
        require_double()
        _require_reflectable(theory)
        self.theory, self.reflections, self.precision = theory, reflections, precision

    def init(self, key: Key[Array, ""], field: Spins) -> Spins:
        """The field, in the kernel's precision."""
        return in_precision(field, dtype_of(self.precision))

    def field(self, state: Spins) -> Spins:
        """The state is the field."""
        return state

    def step(self, key: Key[Array, ""], state: Spins) -> tuple[Spins, Info]:
        """Reflect clusters. Info: ``acceptance`` is 1; ``clusters`` is their number per site."""
        keys = jnp.stack(random.split(key, self.reflections))
        field, clusters = loop(self._reflect, state, keys)
        # Rounding leads off the spheres, reflection by reflection.
        field = _require_reflectable(self.theory).space.project(field)
        return field, {"acceptance": jnp.ones((), jnp.float64), "clusters": jnp.mean(clusters)}

    def _reflect(self, field: Spins, key: Key[Array, ""]) -> tuple[Spins, Float[Array, ""]]:
        theory = _require_reflectable(self.theory)
        lattice = theory.space.lattice
        key_plane, key_bonds, key_flips = random.split(key, 3)
        # Constant on the lattice: one vector for all sites.
        shape = (theory.space.n,) + (1,) * lattice.ndim
        normal = random.normal(key_plane, shape, field.dtype)
        normal = normal / jnp.sqrt(jnp.sum(normal * normal, axis=0))
        along = jnp.sum(field * normal, axis=0)
        bonds = ising_bonds(key_bonds, lattice, along, theory.beta.astype(field.dtype))
        flipped, clusters = flipped_clusters(key_flips, lattice, bonds)
        change = jnp.where(flipped, -2 * along, 0)
        return field + change * normal, clusters


def _require_reflectable(theory: Any) -> ReflectableTheory:
    reflectable = isinstance(theory, ReflectableTheory) and "o(n)" in theory.symmetries
    if not reflectable:
        raise ConfigError(
            "kernel",
            '"spin-cluster" needs an O(N) theory with a nearest-neighbour product, which '
            f'{type(theory).__name__} is not; use "heat-bath" or "hmc"',
        )
    return theory


class SpinClusterSettings(KernelSettings):
    """Cluster reflections of O(N) spins."""

    label: ClassVar[str] = "cluster reflections"

    kernel: Literal["spin-cluster"] = "spin-cluster"
    reflections: int = PydanticField(
        1, ge=1, le=10**6, description="reflections at random planes in one step"
    )
    precision: Precision = PydanticField("double", description="of the field")

    def build_kernel(
        self, theory: Theory, model: Any = None, chains_per_batch: int = 1
    ) -> ClusterReflections:
        """The kernel.

        Raises:
            ConfigError: the theory is no O(N) theory.
        """
        return ClusterReflections(theory, reflections=self.reflections, precision=self.precision)
