"""Priors that are theories: configurations of other couplings, drawn from a pool of them."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int32, Key

from latflow.fields import ScalarField
from latflow.lattice import Lattice, on_lattice
from latflow.priors._prior import Prior
from latflow.sublattices import halved, interleave, sublattices
from latflow.theories import Theory


class EnsemblePrior(Prior):
    """exp(-S') of a theory, or of several independent copies of it on the sublattices.

    Source: Albandea et al., PoS LATTICE2023, sections 2.1 and 2.2. The density is known up to a
    constant, and nobody can draw from it directly: :meth:`sample` picks from a pool of
    configurations, each as likely as any other, which Markov chains outside fill and renew.

    The pool is kept as the bits of single-precision numbers: integers are nothing that could be
    trained or cast, so no optimiser keeps moments for them.

    Args:
        lattice: of the configurations.
        theory: S', on the lattice itself, or on one of half the extents.
        bits: the pool; see :meth:`with_pool`.
    """

    lattice: Lattice
    theory: Theory
    bits: Int32[Array, "pool *sites"]

    @classmethod
    def empty(cls, lattice: Lattice, theory: Theory, size: int) -> "EnsemblePrior":
        """With a pool of zeros, to be filled."""
        return cls(lattice, theory, jnp.zeros((size, *lattice.shape), jnp.int32))

    @property
    def is_normalised(self) -> bool:
        """The partition function of S' is not known."""
        return False

    @property
    def draws_independently(self) -> bool:
        """Two draws may be the same configuration, or neighbours in one Markov chain."""
        return False

    @property
    def is_interleaved(self) -> bool:
        """Whether a configuration is made of one of the theory on every sublattice."""
        return self.theory.space.lattice != self.lattice

    @property
    def symmetries(self) -> frozenset[str]:
        """Those of the theory: a translation by one site only exchanges the sublattices."""
        return self.theory.symmetries

    @property
    def n_parts(self) -> int:
        """Configurations of the theory in one of the prior."""
        return 2**self.lattice.ndim if self.is_interleaved else 1

    @property
    def pool(self) -> Float[Array, "pool *sites"]:
        """The configurations to draw from, in single precision."""
        return jax.lax.bitcast_convert_type(self.bits, jnp.float32)

    def with_pool(self, pool: Float[Array, "pool *sites"]) -> "EnsemblePrior":
        """The same density with other configurations to draw from."""
        bits = jax.lax.bitcast_convert_type(pool.astype(jnp.float32), jnp.int32)
        return eqx.tree_at(lambda prior: prior.bits, self, bits)

    def parts(self, field: ScalarField) -> Float[Array, "parts *sites"]:
        """The configurations of the theory that one of the prior is made of."""
        return sublattices(field) if self.is_interleaved else field[None]

    def joined(self, parts: Float[Array, "parts *sites"]) -> ScalarField:
        """The configuration that is made of these of the theory."""
        return interleave(parts) if self.is_interleaved else parts[0]

    def sample(self, key: Key[Array, ""], dtype) -> ScalarField:
        """One configuration of the pool."""
        number = jax.random.randint(key, (), 0, len(self.bits))
        return jax.lax.bitcast_convert_type(self.bits[number], jnp.float32).astype(dtype)

    def log_prob(self, field: ScalarField) -> Float[Array, ""]:
        """-S', summed over the copies of the theory; not normalised."""
        return -jnp.sum(jnp.stack([self.theory.action(part) for part in self.parts(field)]))

    def moved_to(self, lattice: Lattice) -> "EnsemblePrior":
        """The same couplings on another lattice, with an empty pool."""
        theory = on_lattice(self.theory, halved(lattice) if self.is_interleaved else lattice)
        return EnsemblePrior.empty(lattice, theory, len(self.bits))


def pooled(prior: EnsemblePrior, configurations: Float[np.ndarray, "chains kept *sites"]):
    """The prior with a pool made of configurations of its theory, as Markov chains leave them.

    They are taken in the order of their age, so that the parts of one configuration come from
    different chains, and none is used twice.
    """
    in_order = jnp.asarray(np.moveaxis(np.asarray(configurations), 0, 1))
    extents = in_order.shape[2:]
    groups = in_order.reshape(-1, prior.n_parts, *extents)
    return prior.with_pool(jax.vmap(lambda parts: prior.joined(parts))(groups))


def youngest(prior: EnsemblePrior, count: int) -> Float[Array, "chains *sites"]:
    """The last configurations of the theory in the pool: where its chains stand."""
    needed = -(-count // prior.n_parts)
    parts = jax.vmap(lambda field: prior.parts(field))(prior.pool[-needed:])
    return parts.reshape(-1, *parts.shape[2:])[-count:]
