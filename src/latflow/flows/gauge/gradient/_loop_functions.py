r"""Sums of Wilson loops that are eigenfunctions of the Laplacian on the group.

A function of one loop P whose n links are all different, chi_r(P) with the character of an
irreducible representation r, has -Laplacian n C_r chi_r with the quadratic Casimir C_r: every
link sees one representation. Two plaquettes X and Y that share one link, both read from its
beginning along it, have six links in the fundamental representation, while the shared one is in
the product of two: tr X Y^+ does not contain it, and

    tr X tr Y* - tr X Y^+ / N,   tr X tr Y + tr X Y,   tr X tr Y - tr X Y

have it in the adjoint, the symmetric and the antisymmetric representation. So the divergence of the
gradient of a sum of such functions is a sum of them, and costs nothing.

Source: Luescher, Commun. Math. Phys. 293 (2010) 899 (arXiv:0907.5491), section 4.
"""

from typing import Literal, NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Complex, Float

from latflow.errors import ConfigError
from latflow.fields import Field
from latflow.fields.links import LinkSpace, SULinks, U1Links
from latflow.flows.gauge.gradient._around_links import around_links, bent_pairs, of_planes

Loops = Literal["plaquettes", "pairs"]
Matrices = Complex[Array, "n n ..."]
Numbers = Float[Array, "..."]
GaugeSpace = U1Links | SULinks


class LoopFunction(NamedTuple):
    """A sum of real parts of loops over the lattice.

    Attributes:
        name: of the function.
        eigenvalue: of minus the Laplacian, in the metric of the space.
    """

    name: str
    eigenvalue: float


def order_of(space: GaugeSpace) -> int:
    """N of SU(N); one for U(1)."""
    return space.n if isinstance(space, SULinks) else 1


def fundamental_casimir(space: GaugeSpace) -> float:
    """C_f = (N^2 - 1) / 2N; one for U(1), whose derivative is that by the angle."""
    n = order_of(space)
    return 1.0 if n == 1 else (n * n - 1) / (2 * n)


def loop_functions(space: GaugeSpace, loops: Loops) -> tuple[LoopFunction, ...]:
    """The functions whose values :func:`loop_sums` gives, in its order.

    Raises:
        ConfigError: on an extent of the lattice loops would meet themselves.
    """
    _require_extents(space, loops)
    found = [LoopFunction(name, 4 * c) for name, c in _casimirs(space).items()]
    if loops == "pairs":
        kinds = ["straight", "bent"] if space.lattice.ndim > 2 else ["straight"]
        outer, inner = 6 * fundamental_casimir(space), _casimirs_of_pairs(space)
        found += [
            LoopFunction(f"{k} {name}", outer + c) for k in kinds for name, c in inner.items()
        ]
    return tuple(found)


def loop_sums(space: GaugeSpace, field: Field, loops: Loops) -> Float[Array, "functions ..."]:
    """The values of all functions, summed in double precision.

    Args:
        space: of the field, which may have further axes behind those of the lattice.
        field: the links.
        loops: plaquettes only, or pairs of them that share a link as well: straight ones in one
            plane and, in three dimensions or more, bent ones.
    """
    ndim, around = space.lattice.ndim, around_links(_matrices(space, field))
    terms = _of_plaquettes(of_planes(around.upper, ndim))
    if loops == "pairs":
        terms += _of_pairs(*around)
        terms += _of_pairs(*bent_pairs(around, ndim)) if ndim > 2 else []
    # Over pairs of axes and over sites.
    axes = tuple(range(1 + ndim))
    return jnp.stack([jnp.sum(term, axis=axes, dtype=jnp.float64) for term in terms])


def _casimirs(space: GaugeSpace) -> dict[str, float]:
    """Representations of a plaquette, and their Casimirs."""
    n = order_of(space)
    if n == 1:
        return {"charge 1": 1.0, "charge 2": 4.0, "charge 3": 9.0}
    if n == 2:
        return {"spin 1/2": 0.75, "spin 1": 2.0, "spin 3/2": 3.75}
    found = {"fundamental": fundamental_casimir(space), "adjoint": float(n)}
    return found | _two_indices(n)


def _casimirs_of_pairs(space: GaugeSpace) -> dict[str, float]:
    """Representations of the link that two plaquettes share, and their Casimirs."""
    n = order_of(space)
    if n == 1:
        return {"charge 0": 0.0, "charge 2": 4.0}
    found = {"trivial": 0.0, "adjoint": float(n)}
    if n == 2:
        return found
    antisymmetric = (n + 1) * (n - 2) / n
    return found | {"symmetric": (n - 1) * (n + 2) / n, "antisymmetric": antisymmetric}


def _two_indices(n: int) -> dict[str, float]:
    """The antisymmetric one of SU(3) is the conjugate of the fundamental one."""
    found = {"symmetric": (n - 1) * (n + 2) / n}
    return found | ({"antisymmetric": (n + 1) * (n - 2) / n} if n > 3 else {})


def _matrices(space: GaugeSpace, field: Field) -> Complex[Array, "n n axes ..."]:
    return field if isinstance(space, SULinks) else space.trace(field)[None, None]


def _of_plaquettes(loop: Matrices) -> list[Numbers]:
    """Characters, in the order of their names."""
    n = loop.shape[0]
    t = _trace(loop)
    if n == 1:
        return [t.real, (t * t).real, (t * t * t).real]
    if n == 2:
        t = t.real
        return [t, t * t - 1, t * t * t - 2 * t]
    square, twice = (t * t).real, _trace_of_product(loop, loop).real
    found = [t.real, _modulus2(t) - 1, (square + twice) / 2]
    return found + ([(square - twice) / 2] if n > 3 else [])


def _of_pairs(first: Matrices, second: Matrices) -> list[Numbers]:
    """Functions of two loops that share their first link, in the order of their names."""
    n = first.shape[0]
    # Re tr X Y^+, where the shared link is gone.
    without = jnp.sum(first.real * second.real + first.imag * second.imag, axis=(0, 1))
    if n == 1:
        return [without, (first[0, 0] * second[0, 0]).real]
    s, t = _trace(first), _trace(second)
    adjoint = s.real * t.real + s.imag * t.imag - without / n
    if n == 2:
        return [without, adjoint]
    both, together = (s * t).real, _trace_of_product(first, second).real
    return [without, adjoint, both + together, both - together]


def _trace(loop: Matrices) -> Complex[Array, "..."]:
    n = loop.shape[0]
    one = jnp.eye(n, dtype=loop.dtype).reshape(n, n, *(1,) * (loop.ndim - 2))
    return jnp.sum(one * loop, axis=(0, 1))


def _trace_of_product(first: Matrices, second: Matrices) -> Complex[Array, "..."]:
    return jnp.sum(first * jnp.swapaxes(second, 0, 1), axis=(0, 1))


def _modulus2(number: Complex[Array, "..."]) -> Numbers:
    return number.real * number.real + number.imag * number.imag


def _require_extents(space: LinkSpace, loops: Loops) -> None:
    shape, least = space.lattice.shape, 2 if loops == "plaquettes" else 3
    if space.lattice.ndim < 2:
        raise ConfigError("theory.shape", "gradient flows of gauge fields need two dimensions")
    if min(shape) < least:
        advice = "" if loops == "plaquettes" else ', or loops = "plaquettes"'
        raise ConfigError(
            "theory.shape",
            f'a gradient flow with loops = "{loops}" needs extents of at least {least}{advice}: '
            f"got {list(shape)}",
        )
