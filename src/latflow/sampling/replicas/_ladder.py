"""Ladders: paths of theories that lead from one that is easy to sample to the target."""

from abc import abstractmethod
from itertools import pairwise
from typing import Annotated, Any, ClassVar, Literal, Protocol, runtime_checkable

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float
from pydantic import Field as PydanticField
from pydantic import model_validator

from latflow.errors import ConfigError
from latflow.settings import Settings
from latflow.theories import Coupling, Theory, coupling


class Ladder(eqx.Module):
    """A path of theories on one field space: t = 1 is the target, t = 0 the far end.

    Replicas stand at some positions t of it. The theories differ in the numbers of their array
    leaves only.
    """

    target: eqx.AbstractVar[Theory]

    @abstractmethod
    def theory(self, t: Float[Array, ""] | float) -> Theory:
        """The theory at a position."""

    @property
    def moves_about(self) -> bool:
        """Whether what tells the theories apart has a place on the lattice, which the target,
        being invariant under translations, may carry elsewhere after every step."""
        return False

    @property
    def has_stops(self) -> bool:
        """Whether it says itself where replicas stand, so that they are to be told."""
        return False


class CouplingLadder(Ladder):
    """Couplings (1 - t) g_far + t g_target.

    Args:
        target: the theory at t = 1.
        far: values at t = 0 of some couplings, by the names that they have in the theory.

    Raises:
        ConfigError: the theory has no coupling of such a name.
    """

    target: Theory
    far: dict[str, Coupling]

    def __init__(self, target: Theory, far: dict[str, Any]):
        known = couplings_of(target)
        for name in far:
            if name not in known:
                raise ConfigError(
                    "ladder.couplings",
                    f'"{name}" is no coupling of {type(target).__name__}, which has '
                    f"{', '.join(known) or 'none'}",
                )
        self.target = target
        self.far = {name: coupling(value) for name, value in far.items()}

    def theory(self, t: Float[Array, ""] | float) -> Theory:
        """The target with other couplings."""
        names = list(self.far)
        values = [(1 - t) * self.far[name] + t * getattr(self.target, name) for name in names]
        return eqx.tree_at(
            lambda theory: [getattr(theory, name) for name in names], self.target, values
        )


def couplings_of(theory: Theory) -> tuple[str, ...]:
    """Names of the attributes of a theory that are couplings: single numbers, array leaves."""
    return tuple(
        name
        for name, value in vars(theory).items()
        if isinstance(value, jax.Array) and value.ndim == 0 and value.dtype == jnp.float64
    )


@runtime_checkable
class Defective(Protocol):
    """A theory that can be given a defect: weaker couplings across one bit of a boundary."""

    def with_defect(self, length: int, strength: Any) -> Theory:
        """The theory with a defect of some length, whose couplings have a factor ``strength``:
        1 is periodic, 0 is open.

        Raises:
            ConfigError: there is no such defect.
        """
        ...


class DefectLadder(Ladder):
    """Boundary conditions that are periodic at t = 1 and open along a segment at t = 0.

    Topological charge flows in and out through the open segment, and the swaps carry it to the
    periodic theory: Hasenbusch, arXiv:1709.09460.

    Args:
        target: a periodic theory that can be given a defect.
        length: of the segment, in sites.

    Raises:
        ConfigError: the theory has no defects.
    """

    target: Theory
    length: int = eqx.field(static=True)

    def __check_init__(self):
        if not isinstance(self.target, Defective):
            raise ConfigError(
                "ladder",
                f"{type(self.target).__name__} cannot be given a defect: nothing frozen would be "
                'freed by one; use a ladder of kind "couplings"',
            )

    @property
    def moves_about(self) -> bool:
        """Else the charge would flow at one place only."""
        return True

    def theory(self, t: Float[Array, ""] | float) -> Theory:
        """The target with couplings times t on the defect."""
        assert isinstance(self.target, Defective)  # checked above
        return self.target.with_defect(self.length, t)


class LadderSettings(Settings):
    """How many replicas there are and where: what all ladders have."""

    label: ClassVar[str] = ""

    replicas: int = PydanticField(
        4, ge=2, le=256, description="theories of the ladder, the target and the far end included"
    )
    positions: tuple[Annotated[float, PydanticField(ge=0, le=1)], ...] | None = PydanticField(
        None,
        description="where they stand, from 0 (the far end) to 1 (the target); not given: evenly, "
        "and then moved in the warm-up until all swaps are as likely",
    )

    @model_validator(mode="after")
    def _positions_rise(self):
        if self.positions is not None:
            self.adapt("replicas", len(self.positions))
            given = self.positions
            rising = all(a < b for a, b in pairwise(given))
            if len(given) != self.replicas or not rising or (given[0], given[-1]) != (0.0, 1.0):
                raise ValueError(
                    f"positions must rise from 0 to 1, one for each of {self.replicas} replicas, "
                    f"got {list(given)}"
                )
        return self

    @abstractmethod
    def build(self, theory: Theory) -> Ladder:
        """The ladder that leads to a theory.

        Raises:
            ConfigError: the theory has none of this kind.
        """


class CouplingLadderSettings(LadderSettings):
    """Theories with other couplings."""

    kind: Literal["couplings"] = "couplings"
    couplings: dict[str, float] = PydanticField(
        description="values at the far end, by the names that couplings have in the action as "
        "docs/theories.md writes it",
        min_length=1,
    )

    def build(self, theory: Theory) -> CouplingLadder:
        """The ladder."""
        return CouplingLadder(theory, self.couplings)


class DefectLadderSettings(LadderSettings):
    """Periodic boundary conditions that open along a segment, where topology freezes."""

    kind: Literal["defect"] = "defect"
    length: int = PydanticField(1, ge=1, le=10**6, description="sites of the open segment")

    def build(self, theory: Theory) -> DefectLadder:
        """The ladder."""
        return DefectLadder(theory, self.length)


LADDERS: tuple[type[LadderSettings], ...] = (CouplingLadderSettings, DefectLadderSettings)
"""The kinds of ladders."""
