"""Products of links along paths: plaquettes, staples, Wilson lines and loops, Polyakov loops.

Everything holds for any group and any dimension; a path that starts at x is an element on all
sites x at once.
"""

from collections.abc import Callable

import jax.numpy as jnp
from jaxtyping import Array, Complex, Float

from latflow.fields._space import Field
from latflow.fields.links._link_space import Elements, LinkSpace


def plaquette(space: LinkSpace, field: Field, mu: int, nu: int) -> Elements:
    """P_{mu nu}(x) = U_mu(x) U_nu(x+mu) U_mu(x+nu)^-1 U_nu(x)^-1."""
    along, across = space.link(field, mu), space.link(field, nu)
    there = space.multiply(along, space.shift(across, mu))
    back = space.multiply(across, space.shift(along, nu))
    return space.multiply(there, space.inverse(back))


def planes(space: LinkSpace) -> list[tuple[int, int]]:
    """All pairs of axes mu < nu."""
    ndim = space.lattice.ndim
    return [(mu, nu) for mu in range(ndim) for nu in range(mu + 1, ndim)]


def staples(
    space: LinkSpace,
    field: Field,
    mu: int,
    restrict: Callable[[Elements], Elements] = lambda elements: elements,
) -> list[Elements]:
    """The 2 (D - 1) staples A of the links along mu: U_mu(x) A is a plaquette.

    For each nu the upper one, U_nu(x+mu) U_mu(x+nu)^-1 U_nu(x)^-1, and the lower one,
    U_nu(x+mu-nu)^-1 U_mu(x-nu)^-1 U_nu(x-nu).

    Args:
        restrict: applied to displaced links before they are multiplied: where only some sites
            are wanted, it takes values on all sites to values on those.
    """
    along, found = space.link(field, mu), []
    for nu in range(space.lattice.ndim):
        if nu == mu:
            continue
        across = space.link(field, nu)
        for upper in (True, False):
            start = across if upper else space.shift(across, nu, -1)
            end, side = space.shift(start, mu), space.shift(along, nu, 1 if upper else -1)
            start, end, side = restrict(start), restrict(end), restrict(side)
            if upper:
                staple = space.multiply(end, space.inverse(space.multiply(start, side)))
            else:
                staple = space.multiply(space.inverse(space.multiply(side, end)), start)
            found.append(staple)
    return found


def line(space: LinkSpace, field: Field, axis: int, length: int) -> Elements:
    """The product of ``length`` >= 1 links along an axis, from x on; by doubling."""
    product, have = space.link(field, axis), 1
    for digit in bin(length)[3:]:
        product = space.multiply(product, space.shift(product, axis, have))
        have *= 2
        if digit == "1":
            product = space.multiply(product, space.shift(space.link(field, axis), axis, have))
            have += 1
    return product


def wilson_loops(space: LinkSpace, field: Field, size: int) -> Float[Array, "size size"]:
    """W(R, T), R and T = 1 ... size: means of Re tr / N over sites, planes and orientations.

    Lines grow link by link; a loop is two pairs of them.
    """
    lines = [_lines(space, field, axis, size) for axis in range(space.lattice.ndim)]
    pairs = planes(space)
    means = [[jnp.zeros((), jnp.float64)] * size for _ in range(size)]
    for mu, nu in pairs:
        for r in range(1, size + 1):
            for t in range(1, size + 1):
                there = space.multiply(lines[mu][r - 1], space.shift(lines[nu][t - 1], mu, r))
                back = space.multiply(lines[nu][t - 1], space.shift(lines[mu][r - 1], nu, t))
                loop = space.multiply(there, space.inverse(back))
                mean = jnp.mean(space.real_trace(loop), dtype=jnp.float64) / len(pairs)
                means[r - 1][t - 1] = means[r - 1][t - 1] + mean / 2
                means[t - 1][r - 1] = means[t - 1][r - 1] + mean / 2
    return jnp.stack([jnp.stack(row) for row in means])


def polyakov_loop(space: LinkSpace, field: Field, axis: int) -> Complex[Array, ""]:
    """The mean over sites of tr / N of the line that winds once around an axis."""
    loop = space.trace(line(space, field, axis, space.lattice.shape[axis]))
    return jnp.mean(loop.astype(jnp.complex128))


def _lines(space: LinkSpace, field: Field, axis: int, size: int) -> list[Elements]:
    """The lines of 1 ... size links along an axis."""
    link = space.link(field, axis)
    lines = [link]
    for length in range(1, size):
        lines.append(space.multiply(lines[-1], space.shift(link, axis, length)))
    return lines
