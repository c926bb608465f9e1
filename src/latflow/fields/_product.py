"""Several kinds of fields at once: links and spins, links and pseudofermions."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
from jaxtyping import Array, Float, Key, PyTree

from latflow.errors import FieldError
from latflow.fields._space import Field, FieldSpace, Tangent
from latflow.lattice import Lattice


class ProductSpace(FieldSpace):
    """Fields that are dictionaries, with one part from each of several spaces.

    Args:
        parts: spaces on one lattice, by the name of their part of the field.

    Raises:
        FieldError: there are none, or their lattices differ.
    """

    names: tuple[str, ...] = eqx.field(static=True)
    spaces: tuple[FieldSpace, ...]

    def __init__(self, parts: dict[str, FieldSpace]):
        # Sorted, as JAX sorts the keys of dictionaries.
        self.names = tuple(sorted(parts))
        self.spaces = tuple(parts[name] for name in self.names)

    def __check_init__(self):
        if not self.spaces or any(space.lattice != self.lattice for space in self.spaces):
            raise FieldError("a product of spaces needs at least one, all on the same lattice")

    @property
    def lattice(self) -> Lattice:  # pyright: ignore[reportIncompatibleVariableOverride]
        """That of all parts."""
        return self.spaces[0].lattice

    @property
    def parts(self) -> dict[str, FieldSpace]:
        """The spaces by name."""
        return dict(zip(self.names, self.spaces, strict=True))

    @property
    def is_compact(self) -> bool:
        """If all parts are."""
        return all(space.is_compact for space in self.spaces)

    @property
    def n_variables(self) -> int:
        """The sum over the parts."""
        return sum(space.n_variables for space in self.spaces)

    def structure(self, dtype) -> dict[str, Any]:
        """Those of the parts."""
        return self._each(lambda space: space.structure(dtype))

    def random(self, key: Key[Array, ""], dtype) -> Field:
        """Every part by itself."""
        return self._drawn(key, lambda space, key: space.random(key, dtype))

    def cold(self, dtype) -> Field:
        """Every part cold."""
        return self._each(lambda space: space.cold(dtype))

    def momentum(self, key: Key[Array, ""], dtype) -> Tangent:
        """Every part by itself."""
        return self._drawn(key, lambda space, key: space.momentum(key, dtype))

    def kinetic(self, momentum: Tangent) -> Float[Array, ""]:
        """The sum over the parts."""
        return sum(  # pyright: ignore[reportReturnType]
            space.kinetic(momentum[name]) for name, space in self.parts.items()
        )

    def move(self, field: Field, velocity: Tangent) -> Field:
        """Every part along its own geodesic."""
        return self._each(lambda space, *parts: space.move(*parts), field, velocity)

    def transport(self, field: Field, velocity: Tangent, vector: Tangent) -> Tangent:
        """Every part along its own geodesic."""
        return self._each(lambda space, *parts: space.transport(*parts), field, velocity, vector)

    def tangent(self, field: Field, vector: Tangent) -> Tangent:
        """Every part by itself."""
        return self._each(lambda space, *parts: space.tangent(*parts), field, vector)

    def project(self, field: Field) -> Field:
        """Every part by itself."""
        return self._each(lambda space, part: space.project(part), field)

    def from_slope(self, field: Field, slope: Field) -> Tangent:
        """Every part by itself."""
        return self._each(lambda space, *parts: space.from_slope(*parts), field, slope)

    def _each(self, function: Callable, *trees: PyTree) -> dict[str, Any]:
        return {
            name: function(space, *(tree[name] for tree in trees))
            for name, space in self.parts.items()
        }

    def _drawn(self, key: Key[Array, ""], function: Callable) -> dict[str, Any]:
        keys = jax.random.split(key, len(self.names))
        return {
            name: function(space, key)
            for (name, space), key in zip(self.parts.items(), keys, strict=True)
        }
