"""Pools of configurations that Markov chains outside fill and renew."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Key, PyTree, Shaped

from latflow.fields import Field, FieldSpace
from latflow.not_trained import NotTrained, in_precision

Configurations = PyTree[Shaped[Array | np.ndarray, "chains kept ..."]]


class ConfigurationPool(NotTrained):
    """Configurations at hand, in single precision, each as likely as any other.

    Args:
        space: where they live.
        fields: a field whose arrays have a leading axis over the pool.
    """

    space: FieldSpace
    fields: PyTree[Shaped[Array, "pool ..."]]

    @classmethod
    def empty(cls, space: FieldSpace, size: int) -> "ConfigurationPool":
        """Zeros, to be filled."""
        structure = space.structure(jnp.float32)
        return cls(space, jax.tree.map(lambda x: jnp.zeros((size, *x.shape), x.dtype), structure))

    @property
    def size(self) -> int:
        """How many there are."""
        return jax.tree.leaves(self.fields)[0].shape[0]

    def draw(self, key: Key[Array, ""], dtype) -> Field:
        """One of them, in the precision of a real dtype."""
        number = jax.random.randint(key, (), 0, self.size)
        return in_precision(jax.tree.map(lambda leaf: leaf[number], self.fields), dtype)

    def with_fields(self, fields: PyTree[Array]) -> "ConfigurationPool":
        """The same pool with other configurations, of any precision."""
        return ConfigurationPool(self.space, in_precision(fields, jnp.float32))

    def refilled(self, configurations: Configurations) -> "ConfigurationPool":
        """With configurations as Markov chains leave them, in the order of their age."""
        return self.with_fields(in_order_of_age(configurations))

    def youngest(self, count: int) -> PyTree[Array]:
        """The last configurations: where the chains stand that filled the pool."""
        return jax.tree.map(lambda leaf: leaf[-count:], self.fields)


def in_order_of_age(configurations: Configurations) -> PyTree[Array]:
    """Those of all chains one after the other: the oldest of all chains first."""

    def ordered(leaf):
        by_age = jnp.asarray(np.moveaxis(np.asarray(leaf), 0, 1))
        return by_age.reshape(-1, *by_age.shape[2:])

    return jax.tree.map(ordered, configurations)
