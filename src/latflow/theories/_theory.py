"""What it takes to be a theory: a field space, an action, and what is worth measuring."""

import math
from abc import abstractmethod
from typing import Annotated, Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jaxtyping import Array, Float, Key
from pydantic import AfterValidator
from pydantic import Field as PydanticField

from latflow.analysis import KnownNumber
from latflow.fields import Field, FieldSpace, Tangent
from latflow.lattice import Lattice
from latflow.not_trained import NotTrained
from latflow.observables import Action, Observable
from latflow.precision import require_double
from latflow.settings import Settings

Coupling = Float[Array, ""]

LARGEST_VOLUME = 2**28
"""Sites of a lattice, at most."""


class Theory(NotTrained):
    """A lattice theory with weight exp(-action).

    Couplings are array leaves in double precision: one may ``vmap`` over them, differentiate with
    respect to them, and interpolate between theories.
    """

    space: eqx.AbstractVar[FieldSpace]

    @property
    def symmetries(self) -> frozenset[str]:
        """Names of the symmetries that the action has, such as ``"z2"``."""
        return frozenset()

    @property
    def constant(self) -> Float[Array, ""] | float:
        """Field-independent part of the action, which :meth:`action` leaves out."""
        return 0.0

    @property
    def observables(self) -> tuple[Observable, ...]:
        """What is worth measuring, in the order of tables."""
        return (Action(),)

    def known(self) -> dict[str, KnownNumber]:
        """Numbers to compare a simulation with, ``log_z`` among them where it is known.

        What a paper prints goes by ``NAME_published``, and by ``NAME`` too if nothing better is
        known. Identities and symmetries need not be named: observables know them.
        """
        return {}

    def hot(self, key: Key[Array, ""], dtype) -> Field:
        """A disordered field of the size that fields of this theory have: where chains start."""
        return self.space.random(key, dtype)

    @abstractmethod
    def action(self, field: Field) -> Float[Array, ""]:
        """The action of one configuration, without its constant, summed in double precision."""

    def force(self, field: Field) -> Tangent:
        """Minus the gradient of the action along the manifold: automatic, unless overridden."""
        return jax.tree.map(jnp.negative, self.space.gradient(self.action, field))

    def log_prob(self, field: Field) -> Float[Array, ""]:
        """Logarithm of the weight, not normalised."""
        return -self.action(field)


def coupling(value: Any) -> Coupling:
    """A coupling as an array leaf in double precision.

    Raises:
        PrecisionError: JAX's x64 mode is off.
    """
    require_double()
    if isinstance(value, jax.Array):
        return value.astype(jnp.float64)
    # Not by a JAX operation: inside of a transformation that would be no number any more.
    with jax.ensure_compile_time_eval():
        return jnp.asarray(np.float64(value))


def is_number(value: Any) -> bool:
    """Whether a coupling is a number now, and not a variable of some JAX transformation."""
    return not isinstance(value, Tracer)


def _of_possible_volume(shape: tuple[int, ...]) -> tuple[int, ...]:
    if math.prod(shape) > LARGEST_VOLUME:
        raise ValueError(f"at most {LARGEST_VOLUME} sites, got {math.prod(shape)}")
    return shape


Extents = Annotated[
    tuple[Annotated[int, PydanticField(ge=1, le=10**6)], ...],
    PydanticField(min_length=1, max_length=8),
    AfterValidator(_of_possible_volume),
]
"""Extents of a lattice in a configuration."""


class TheorySettings(Settings):
    """The ``[theory]`` block: it builds a theory.

    Class attributes tell people about it: ``title``, ``symbols`` of the parameters,
    ``formula``, the action S in HTML without its constant (empty: nobody wrote it), and
    ``examples``: parameters of small instances, which the shared property tests take.
    """

    title: ClassVar[str] = ""
    symbols: ClassVar[dict[str, str]] = {}
    formula: ClassVar[str] = ""
    examples: ClassVar[tuple[dict[str, Any], ...]] = ()

    shape: Extents = PydanticField(description="lattice extents, one per dimension")

    def lattice(self) -> Lattice:
        """The lattice of the theory."""
        return Lattice(self.shape)

    def action_html(self) -> str:
        """The action in HTML, in the parameters of this block; by default ``formula``."""
        return self.formula

    @abstractmethod
    def build(self) -> Theory:
        """The theory.

        Raises:
            ConfigError: a parameter is outside its allowed range.
        """
