"""Arrays over a lattice as vectors over its sites, and back, with the batch last."""

import math

from jax.interpreters import ad
from jaxtyping import Array, Shaped

from latflow.batching import batch_last
from latflow.lattice import Lattice


def rows_of(
    values: Shaped[Array, "..."], lattice: Lattice, components: int = 0
) -> Shaped[Array, "..."]:
    """The values on all sites in row-major order; ``reshape`` would put a batch first.

    Args:
        values: of the lattice's shape.
        lattice: whose axes they are.
        components: how many axes there are in front of those of the lattice.
    """
    return _rows_p.bind(values, shape=lattice.shape, components=components)


def on_lattice_of(
    rows: Shaped[Array, "..."], lattice: Lattice, components: int = 0
) -> Shaped[Array, "..."]:
    """The inverse of :func:`rows_of`."""
    return _lattice_p.bind(rows, shape=lattice.shape, components=components)


def _rows(values, *, shape, components):
    before, behind = values.shape[:components], values.shape[components + len(shape) :]
    return values.reshape(*before, math.prod(shape), *behind)


def _lattice(rows, *, shape, components):
    return rows.reshape(*rows.shape[:components], *shape, *rows.shape[components + 1 :])


_rows_p = batch_last("latflow_rows", _rows)
_lattice_p = batch_last("latflow_on_lattice", _lattice)
ad.deflinear2(_rows_p, lambda gradient, _, **parameters: [_lattice_p.bind(gradient, **parameters)])
ad.deflinear2(_lattice_p, lambda gradient, _, **parameters: [_rows_p.bind(gradient, **parameters)])
