"""Pairs of configurations of two ensembles that share their random numbers."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key, PyTree

from latflow.fields import Field
from latflow.models import Proposer
from latflow.theories import Theory


class Pairs(NamedTuple):
    """Measurements and log weights of both members, along a first axis."""

    first: PyTree[Array]
    second: PyTree[Array]
    first_log_weight: Float[Array, " pairs"]
    second_log_weight: Float[Array, " pairs"]


def latent_pairs(
    models: tuple[Proposer, Proposer],
    theories: tuple[Theory, Theory],
    measure: Callable[[Field], PyTree[Array]],
    key: Key[Array, ""],
    n_pairs: int,
    at_once: int = 64,
) -> Pairs:
    """Draws of two models from one stream of latent variables, each weighted for its own theory.

    The models may be one and the same: then it is one ensemble, reweighted to two theories.
    :func:`latflow.analysis.paired_difference` makes a difference of expectation values of them.

    Args:
        models: what proposes; the same key gives both the same latent variables.
        theories: their targets.
        measure: of one field.
        key: of the stream: pair i uses ``fold_in(key, i)``.
        n_pairs: how many.
        at_once: how many are made at once; bounds memory.
    """
    return _pairs(models, theories, measure, key, jnp.arange(n_pairs), at_once)


@eqx.filter_jit
def _pairs(models, theories, measure, key, numbers: Int[Array, " pairs"], at_once) -> Pairs:
    def one(number: Any) -> Pairs:
        draw = jax.random.fold_in(key, number)
        (x, log_w), (y, log_v) = (
            model.propose(theory, draw) for model, theory in zip(models, theories, strict=True)
        )
        return Pairs(measure(x), measure(y), log_w, log_v)

    return jax.lax.map(partial(one), numbers, batch_size=at_once)
