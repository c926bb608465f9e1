"""Convolutions as JAX primitives: bilinear maps that keep the batch last under every transform."""

from collections.abc import Callable

import jax
from jax.interpreters import ad

from latflow.batching import EVERY, batch_last


def convolution_primitive(
    name: str, convolve: Callable, correlate: Callable, transposed: Callable
) -> Callable:
    """A function ``(weights, channels, geometry) -> outputs`` that JAX can transform.

    It is closed under differentiation: the gradient of the channels is a convolution, that of
    the weights a correlation, and so are the gradients of these. Channels have the shape
    (n, sites) or, under ``vmap``, (n, sites, *batch); the number of sites stays.

    Args:
        name: what the primitives are called in a jaxpr.
        convolve: ``(weights, channels, geometry)``; weights of shape (taps, n_out, n_in).
        correlate: ``(outputs, channels, geometry)``, the gradient of the weights.
        transposed: ``(weights, geometry)`` of the transposed map of the channels.

    A geometry is hashable, and its length is the number of taps.
    """

    def convolve_shape(weights, channels, *, geometry):
        return jax.ShapeDtypeStruct((weights.shape[1], *channels.shape[1:]), channels.dtype)

    def correlate_shape(outputs, channels, *, geometry):
        n_out, n_in = outputs.shape[0], channels.shape[0]
        return jax.ShapeDtypeStruct((len(geometry), n_out, n_in), channels.dtype)

    def convolve_to_channels(gradient, weights, channels, *, geometry):
        weights, back = transposed(weights, geometry)
        return convolve_p.bind(weights, gradient, geometry=back)

    def convolve_to_weights(gradient, weights, channels, *, geometry):
        return correlate_p.bind(gradient, channels, geometry=geometry)

    def correlate_to_outputs(gradient, outputs, channels, *, geometry):
        return convolve_p.bind(gradient, channels, geometry=geometry)

    def correlate_to_channels(gradient, outputs, channels, *, geometry):
        weights, back = transposed(gradient, geometry)
        return convolve_p.bind(weights, outputs, geometry=back)

    def primitive(name, function, shape, shared, to_first, to_second):
        def run(first, second, *, geometry):
            return function(first, second, geometry)

        new = batch_last(name, run, shared=shared, shape=shape)
        ad.defbilinear(new, to_first, to_second)
        return new

    # Weights that differ from one configuration to the next are plain batched products.
    convolve_p = primitive(
        f"{name}_convolution",
        convolve,
        convolve_shape,
        (0,),
        convolve_to_weights,
        convolve_to_channels,
    )
    correlate_p = primitive(
        f"{name}_correlation",
        correlate,
        correlate_shape,
        EVERY,
        correlate_to_outputs,
        correlate_to_channels,
    )
    return lambda weights, channels, geometry: convolve_p.bind(weights, channels, geometry=geometry)
