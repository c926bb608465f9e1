"""Arrays over a lattice as vectors over its sites, and back, with the batch last."""

import math

from jax.interpreters import ad
from jaxtyping import Array, Shaped

from latflow.batching import batch_last
from latflow.lattice import Lattice


def rows_of(values: Shaped[Array, "*lattice"], lattice: Lattice) -> Shaped[Array, " sites"]:
    """The values on all sites in row-major order; ``reshape`` would put a batch first."""
    return _rows_p.bind(values, shape=lattice.shape)


def on_lattice_of(rows: Shaped[Array, " sites"], lattice: Lattice) -> Shaped[Array, "*lattice"]:
    """The inverse of :func:`rows_of`."""
    return _lattice_p.bind(rows, shape=lattice.shape)


def _rows(values, *, shape):
    return values.reshape(math.prod(shape), *values.shape[len(shape) :])


def _lattice(rows, *, shape):
    return rows.reshape(*shape, *rows.shape[1:])


_rows_p = batch_last("latflow_rows", _rows)
_lattice_p = batch_last("latflow_on_lattice", _lattice)
ad.deflinear2(_rows_p, lambda gradient, _, *, shape: [_lattice_p.bind(gradient, shape=shape)])
ad.deflinear2(_lattice_p, lambda gradient, _, *, shape: [_rows_p.bind(gradient, shape=shape)])
