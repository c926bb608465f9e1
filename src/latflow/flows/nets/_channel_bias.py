"""A number per channel added to every site, as a JAX primitive that keeps the batch last.

Left to ``vmap``, the sum of a batched and an unbatched array would move the batch to the front,
and every activation behind it would be transposed, forward and backward.
"""

import jax.numpy as jnp
from jax.interpreters import ad
from jaxtyping import Array, Float

from latflow.batching import batch_last


def add_channel_bias(
    channels: Float[Array, "n sites"], bias: Float[Array, " n"]
) -> Float[Array, "n sites"]:
    """``channels + bias[:, None]``."""
    return _add_p.bind(channels, bias)


def _add(channels, bias):
    return channels + bias.reshape(-1, *[1] * (channels.ndim - 1))


def _add_jvp(primals, tangents):
    # The map is linear: its tangent is the map of the tangents.
    return _add_p.bind(*primals), _add_p.bind(*map(ad.instantiate_zeros, tangents))


def _add_transpose(gradient, channels, bias):
    if type(gradient) is ad.Zero:
        return [ad.Zero(v.aval) if ad.is_undefined_primal(v) else None for v in (channels, bias)]
    over_sites = jnp.sum(gradient, axis=tuple(range(1, gradient.ndim)))
    results = ((channels, gradient), (bias, over_sites))
    return [result if ad.is_undefined_primal(value) else None for value, result in results]


_add_p = batch_last("latflow_add_channel_bias", _add, shared=(1,))
ad.primitive_jvps[_add_p] = _add_jvp
ad.primitive_transposes[_add_p] = _add_transpose
