"""Heat bath and over-relaxation of any theory whose variables can be drawn one by one."""

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Key
from pydantic import Field as PydanticField

from latflow.fields import Field
from latflow.kernels._kernel import Info, Kernel, KernelSettings
from latflow.kernels.gauge._colours import (
    Colour,
    colours,
    has_parities,
    put,
    put_on_parity,
    take,
)
from latflow.kernels.gauge._local import (
    InSteps,
    LocallySolvable,
    RestrictedStaples,
    Staples,
    require_locally_solvable,
)
from latflow.loops import loop
from latflow.not_trained import in_precision
from latflow.precision import Precision, dtype_of, require_double
from latflow.theories import Theory

_MOST_CUT_AXES = 2


class HeatBath(Kernel):
    """Sweeps that reflect every variable, then one that draws every variable anew.

    The variables of one part of the field (links along one axis, spins) on a sublattice without
    neighbours are independent, given all others: they are updated at once. Each such update leaves
    the density of those variables, given the others, invariant, hence the whole weight; so does
    their sequence. Heat baths alone are ergodic; reflections (Creutz, Phys. Rev. D 36 (1987) 515)
    leave the action alone and carry the field far, at a fraction of the cost.

    Args:
        theory: one that offers its local densities, see
            :class:`~latflow.kernels.gauge.LocallySolvable`; extents of at least 2.
        over_relaxation: sweeps of reflections in one step, before the heat bath.
        precision: of the chain's field.
        backwards: all of it in the opposite order, from the last draw to the first reflection.

    Raises:
        ConfigError: the theory offers no such thing, or an extent is one.
    """

    theory: Theory
    over_relaxation: int = eqx.field(static=True)
    precision: Precision = eqx.field(static=True)
    backwards: bool = eqx.field(static=True)

    def __init__(
        self,
        theory: Theory,
        *,
        over_relaxation: int = 0,
        precision: Precision = "double",
        backwards: bool = False,
    ):
        require_double()
        require_locally_solvable(theory, "heat-bath")
        self.theory, self.backwards = theory, backwards
        self.over_relaxation, self.precision = over_relaxation, precision

    def init(self, key: Key[Array, ""], field: Field) -> Field:
        """The field, in the kernel's precision."""
        return in_precision(field, dtype_of(self.precision))

    def field(self, state: Field) -> Field:
        """The state is the field."""
        return state

    def step(self, key: Key[Array, ""], state: Field) -> tuple[Field, Info]:
        """``over_relaxation`` sweeps and a heat bath. Info: ``acceptance`` is 1."""
        theory = require_locally_solvable(self.theory, "heat-bath")
        if self.backwards:
            state = _draw_all(theory, key, state, True)
        if self.over_relaxation:
            sweep = partial(_reflect_all, theory, self.backwards)
            state, _ = loop(sweep, state, None, length=self.over_relaxation)
        if not self.backwards:
            state = _draw_all(theory, key, state, False)
        # Reflections are pure rounding errors away from the manifold.
        return theory.space.project(state), {"acceptance": jnp.ones((), jnp.float64)}

    def reversed(self) -> "HeatBath":
        """Every update has detailed balance: they are made in the opposite order."""
        return HeatBath(
            self.theory,
            over_relaxation=self.over_relaxation,
            precision=self.precision,
            backwards=not self.backwards,
        )


def _reflect_all(
    theory: LocallySolvable, backwards: bool, field: Field, _: None
) -> tuple[Field, None]:
    def reflect(distribution, number, staples, old):
        return distribution.reflect(staples, old)

    return _sweep(theory, field, reflect, backwards), None


def _draw_all(theory: LocallySolvable, key: Key[Array, ""], field: Field, backwards: bool) -> Field:
    def draw(distribution, number, staples, old):
        return distribution.draw(jax.random.fold_in(key, number), staples, old)

    return _sweep(theory, field, draw, backwards)


def _sweep(theory: LocallySolvable, field: Field, update: Callable, backwards: bool) -> Field:
    """Every part on every sublattice: ``update(distribution, number, staples, old)`` of the values
    there, with a number of its own for each of them."""
    lattice = theory.space.lattice
    parts = list(enumerate(theory.local_parts))
    for place, part in reversed(parts) if backwards else parts:
        axes, distribution = theory.neighbour_axes(part), theory.local_distribution(part)
        if backwards and isinstance(distribution, InSteps):
            distribution = distribution.reversed()
        use = partial(update, distribution)
        # More sublattices are smaller, but each of them is compiled for itself.
        if len(axes) > _MOST_CUT_AXES and has_parities(lattice, axes):
            field = _both_parities(theory, field, part, use, 2 * place, backwards)
        else:
            field = _all_colours(theory, field, part, use, place, backwards)
    return field


def _both_parities(theory, field, part, update, first, backwards):
    """All values are updated, and those of one parity are kept; one program for both."""
    lattice, axes = theory.space.lattice, theory.neighbour_axes(part)

    def half(field, odd):
        old = theory.local_values(field, part)
        number = first + odd.astype(jnp.int32)
        new = update(number, staples=theory.staples(field, part), old=old)
        values = put_on_parity(old, new, odd, lattice, axes)
        return theory.with_local_values(field, part, values), None

    return loop(half, field, jnp.array([backwards, not backwards]))[0]


def _all_colours(theory, field, part, update, place, backwards):
    found = list(enumerate(colours(theory.space.lattice, theory.neighbour_axes(part))))
    for index, colour in reversed(found) if backwards else found:
        old = take(theory.local_values(field, part), colour)
        staples = _staples(theory, field, part, colour)
        # Sublattices are no more than three to the number of axes.
        new = update(place * 3**theory.space.lattice.ndim + index, staples=staples, old=old)
        field = _updated(theory, field, part, colour, new)
    return field


def _staples(theory: LocallySolvable, field: Field, part: Any, colour: Colour) -> Staples:
    if isinstance(theory, RestrictedStaples):
        return theory.staples_on(field, part, lambda values: take(values, colour))
    return take(theory.staples(field, part), colour)


def _updated(theory: LocallySolvable, field: Field, part: Any, colour: Colour, new: Any) -> Field:
    values = put(theory.local_values(field, part), colour, new)
    # The barrier keeps XLA from fusing, and so repeating, one update within the next.
    return jax.lax.optimization_barrier(theory.with_local_values(field, part, values))


class HeatBathSettings(KernelSettings):
    """Heat-bath sweeps, with over-relaxation: gauge fields and spins."""

    label: ClassVar[str] = "heat bath"
    is_reversible: ClassVar[bool] = True
    is_local_update: ClassVar[bool] = True

    kernel: Literal["heat-bath"] = "heat-bath"
    over_relaxation: int = PydanticField(
        0,
        ge=0,
        le=1000,
        description="sweeps of over-relaxation in one step, before that of the heat bath",
    )
    precision: Precision = PydanticField("double", description="of the field")

    def build_kernel(
        self, theory: Theory, model: Any = None, chains_per_batch: int = 1
    ) -> HeatBath:
        """The kernel.

        Raises:
            ConfigError: the theory's variables cannot be drawn one by one, or an extent is one.
        """
        return HeatBath(theory, over_relaxation=self.over_relaxation, precision=self.precision)
