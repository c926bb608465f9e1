"""The hand-written primitives against the same functions in plain JAX, under every transform."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from latflow.fields import RealScalar
from latflow.flows._checkerboard import Checkerboard
from latflow.flows._periodic_shifts import PeriodicShifts
from latflow.flows._permute import PermutationTable, permute
from latflow.flows.nets._channel_bias import add_channel_bias
from latflow.flows.nets._site_convolution import site_convolution
from latflow.lattice import Lattice

pytestmark = pytest.mark.usefixtures("strict_promotion")


def close(found, expected):
    assert jax.tree.structure(found) == jax.tree.structure(expected)
    jax.tree.map(
        lambda f, e: np.testing.assert_allclose(f, e, rtol=1e-11, atol=1e-11), found, expected
    )


def normal(seed, *shape):
    return jnp.asarray(np.random.default_rng(seed).normal(size=shape))


def transforms_of_convolution(convolve):
    """Results of every transform of a function of (weights, channels), by name."""

    def everything(weights, channels, out, w_tangent, c_tangent):
        # Leading axis of each argument: a batch of three. One element of it where a function
        # of a single configuration is meant.
        w, c, o = weights[0], channels[0], out[0]
        dw, dc = w_tangent[0], c_tangent[0]
        results = {"value": convolve(w, c)}
        results["jvp weights"] = jax.jvp(lambda w: convolve(w, c), (w,), (dw,))
        results["jvp channels"] = jax.jvp(lambda c: convolve(w, c), (c,), (dc,))
        results["jvp"] = jax.jvp(convolve, (w, c), (dw, dc))
        results["vjp"] = jax.vjp(convolve, w, c)[1](o)

        last = jnp.moveaxis(channels, 0, -1)
        over_channels = jax.vmap(convolve, in_axes=(None, 0))
        results["vmap"] = over_channels(w, channels)
        results["vmap last"] = jax.vmap(convolve, in_axes=(None, -1), out_axes=-1)(w, last)
        results["vmap weights"] = jax.vmap(convolve, in_axes=(0, None))(weights, c)
        results["vmap both"] = jax.vmap(convolve)(weights, channels)
        results["vmap weights last"] = jax.vmap(convolve, in_axes=(-1, 0))(
            jnp.moveaxis(weights, 0, -1), channels
        )
        grid = jax.vmap(jax.vmap(convolve, in_axes=(None, 0)), in_axes=(0, None))
        results["vmap of vmap"] = grid(weights, channels)
        nested = jax.vmap(over_channels, in_axes=(None, 0))
        results["vmap of vmap over channels"] = nested(w, jnp.stack([channels, 2 * channels]))

        def single(w, c, o):
            return (jnp.sin(convolve(w, c)) * o).sum()

        def batched(w, channels):
            return (jnp.sin(over_channels(w, channels)) * out).sum()

        both = (0, 1)
        results["grad of vmap"] = jax.grad(batched, both)(w, channels)
        results["vmap of grad"] = jax.vmap(jax.grad(single, both), in_axes=(None, 0, 0))(
            w, channels, out
        )
        results["vmap of grad over weights"] = jax.vmap(jax.grad(single, both), (0, None, 0))(
            weights, c, out
        )
        results["vmap of grad over both"] = jax.vmap(jax.grad(single, both))(weights, channels, out)
        # The cotangent alone varies: the weight gradient has one operand in the batch.
        pullback = jax.vjp(convolve, w, c)[1]
        results["vmap of vjp"] = jax.vmap(pullback)(out)
        # Forward over reverse, and reverse over reverse: all second derivatives.
        results["jvp of grad"] = jax.jvp(jax.grad(batched, both), (w, channels), (dw, c_tangent))

        def slope(w, channels):
            gradients = jax.grad(batched, both)(w, channels)
            return (gradients[0] * dw).sum() + (gradients[1] * c_tangent).sum()

        results["grad of grad"] = jax.grad(slope, both)(w, channels)
        return results

    return everything


TABLES = {
    "to frozen, 4x6": (Checkerboard(RealScalar(Lattice((4, 6))), active_is_odd=True), 1, True),
    "to frozen, 2x2x2": (Checkerboard(RealScalar(Lattice((2, 2, 2))), False), 1, True),
    "to active, 2x4, neighbours coincide": (
        Checkerboard(RealScalar(Lattice((2, 4))), False),
        1,
        False,
    ),
}


CHANNELS = [(2, 3), (3, 2), (3, 2), (2, 3)]
SHIFTS = "shifts of a grid"


@pytest.mark.parametrize(
    ("name", "n_in", "n_out"), [(k, *n) for k, n in zip([*TABLES, SHIFTS], CHANNELS, strict=True)]
)
def test_site_convolution(name, n_in, n_out):
    if name == SHIFTS:
        table = PeriodicShifts((4, 2), ((-1, 0, 2), (-1, 0)))
    else:
        checkerboard, radius, of_frozen = TABLES[name]
        table = checkerboard.neighbourhood(radius, of_frozen)
    sites, taps = table.columns.shape

    def reference(weights, channels):
        return jnp.einsum("koi,ixk->ox", weights, channels[:, table.columns])

    weights, w_tangent = normal(1, 3, taps, n_out, n_in), normal(2, 3, taps, n_out, n_in)
    channels, c_tangent = normal(3, 3, n_in, sites), normal(4, 3, n_in, sites)
    arguments = (weights, channels, normal(5, 3, n_out, sites), w_tangent, c_tangent)
    found = transforms_of_convolution(lambda w, c: site_convolution(w, c, table))
    expected = transforms_of_convolution(reference)
    close(jax.jit(found)(*arguments), jax.jit(expected)(*arguments))


def test_channel_bias():
    def arguments(first):
        return [normal(k, 3, *s) for k, s in ((first, (2, 4)), (first + 1, (2,)))]

    (channels, bias), (dc, db) = arguments(1), arguments(3)
    out = normal(5, 3, 2, 4)

    def everything(add):
        def curved(c, b):
            return (jnp.sin(add(c, b)) * out[0]).sum()

        def batched(c, b):
            return (jnp.sin(jax.vmap(add, in_axes=(0, None))(c, b)) * out).sum()

        def run():
            one = (channels[0], bias[0])
            pullback = jax.vjp(add, *one)[1]
            return {
                "value": add(*one),
                "jvp": jax.jvp(add, one, (dc[0], db[0])),
                "jvp bias": jax.jvp(lambda b: add(one[0], b), one[1:], (db[0],)),
                "vmap": jax.vmap(add, in_axes=(0, None))(channels, bias[0]),
                "vmap bias": jax.vmap(add, in_axes=(None, 0))(channels[0], bias),
                "vmap both": jax.vmap(add)(channels, bias),
                "vmap of vmap": jax.vmap(lambda b: jax.vmap(lambda c: add(c, b))(channels))(bias),
                "vmap of vjp": jax.vmap(pullback)(out),
                "grad of vmap": jax.grad(batched, (0, 1))(channels, bias[0]),
                "vmap of grad": jax.vmap(jax.grad(curved, (0, 1)), (0, None))(channels, bias[0]),
                "vmap of grad over both": jax.vmap(jax.grad(curved, (0, 1)))(channels, bias),
                "hessian": jax.hessian(curved, (0, 1))(*one),
            }

        return run

    found = jax.jit(everything(add_channel_bias))()
    close(found, jax.jit(everything(lambda c, b: c + b[:, None]))())


def test_site_convolution_outside_of_jit_by_loops():
    table = PermutationTable(np.array([[1, 2], [2, 0], [0, 1]]))
    weights, channels = normal(1, 2, 2, 1), normal(2, 1, 3)
    expected = np.zeros((2, 3))
    for tap, output, site in np.ndindex(2, 2, 3):
        expected[output, site] += weights[tap, output, 0] * channels[0, table.columns[site, tap]]
    close(site_convolution(weights, channels, table), jnp.asarray(expected))


@pytest.mark.parametrize("dtype", [jnp.float32, jnp.float64])
def test_site_convolution_keeps_the_precision(dtype):
    table = Checkerboard(RealScalar(Lattice((2, 2))), True).neighbourhood(1, True)
    weights, channels = normal(1, len(table), 2, 1).astype(dtype), normal(2, 1, 2).astype(dtype)
    value, pullback = jax.vjp(lambda w, c: site_convolution(w, c, table), weights, channels)
    assert {value.dtype, *(g.dtype for g in pullback(value))} == {jnp.dtype(dtype)}


def test_permute():
    order = np.random.default_rng(1).permutation(6)
    table = PermutationTable(order[:, None])
    values, tangent, out = normal(2, 3, 6), normal(3, 3, 6), normal(4, 3, 6)

    def everything(move):
        def run():
            batch_last = jax.vmap(move, in_axes=-1, out_axes=-1)(values.T)
            nested = jax.vmap(jax.vmap(move, in_axes=1, out_axes=0))(
                values[..., None] * out[:, None]
            )
            return {
                "value": move(values[0]),
                "jvp": jax.jvp(move, (values[0],), (tangent[0],)),
                "vjp": jax.vjp(move, values[0])[1](out[0]),
                "vmap": jax.vmap(move)(values),
                "vmap last": batch_last,
                "vmap of vmap": nested,
                "grad of vmap": jax.grad(lambda v: (jax.vmap(move)(v) ** 3 * out).sum())(values),
                "vmap of grad": jax.vmap(jax.grad(lambda v: (move(v) ** 3).sum()))(values),
                "hessian": jax.hessian(lambda v: (move(v) ** 3 * out[0]).sum())(values[0]),
                "forward": jax.jacfwd(move)(values[0]),
                "reverse": jax.jacrev(move)(values[0]),
            }

        return run

    found = jax.jit(everything(lambda v: permute(v, table)))()
    close(found, jax.jit(everything(lambda v: v[order]))())
    close(permute(permute(values[0], table), table.inverse), values[0])


def test_tables_are_equal_by_content():
    columns = np.array([[0, 1], [1, 0]])
    table = PermutationTable(columns)
    assert table == PermutationTable(columns.copy())
    assert hash(table) == hash(PermutationTable(columns.copy()))
    assert table != PermutationTable(columns[:, ::-1])
    assert table != PermutationTable(columns[:, :1])
    assert len(table) == 2


def test_a_batch_may_be_spread_over_devices():
    mesh = jax.sharding.Mesh(np.array(jax.devices()[:2]), ("batch",))
    spec = jax.sharding.PartitionSpec("batch")
    table = Checkerboard(RealScalar(Lattice((2, 2))), True).neighbourhood(1, True)
    weights, channels = normal(1, len(table), 2, 1), normal(2, 4, 1, 2)
    order = PermutationTable(np.array([[1], [0]]))

    def function(channels):
        moved = jax.vmap(lambda c: permute(c[0], order)[None])(channels)
        return jax.vmap(lambda c: site_convolution(weights, c, table))(moved)

    expected = jax.jit(function)(channels)
    spread = jax.device_put(channels, jax.sharding.NamedSharding(mesh, spec))
    by_shards = jax.shard_map(function, mesh=mesh, in_specs=spec, out_specs=spec)
    close(jax.jit(by_shards)(spread), expected)
    close(jax.jit(function)(spread), expected)
