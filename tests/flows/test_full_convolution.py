"""The full-lattice network is the usual masked CNN, written here with XLA's convolution."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from latflow.fields import RealScalar
from latflow.flows import Checkerboard, Representation
from latflow.flows.nets import FullConvolutionSettings
from latflow.lattice import Lattice

from .cases import randomised

pytestmark = pytest.mark.usefixtures("strict_promotion")


def masked_cnn(net, field):
    """Even and odd numbers on active sites: periodic convolutions of the masked field."""
    ndim, radius = field.ndim, net.radius
    odd = np.indices(field.shape).sum(axis=0) % 2 == 1
    active = odd if net.mask.active_is_odd else ~odd

    def convolve(channels, weights, bias):
        kernel = weights.transpose(1, 2, 0).reshape(*weights.shape[1:], *[2 * radius + 1] * ndim)
        padded = jnp.pad(channels, [(0, 0)] + [(radius, radius)] * ndim, mode="wrap")
        result = jax.lax.conv_general_dilated(padded[None], kernel, [1] * ndim, "VALID")[0]
        return result if bias is None else result + bias.reshape(-1, *[1] * ndim)

    hidden = jnp.where(active, 0.0, field)[None]
    for weights, bias in zip(net.weights, net.biases, strict=True):
        hidden = jnp.tanh(convolve(hidden, weights, bias))
    even = hidden**2 if net.equivariant else hidden
    even = convolve(even, net.even_head, net.even_bias)
    odd = convolve(hidden, net.odd_head, net.odd_bias)
    return tuple(part.reshape(len(part), -1)[:, active.ravel()] for part in (even, odd))


@pytest.mark.first_cases(3)
@pytest.mark.parametrize(
    ("shape", "kernel", "hidden", "equivariant"),
    [
        ((4, 6), 3, (3, 4, 2), False),
        ((6, 4), 3, (3, 4), True),
        ((2, 4), 3, (4, 3), False),
        ((8,), 3, (3, 2), False),
        ((4, 2, 6), 3, (2, 3), True),
        ((6, 8), 5, (2, 3), False),
    ],
    ids=str,
)
@pytest.mark.parametrize("active_is_odd", [True, False])
def test_values_and_gradients_are_those_of_the_masked_cnn(
    shape, kernel, hidden, equivariant, active_is_odd
):
    board = Checkerboard(RealScalar(Lattice(shape)), active_is_odd)
    settings = FullConvolutionSettings(hidden=hidden, kernel=kernel)
    net = randomised(
        settings.build(board, Representation(1, 1), equivariant, jax.random.key(0)),
        seed=1,
        scale=0.5,
    )
    random = np.random.default_rng(2)
    fields = jnp.asarray(random.normal(size=(3, *shape)))
    out = jnp.asarray(random.normal(size=(2, board.lattice.volume // 2)))
    parameters, static = eqx.partition(net, eqx.is_inexact_array)

    def results(evaluate):
        def total(parameters, fields):
            one = lambda field: evaluate(eqx.combine(parameters, static), field)  # noqa: E731
            values = jax.vmap(one)(fields)
            return sum((v * o).sum() for v, o in zip(values, out, strict=True)), values

        return jax.jit(jax.value_and_grad(total, (0, 1), has_aux=True))(parameters, fields)

    found = results(lambda net, field: net(board.split(field)[1]))
    expected = results(masked_cnn)
    jax.tree.map(
        lambda f, e: np.testing.assert_allclose(f, e, rtol=1e-10, atol=1e-10), found, expected
    )


def test_the_first_layer_keeps_the_variance_of_its_input():
    board = Checkerboard(RealScalar(Lattice((16, 16))), True)
    net = FullConvolutionSettings(hidden=(64, 64)).build(
        board, Representation(1, 1), False, jax.random.key(3)
    )
    # Five of the nine taps at most meet a frozen site.
    assert float(jnp.mean(net.weights[0] ** 2)) * 5 == pytest.approx(1, rel=0.2)
    assert float(jnp.mean(net.weights[1] ** 2)) * 9 * 64 == pytest.approx(1, rel=0.05)
