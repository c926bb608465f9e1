"""Any function of arrays' leading axes as one that keeps a batch last, and so do its derivatives.

Many of JAX's batching rules put a batch first: where a batched array meets an unbatched one of the
same rank, as in ``jnp.where(x > 1, 1, x)``, and in most derivatives of such functions. A function
that takes trailing axes as they come is called with them here, and so are its derivatives, of any
order. A derivative makes what it needs of the arguments again: of cheap functions of many
numbers, memory traffic decides (see ``docs/performance.md``).
"""

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import jax
from jax.interpreters import ad
from jaxtyping import Array

from latflow.batching import batch_last


def on_leading_axes(function: Callable, *arrays: Array) -> list[Array]:
    """``function(*arrays)``, called with the batch as trailing axes where there is one.

    Args:
        function: returns a list of arrays; hashable, and equal to another one that does the same
            (a function of a module, or an instance of a frozen class). Where all arrays get the
            same trailing axes, so must the results.
        arrays: real numbers.
    """
    return _call_p.bind(*arrays, function=function, n_linear=0)


@dataclasses.dataclass(frozen=True)
class _Tangent:
    """(arguments, their tangents) to the tangents of a function's results."""

    function: Callable

    def __call__(self, *arrays):
        n = len(arrays) // 2
        return jax.jvp(lambda *xs: self.function(*xs), arrays[:n], arrays[n:])[1]


@dataclasses.dataclass(frozen=True)
class _Cotangent:
    """(arguments, the cotangents of a function's results) to the cotangents of the arguments."""

    function: Callable
    n_arguments: int

    def __call__(self, *arrays):
        n = self.n_arguments
        back = jax.vjp(lambda *xs: self.function(*xs), *arrays[:n])[1]
        return list(back(list(arrays[n:])))


def _call(*arrays, function, n_linear):
    return function(*arrays)


def _call_jvp(primals, tangents, *, function, n_linear):
    values = _call_p.bind(*primals, function=function, n_linear=n_linear)
    filled = [ad.instantiate_zeros(tangent) for tangent in tangents]
    moved = _call_p.bind(*primals, *filled, function=_Tangent(function), n_linear=len(filled))
    return values, moved


def _call_transpose(cotangents, *arrays, function, n_linear):
    """Of a :class:`_Tangent` in its tangents, or of a :class:`_Cotangent` in its cotangents."""
    arguments, linear = arrays[: len(arrays) - n_linear], arrays[len(arrays) - n_linear :]
    filled = [ad.instantiate_zeros(cotangent) for cotangent in cotangents]
    inner: Any = function.function
    is_tangent = isinstance(function, _Tangent)
    transposed = _Cotangent(inner, len(arguments)) if is_tangent else _Tangent(inner)
    found = _call_p.bind(*arguments, *filled, function=transposed, n_linear=len(filled))
    wanted = [
        value if ad.is_undefined_primal(array) else None
        for value, array in zip(found, linear, strict=True)
    ]
    return [None] * len(arguments) + wanted


def _call_shape(*arrays, function, n_linear):
    return _shapes(function, *(jax.ShapeDtypeStruct(x.shape, x.dtype) for x in arrays))


@functools.lru_cache(maxsize=1024)
def _shapes(function, *structs):
    # A flow of equal layers asks for the same ones many times, and tracing takes its time.
    return jax.eval_shape(lambda *xs: function(*xs), *structs)


_call_p = batch_last("latflow_on_leading_axes", _call, several=True, shape=_call_shape)
ad.primitive_jvps[_call_p] = _call_jvp
ad.primitive_transposes[_call_p] = _call_transpose
