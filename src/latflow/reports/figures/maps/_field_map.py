"""How configurations become pictures: one real number on every site, and how it is coloured."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Shaped
from markupsafe import Markup

from latflow.fields import Field, FieldSpace, from_named_arrays


class MapLook(NamedTuple):
    """How the numbers of a picture are written and coloured.

    Attributes:
        label: of the bar of colours, in Matplotlib's mathematics.
        number: one of the real numbers that make up a field, in the same.
        words: what is seen, in HTML.
        colours: a colour map of matplotlib, fit for any kind of colour vision.
        limits: of the colours; where not given, symmetric about zero and as wide as the values.
        ticks: of the bar, with their texts, where round numbers do not do.
    """

    label: str
    number: str
    words: Markup
    colours: str
    limits: tuple[float, float] | None = None
    ticks: Mapping[float, str] | None = None


class FieldMap(ABC):
    """The pictures of one kind of field.

    A new one is a class and an entry in ``FIELD_MAPS``, or in the entry points ``latflow.parts``
    of an installed package.

    Args:
        space: of the fields.
    """

    serves: ClassVar[str]

    def __init__(self, space: Any):
        self.space = space

    @classmethod
    @abstractmethod
    def shows(cls, space: FieldSpace) -> bool:
        """Whether fields of this space are of the kind."""

    @property
    @abstractmethod
    def look(self) -> MapLook:
        """How the pictures look."""

    @abstractmethod
    def values(self, field: Field) -> Float[np.ndarray, "*lattice"]:
        """The picture of one configuration: a number on every site."""

    def remark(self, field: Field) -> str:
        """What is to be said of one configuration, in a few letters; usually nothing."""
        return ""

    def pictures(
        self, arrays: Mapping[str, Shaped[np.ndarray, "stored *rest"]]
    ) -> tuple[Float[np.ndarray, "stored *lattice"], list[str]]:
        """The pictures of several configurations, with the remark on each.

        Args:
            arrays: of the fields, by name.
        """
        fields = list(self._fields(arrays))
        return np.stack([self.values(f) for f in fields]), [self.remark(f) for f in fields]

    def _fields(self, arrays: Mapping[str, Shaped[np.ndarray, "stored *rest"]]) -> Iterator[Field]:
        structure = self.space.structure(np.float64)
        for index in range(len(next(iter(arrays.values())))):
            one: dict[str, Any] = {
                name: jnp.asarray(array[index]) for name, array in arrays.items()
            }
            yield from_named_arrays(structure, one)


def plane_of(values: Float[np.ndarray, "*lattice"]) -> Float[np.ndarray, "rows columns"]:
    """The plane of the last two axes, the other coordinates at zero."""
    return values[(0,) * (values.ndim - 2)]
