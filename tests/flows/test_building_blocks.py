"""Chains, inverted flows, rescaling and couplings, against what they are made of."""

from dataclasses import replace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from pydantic import ValidationError

from latflow.errors import ConfigError, FieldError
from latflow.fields import ProductSpace, RealScalar
from latflow.flows import (
    AffineCouplingSettings,
    Chain,
    Checkerboard,
    Identity,
    Invert,
    Rescale,
    RescaleSettings,
)
from latflow.flows.nets import ConvolutionSettings, DenseSettings
from latflow.lattice import Lattice

from .cases import coupling, randomised

pytestmark = pytest.mark.usefixtures("strict_promotion")

SQUARE = RealScalar(Lattice((4, 4)))


def built(settings, space=SQUARE, seed=3):
    return randomised(settings.build(space, jax.random.key(seed)), seed)


def field_on(shape, seed=1):
    return np.random.default_rng(seed).normal(size=shape)


def test_chain_applies_its_parts_in_order_and_adds_their_log_dets():
    # Parts that do not commute: a scale between two different couplings.
    parts = (
        built(coupling(layers=1)),
        Rescale(SQUARE, jnp.float64(0.4)),
        built(coupling(layers=1), seed=4),
    )
    chain, z = Chain(parts), field_on((4, 4))

    @jax.jit
    def run(z):
        x, total = z, 0.0
        for part in parts:
            x, log_det = part.forward(x)
            total += log_det
        nested = Chain((Chain(parts[:1]), Chain(parts[1:])))
        return (x, total), chain.forward(z), chain.inverse(x), nested.forward(z)

    (x, total), forward, inverse, nested = run(z)
    np.testing.assert_array_equal(forward[0], x)
    np.testing.assert_allclose([forward[1], nested[1], -inverse[1]], float(total), rtol=1e-12)
    np.testing.assert_allclose(inverse[0], z, rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(nested[0], x)


def test_nothing_to_do_is_the_identity_on_any_space():
    space = ProductSpace({"a": RealScalar(Lattice((3,))), "b": RealScalar(Lattice((3,)))})
    z = {"a": jnp.asarray(field_on((3,))), "b": jnp.asarray(field_on((3,)))}
    for x, log_det in (Identity(space).forward(z), Identity(space).inverse(z)):
        assert jax.tree.map(lambda a, b: bool((a == b).all()), x, z) == {"a": True, "b": True}
        assert log_det == 0 and log_det.dtype == jnp.float64
    assert {"z2", "translation", "even-translation"} <= Identity(space).symmetries
    assert Identity(space).moved_to(Lattice((5,))).space.lattice == Lattice((5,))
    with pytest.raises(FieldError, match="structure"):
        Identity(space).forward(z["a"])


def test_chains_of_nothing_or_of_different_spaces_are_refused():
    with pytest.raises(FieldError, match=r"Identity\(space\)"):
        Chain(())
    other = RescaleSettings().build(RealScalar(Lattice((4, 6))), jax.random.key(0))
    with pytest.raises(FieldError, match="4 x 4 and RealScalar on 4 x 6"):
        Chain((built(RescaleSettings()), other))


def test_a_chain_has_the_symmetries_that_all_parts_share():
    rescale, with_z2 = built(RescaleSettings()), built(coupling())
    without = built(coupling(equivariance="none"))
    assert rescale.symmetries == {"z2", "translation"}
    assert with_z2.symmetries == {"z2", "even-translation"}
    assert without.symmetries == {"even-translation"}
    assert Chain((rescale, with_z2)).symmetries == {"z2", "even-translation"}
    assert Chain((with_z2, rescale, without)).symmetries == {"even-translation"}
    assert Chain((rescale, rescale)).symmetries >= {"z2", "translation"}
    dense = built(coupling(DenseSettings(hidden=(4,))))
    assert dense.symmetries == {"z2"}
    assert Invert(without).symmetries == without.symmetries


def test_invert_swaps_the_directions():
    flow = built(coupling())
    z = field_on((4, 4))
    results = jax.jit(
        lambda z: {
            "forward": (flow.inverse(z), Invert(flow).forward(z), Invert(Invert(flow)).inverse(z)),
            "inverse": (flow.forward(z), Invert(flow).inverse(z), Invert(Invert(flow)).forward(z)),
        }
    )(z)
    for expected, *found in results.values():
        for x, log_det in found:
            np.testing.assert_array_equal(x, expected[0])
            np.testing.assert_array_equal(log_det, expected[1])


def test_rescale_multiplies_every_site():
    flow = RescaleSettings(scale=2.5).build(RealScalar(Lattice((3, 5))), jax.random.key(0))
    z = jnp.asarray(field_on((3, 5)), jnp.float32)
    x, log_det = flow.forward(z)
    np.testing.assert_allclose(x, 2.5 * z, rtol=1e-6)
    assert log_det == pytest.approx(15 * np.log(2.5), rel=1e-6)


def test_coupling_scales_and_shifts_the_active_sites_only():
    (layer,) = built(coupling(layers=1)).flows
    z = field_on((4, 4))
    odd = np.indices((4, 4)).sum(axis=0) % 2 == 1
    (x, log_det), ((scale,), (shift,)) = jax.jit(lambda z, f: (layer.forward(z), layer.net((f,))))(
        z, z[~odd]
    )
    np.testing.assert_array_equal(x[~odd], z[~odd])
    expected = z[odd] * np.exp(scale) + np.asarray(shift)
    np.testing.assert_allclose(np.asarray(x)[odd], expected, rtol=1e-13)
    np.testing.assert_allclose(log_det, np.asarray(scale).sum(), rtol=1e-13)


@pytest.mark.parametrize("net", [ConvolutionSettings(hidden=(3,)), DenseSettings(hidden=(3,))])
@pytest.mark.parametrize("equivariance", ["z2", "none"])
def test_layers_alternate_start_at_the_identity_and_depend_on_the_key_alone(net, equivariance):
    settings = coupling(net, layers=3, equivariance=equivariance)
    first, again, other = (settings.build(SQUARE, jax.random.key(n)) for n in (0, 0, 1))
    assert [layer.mask.active_is_odd for layer in first.flows] == [True, False, True]
    z = field_on((4, 4)).astype(np.float32)
    x, log_det = jax.jit(lambda z: first.forward(z))(z)
    np.testing.assert_array_equal(x, z)
    assert log_det == 0
    assert eqx.tree_equal(first, again)
    weights = [np.asarray(flow.flows[n].net.weights[0]) for flow, n in ((first, 0), (first, 2))]
    weights.append(np.asarray(other.flows[0].net.weights[0]))
    assert not any(np.array_equal(weights[i], weights[j]) for i, j in ((0, 1), (0, 2), (1, 2)))


def test_convolution_net_is_a_convolution_on_the_whole_lattice():
    """Kernels in row-major order of displacement: odd ones first, then even ones."""
    (layer,) = built(
        coupling(ConvolutionSettings(hidden=(2, 3)), layers=1, equivariance="none")
    ).flows
    net, field = layer.net, field_on((4, 4))
    window = np.array(list(np.ndindex(3, 3))) - 1

    def convolve(weights, channels, parity):
        displacements = window[window.sum(axis=1) % 2 == parity]
        assert len(displacements) == len(weights)
        moved = [np.roll(channels, tuple(-d), axis=(1, 2)) for d in displacements]
        return sum(
            np.einsum("oi,ixy->oxy", np.asarray(w), m) for w, m in zip(weights, moved, strict=True)
        )

    odd = np.indices((4, 4)).sum(axis=0) % 2 == 1
    hidden = field[None]
    for parity, weights, bias in zip((1, 0), net.weights, net.biases, strict=True):
        hidden = np.tanh(convolve(weights, hidden, parity) + np.asarray(bias)[:, None, None])
    expected = [
        (convolve(head, hidden, 0) + np.asarray(bias)[:, None, None])[:, odd]
        for head, bias in ((net.even_head, net.even_bias), (net.odd_head, net.odd_bias))
    ]
    found = jax.jit(lambda frozen: net((frozen,)))(field[~odd])
    np.testing.assert_allclose(found, expected, rtol=1e-12)


@pytest.mark.parametrize("shape", [(8, 8), (4, 8)], ids=str)
def test_convolutions_act_alike_on_lattices_of_any_size(shape):
    """A periodic field on a larger lattice is mapped to the periodic image."""
    flow, space = built(coupling(ConvolutionSettings(hidden=(3,)))), RealScalar(Lattice(shape))
    larger = Chain(
        tuple(
            replace(
                layer,
                mask=(board := Checkerboard(space, layer.mask.active_is_odd)),
                net=replace(layer.net, mask=board),
            )
            for layer in flow.flows
        )
    )
    repeats = tuple(n // 4 for n in shape)
    z = field_on((4, 4))
    x, log_det = jax.jit(lambda z: flow.forward(z))(z)
    big, big_log_det = jax.jit(lambda z: larger.forward(z))(np.tile(z, repeats))
    np.testing.assert_allclose(big, np.tile(x, repeats), rtol=1e-12)
    np.testing.assert_allclose(big_log_det, log_det * float(np.prod(repeats)), rtol=1e-12)


def test_impossible_couplings_are_refused_by_name():
    silu = ConvolutionSettings(activation="silu")
    with pytest.raises(ConfigError, match="odd activation") as caught:
        AffineCouplingSettings(net=silu).build(SQUARE, jax.random.key(0))
    assert caught.value.key == "model.flow.net.activation"
    with pytest.raises(ConfigError, match="even extents") as caught:
        AffineCouplingSettings().build(RealScalar(Lattice((4, 3))), jax.random.key(0))
    assert caught.value.key == "theory.shape"
    for refused in (
        lambda: ConvolutionSettings(kernel=4),
        lambda: ConvolutionSettings(kernel=1),
        lambda: ConvolutionSettings(hidden=(0,)),
        lambda: DenseSettings(activation="sigmoid"),
        lambda: AffineCouplingSettings(layers=0),
        lambda: AffineCouplingSettings(width=3),
        lambda: RescaleSettings(scale=0.0),
    ):
        with pytest.raises(ValidationError):
            refused()
