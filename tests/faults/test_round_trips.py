"""Forward and back again, for every flow, with parameters that training may come to."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from latflow.runs import build_model, config_from

THEORY = {"kind": "phi4", "shape": [4, 4], "beta": 0.3, "lam": 0.5}
FLOWS = {
    "affine-coupling": {"layers": 2},
    "spline-coupling": {"layers": 2},
    "rescale": {},
    "psd": {},
    "symmetric-spline": {},
}
# Added to parameters; those of couplings are of a net, which multiplies them many times.
SPREADS = {"affine-coupling": 0.2, "spline-coupling": 1.0, "psd": 1.0}
TOLERANCES = {"single": 1e-5, "double": 1e-12}
N_FIELDS = 64


def hostile(kind, precision, spread, seed):
    """A flow of the kind with random numbers added to all its parameters."""
    block = {"kind": kind, **FLOWS[kind]}
    raw = {"theory": THEORY, "model": {"flow": [block]}, "training": {}}
    model = build_model(config_from(raw))
    assert model is not None
    dtype = jnp.float32 if precision == "single" else jnp.float64
    leaves, structure = jax.tree.flatten(model.flow, is_leaf=lambda leaf: leaf is None)
    keys = jax.random.split(jax.random.key(seed), len(leaves))
    changed = [
        (leaf + spread * jax.random.normal(key, leaf.shape)).astype(dtype)
        if eqx.is_inexact_array(leaf)
        else leaf
        for key, leaf in zip(keys, leaves, strict=True)
    ]
    return jax.tree.unflatten(structure, changed), dtype


@pytest.mark.parametrize("precision", ["single", "double"])
@pytest.mark.parametrize("kind", FLOWS)
@pytest.mark.parametrize("seed", [0, *(pytest.param(n, marks=pytest.mark.slow) for n in (1, 2, 3))])
def test_forward_and_back(kind, precision, seed):
    flow, dtype = hostile(kind, precision, SPREADS.get(kind, 3.0), seed)
    fields = 3 * jax.random.normal(jax.random.key(seed + 10), (N_FIELDS, 4, 4), dtype)

    @jax.jit
    def there_and_back(fields):
        def one(field):
            out, log_det = flow.forward(field)
            back, inverse_log_det = flow.inverse(out)
            return back, log_det + inverse_log_det, out

        return jax.vmap(one)(fields)

    back, log_dets, out = (np.asarray(part, np.float64) for part in there_and_back(fields))
    fields, tolerance = np.asarray(fields, np.float64), TOLERANCES[precision]
    assert np.isfinite(out).all() and np.isfinite(back).all()
    error = np.abs(back - fields) / np.maximum(1, np.abs(fields))
    assert error.max() <= tolerance, f"up to {error.max():.1e}, {np.mean(error > tolerance):.1%}"
    assert np.abs(log_dets).max() <= 1000 * tolerance
