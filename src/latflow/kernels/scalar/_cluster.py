"""Cluster flips of the signs of a scalar field: Swendsen-Wang in its embedded Ising model."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Key, Shaped

from latflow import fast_random as random
from latflow.errors import ConfigError
from latflow.fields import ScalarField
from latflow.kernels._kernel import Info, Kernel
from latflow.kernels.scalar._local import require_local
from latflow.lattice import Lattice
from latflow.theories import Theory


class ClusterFlips(Kernel):
    """Swendsen-Wang for the signs at fixed moduli; not ergodic by itself, see ``Cycle``.

    With phi = sigma |phi| the action is -sum h |phi_x phi_y| sigma_x sigma_y + (even terms): an
    Ising model with couplings J = h |phi_x phi_y| (Brower and Tamayo, Phys. Rev. Lett. 62 (1989)
    1087). Its weight e^(J sigma sigma') is e^-J [1 + delta_(sigma sigma') (e^2J - 1)], so a
    bond is set on satisfied links with p = 1 - e^(-2 h phi_x phi_y), and every cluster of bonds
    takes a new sign with probability 1/2. Works for any extents and either sign of h.

    Args:
        theory: a scalar theory with a nearest-neighbour action that is even in the field.

    Raises:
        ConfigError: the theory is not such a one.
    """

    theory: Theory

    def __check_init__(self):
        require_local(self.theory, "cluster")
        if "z2" not in self.theory.symmetries:
            raise ConfigError(
                "kernel",
                f'"cluster" needs an action even in the field, which that of '
                f'{type(self.theory).__name__} is not; use "metropolis" or "hmc"',
            )

    def init(self, key: Key[Array, ""], field: ScalarField) -> ScalarField:
        """The state is the field."""
        return field

    def field(self, state: ScalarField) -> ScalarField:
        """The state is the field."""
        return state

    def step(self, key: Key[Array, ""], state: ScalarField) -> tuple[ScalarField, Info]:
        """Flip clusters. Info: ``acceptance`` is 1; ``clusters`` is their number per site."""
        key_bonds, key_flips = random.split(key, 2)
        lattice = self.theory.space.lattice
        flipped, clusters = flipped_clusters(key_flips, lattice, self.bonds(key_bonds, state))
        info = {"acceptance": jnp.ones((), jnp.float64), "clusters": clusters}
        return jnp.where(flipped, -state, state), info

    def bonds(self, key: Key[Array, ""], field: ScalarField) -> list[Bool[Array, "..."]]:
        """For each axis, whether x and x + axis are bound: with p = 1 - e^(-2 h phi phi')."""
        theory = require_local(self.theory, "cluster")
        strength = theory.hopping_parameter.astype(field.dtype)
        return ising_bonds(key, theory.space.lattice, field, strength)


def ising_bonds(
    key: Key[Array, ""], lattice: Lattice, field: ScalarField, strength: Float[Array, ""]
) -> list[Bool[Array, "..."]]:
    """Bonds of Fortuin and Kasteleyn in the Ising model of a field's signs.

    Args:
        key: random key.
        lattice: any dimension and extents.
        field: a real number phi on every site.
        strength: h in the action -h sum over links of phi phi', whatever its sign.

    Returns:
        For each axis, whether x and x + axis are bound: with p = 1 - e^(-2 h phi phi').
    """
    # An exponential number lies below t with probability 1 - e^-t; never for t < 0.
    threshold = random.exponential(key, (lattice.ndim, *lattice.shape), field.dtype)
    return [
        threshold[axis] < 2 * strength * field * lattice.shift(field, axis)
        for axis in range(lattice.ndim)
    ]


def flipped_clusters(
    key: Key[Array, ""], lattice: Lattice, bonds: list[Bool[Array, "..."]]
) -> tuple[Bool[Array, "..."], Float[Array, ""]]:
    """Whole clusters that are flipped with probability 1/2 each, and their number per site."""
    labels = cluster_labels(lattice, bonds)
    coins = random.uniform(key, (lattice.volume,), jnp.float32) < 0.5
    roots = labels == jnp.arange(lattice.volume, dtype=labels.dtype)
    flipped = _named(coins, labels).reshape(lattice.shape)
    return flipped, jnp.mean(roots, dtype=jnp.float64)


def cluster_labels(lattice: Lattice, bonds: list[Bool[Array, "..."]]) -> Int[Array, " sites"]:
    """The smallest site number (row-major) in each site's cluster, by parallel hooking.

    A label always names a site of the same cluster. In every turn each site finds the smallest
    label among its bound neighbours, and gives it to itself and to the site that its own label
    names (hooking); then labels are replaced by the labels of the sites that they name (pointer
    jumping). It ends when nothing changes, after about log(sites) turns: FastSV of Zhang, Azad
    and Hu, SIAM PP (2020).

    Args:
        lattice: any dimension and extents.
        bonds: for each axis, whether the site is bound to the next one along it.
    """
    backward = [lattice.shift(bond, axis, -1) for axis, bond in enumerate(bonds)]

    def smallest_neighbour(labels: Int[Array, " sites"]) -> Int[Array, " sites"]:
        grid = labels.reshape(lattice.shape)
        lowest = grid
        for axis in range(lattice.ndim):
            ahead, behind = lattice.shift(grid, axis, 1), lattice.shift(grid, axis, -1)
            lowest = jnp.where(bonds[axis], jnp.minimum(lowest, ahead), lowest)
            lowest = jnp.where(backward[axis], jnp.minimum(lowest, behind), lowest)
        return lowest.reshape(-1)

    def turn(loop):
        labels, _ = loop
        lowest = smallest_neighbour(labels)
        lower = lowest.at[labels].min(lowest, mode="promise_in_bounds")
        lower = _named(lower, _named(lower, lower))
        return lower, jnp.any(lower != labels)

    labels = jnp.arange(lattice.volume, dtype=jnp.int32)
    labels, _ = jax.lax.while_loop(lambda loop: loop[1], turn, (labels, jnp.array(True)))
    return labels


def _named(values: Shaped[Array, " sites"], labels: Int[Array, " sites"]):
    """The values of the sites that the labels name."""
    return values.at[labels].get(mode="promise_in_bounds")
