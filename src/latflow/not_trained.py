"""What an optimiser must leave alone, and what a change of precision must not touch."""

from typing import Any, TypeVar

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import PyTree

Tree = TypeVar("Tree")


class NotTrained(eqx.Module):
    """A part whose numbers belong to the physics or to the data: no optimiser changes them.

    Theories and pools of configurations are such parts wherever they stand inside of a model.
    A class says so by deriving from this one; :class:`Held` says so of anything else.
    """


class Held(NotTrained):
    """Any part of a model that shall stay as it is while the rest is trained."""

    value: PyTree


def _is_held(node: Any) -> bool:
    return isinstance(node, NotTrained)


def trainable(tree: PyTree) -> PyTree:
    """A mask for ``eqx.partition``: true on the floating-point arrays that training may change."""

    def mask(node):
        if _is_held(node):
            return jax.tree.map(lambda _: False, node)
        return eqx.is_inexact_array(node)

    return jax.tree.map(mask, tree, is_leaf=_is_held)


def parameters_of(tree: Tree) -> tuple[Tree, Tree]:
    """The trainable numbers of a tree, and everything else; ``eqx.combine`` undoes it."""
    return eqx.partition(tree, trainable(tree))


def with_precision(tree: Tree, dtype) -> Tree:
    """The tree with its trainable numbers in another precision, complex ones included."""

    def convert(leaf, is_trainable):
        return in_precision(leaf, dtype) if is_trainable else leaf

    return jax.tree.map(convert, tree, trainable(tree))


def in_precision(tree: Tree, dtype) -> Tree:
    """All floating-point and complex arrays of a tree in the precision of a real dtype.

    The one cast of the house: integers, Booleans and what is no array stay as they are.
    """
    real = jnp.dtype(dtype)
    to_complex = jnp.complex128 if real == jnp.float64 else jnp.complex64

    def convert(leaf):
        if not eqx.is_array(leaf):
            return leaf
        if jnp.issubdtype(leaf.dtype, jnp.complexfloating):
            return leaf.astype(to_complex)
        return leaf.astype(real) if jnp.issubdtype(leaf.dtype, jnp.floating) else leaf

    return jax.tree.map(convert, tree)
