"""Priors that are theories: configurations of other couplings, drawn from a pool of them."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key, PyTree

from latflow.fields import Field, FieldSpace
from latflow.lattice import Lattice, on_lattice
from latflow.priors._pool import ConfigurationPool, Configurations, in_order_of_age
from latflow.priors._prior import Prior
from latflow.sublattices import halved, interleave, sublattices
from latflow.theories import Theory


class EnsemblePrior(Prior):
    """exp(-S') of a theory, or of several independent copies of it on the sublattices.

    Source: Albandea et al., PoS LATTICE2023, sections 2.1 and 2.2. The density is known up to a
    constant, and nobody can draw from it directly: :meth:`sample` picks from a pool of
    configurations, each as likely as any other, which Markov chains outside fill and renew.

    Args:
        theory: S', on the lattice of the pool, or on one of half the extents.
        pool: of configurations of the prior.
    """

    theory: Theory
    pool: ConfigurationPool

    def __init__(self, theory: Theory, pool: ConfigurationPool):
        self.theory = theory
        self.pool = pool

    @classmethod
    def empty(cls, space: FieldSpace, theory: Theory, size: int) -> "EnsemblePrior":
        """With a pool of zeros, to be filled."""
        return cls(theory, ConfigurationPool.empty(space, size))

    @property
    def space(self) -> FieldSpace:  # pyright: ignore[reportIncompatibleVariableOverride]
        """That of the pool."""
        return self.pool.space

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
        return self.theory.space.lattice != self.space.lattice

    @property
    def symmetries(self) -> frozenset[str]:
        """Those of the theory: a translation by one site only exchanges the sublattices."""
        return self.theory.symmetries

    @property
    def n_parts(self) -> int:
        """Configurations of the theory in one of the prior."""
        return 2**self.space.lattice.ndim if self.is_interleaved else 1

    def parts(self, field: Field) -> PyTree[Array]:
        """The configurations of the theory that one of the prior is made of, along a first axis."""
        split = sublattices if self.is_interleaved else lambda leaf: leaf[None]
        return jax.tree.map(split, field)

    def joined(self, parts: PyTree[Array]) -> Field:
        """The configuration that is made of these of the theory."""
        join = interleave if self.is_interleaved else lambda leaf: leaf[0]
        return jax.tree.map(join, parts)

    def sample(self, key: Key[Array, ""], dtype) -> Field:
        """One configuration of the pool."""
        return self.pool.draw(key, dtype)

    def log_density(self, field: Field) -> Float[Array, ""]:
        """-S', summed over the copies of the theory; not normalised."""
        parts = self.parts(field)
        copies = [jax.tree.map(lambda leaf, n=n: leaf[n], parts) for n in range(self.n_parts)]
        return -jnp.sum(jnp.stack([self.theory.action(copy) for copy in copies]))

    def moved_to(self, lattice: Lattice) -> "EnsemblePrior":
        """The same couplings on another lattice, with an empty pool."""
        theory = on_lattice(self.theory, halved(lattice) if self.is_interleaved else lattice)
        return EnsemblePrior.empty(on_lattice(self.space, lattice), theory, self.pool.size)

    def refilled(self, configurations: Configurations) -> "EnsemblePrior":
        """With a pool made of configurations of the theory, as Markov chains leave them.

        They are taken in the order of their age, so that the parts of one configuration come from
        different chains, and none is used twice.
        """
        groups = jax.tree.map(
            lambda leaf: leaf.reshape(-1, self.n_parts, *leaf.shape[1:]),
            in_order_of_age(configurations),
        )
        fields = jax.vmap(lambda parts: self.joined(parts))(groups)
        return eqx.tree_at(lambda prior: prior.pool, self, self.pool.with_fields(fields))

    def youngest(self, count: int) -> PyTree[Array]:
        """The last configurations of the theory in the pool: where its chains stand."""
        needed = -(-count // self.n_parts)
        parts = jax.vmap(lambda field: self.parts(field))(self.pool.youngest(needed))
        return jax.tree.map(lambda leaf: leaf.reshape(-1, *leaf.shape[2:])[-count:], parts)
