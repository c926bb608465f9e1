"""Non-equilibrium switching: the target's field led to the far end of a ladder and back."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, ClassVar, Literal, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key, Shaped
from pydantic import Field as PydanticField

from latflow import fast_random as random
from latflow.analysis import gamma_method
from latflow.errors import ConfigError
from latflow.fields import Field
from latflow.kernels import (
    CLASSICAL_KERNELS,
    HMCSettings,
    Info,
    Kernel,
    KernelSettings,
    Start,
    State,
    accept,
    log_uniform,
    select,
)
from latflow.loops import loop
from latflow.sampling.replicas._ladder import LADDERS, Ladder, LadderSettings
from latflow.sampling.replicas._spacing import even_positions
from latflow.sampling.replicas._stacked import stack, unstack
from latflow.sampling.replicas._update import UpdateOfReplica, displaced, with_installed_updates
from latflow.settings import one_of
from latflow.theories import Theory


class SwitchingState(NamedTuple):
    """The state of the target's own kernel."""

    target: State


class Switching(Kernel):
    r"""A step of the target's own kernel, then a way to the far end of a ladder and back.

    At every position the theory changes, which costs the work S_{i+1}(x) - S_i(x), and a kernel
    makes steps of the new one. Positions are passed in the same order from both ends of the way,
    and the kernels of the way back are the time reversal of those of the way there, so the field
    at the end is accepted with min(1, e^-W), W the sum of the works: non-equilibrium candidate
    Monte Carlo (Nilmeier, Crooks, Minh and Chodera, PNAS 108 (2011) E1009). With a ladder that
    opens a defect it is how topology is unfrozen out of equilibrium in arXiv:2402.06561 and
    arXiv:2510.25704, as a Markov step.
    Both ends of the way are one theory, so < e^-W > = 1 for fields of the target.

    Args:
        ladder: the path of theories.
        positions: rising from 0 to 1; the way passes all of them down and up again.
        build: makes the kernel at one position, given its theory; :meth:`Kernel.reversed` must be
            its time reversal.
        moves: steps at every position.
        moves_at_far_end: steps at the far end; those of a kernel without detailed balance are made
            back as often as there, so that of an odd number the one in the middle is made twice.
    """

    ladder: Ladder
    positions: Float[Array, " positions"]
    theories: Theory
    kernels: Kernel
    kernel: Kernel
    build: Callable[[Theory], Kernel] = eqx.field(static=True)
    moves: int = eqx.field(static=True)
    moves_at_far_end: int = eqx.field(static=True)

    def __init__(
        self,
        ladder: Ladder,
        positions: Any,
        build: Callable[[Theory], Kernel],
        moves: int = 1,
        moves_at_far_end: int = 1,
    ):
        positions = np.asarray(positions, np.float64)
        if len(positions) < 2:
            raise ConfigError("ladder.replicas", "switching needs at least two theories")
        theories = [ladder.theory(float(t)) for t in positions]
        self.ladder, self.build = ladder, build
        self.positions = jnp.asarray(positions)
        self.theories = stack(theories, "the theories")
        self.kernels = stack([build(theory) for theory in theories], "the kernels")
        self.kernel = build(ladder.target)
        self.moves, self.moves_at_far_end = moves, moves_at_far_end

    @property
    def theory(self) -> Theory:  # pyright: ignore[reportIncompatibleVariableOverride]
        """The target."""
        return self.ladder.target

    @property
    def legs(self) -> tuple[tuple[Int[np.ndarray, " stops"], bool], ...]:
        """Numbers of the positions whose kernels move the field, one after the other, and whether
        it is their time reversal that does; kernels with detailed balance make one leg of it."""
        inside = np.repeat(np.arange(1, self.positions.shape[0] - 1), self.moves)
        if self.kernel.reversed() is self.kernel:
            far = np.zeros(self.moves_at_far_end, int)
            return ((np.concatenate([inside[::-1], far, inside]).astype(np.int32), False),)
        there = np.concatenate([inside[::-1], np.zeros((self.moves_at_far_end + 1) // 2, int)])
        return (there.astype(np.int32), False), (there[::-1].astype(np.int32), True)

    def init(self, key: Key[Array, ""], field: Field) -> SwitchingState:
        """As the target's own kernel."""
        return SwitchingState(self.kernel.init(key, field))

    def start(self, key: Key[Array, ""], start: Start, dtype) -> SwitchingState:
        """As the target's own kernel."""
        return SwitchingState(self.kernel.start(key, start, dtype))

    def field(self, state: SwitchingState) -> Field:
        """The target's."""
        return self.kernel.field(state.target)

    def step(self, key: Key[Array, ""], state: SwitchingState) -> tuple[SwitchingState, Info]:
        """A step of the target's kernel, and one way there and back.

        Info: ``acceptance`` the probability of accepting the way, ``accepted``, ``work``, and the
        acceptances of the kernels on the way and of the target's as ``way_acceptance`` and
        ``update_acceptance``.
        """
        key_step, key_shift, key_way, key_accept, key_init = random.split(key, 5)
        before, info = self.kernel.step(key_step, state.target)
        field = self.kernel.field(before)
        if self.ladder.moves_about:
            field = displaced(key_shift, field, self.theory.space.lattice.shape)
        end, work, way_acceptance = self.there_and_back(key_way, field)
        accepted, probability = accept(log_uniform(key_accept), -work)
        # A displaced field is as good as the one before.
        field = select(accepted, end, field)
        after = SwitchingState(self.kernel.init(key_init, field))
        return after, {
            "acceptance": probability,
            "accepted": accepted.astype(jnp.float64),
            "work": work,
            "way_acceptance": way_acceptance,
            "update_acceptance": info["acceptance"],
        }

    def there_and_back(
        self, key: Key[Array, ""], field: Field
    ) -> tuple[Field, Float[Array, ""], Float[Array, ""]]:
        """The field at the end of one way, its work, and the mean acceptance on it."""
        last = self.positions.shape[0] - 1
        legs = self.legs
        keys = jax.random.split(key, sum(way.size for way, _ in legs))
        work, at, acceptances = jnp.zeros((), jnp.float64), last, []
        for way, backwards in legs:
            stop = partial(self._stop, backwards)
            stops = (jnp.asarray([at, *way[:-1]]), jnp.asarray(way), keys[: way.size])
            (field, work), acceptance = loop(stop, (field, work), stops)
            keys, at = keys[way.size :], int(way[-1])
            acceptances.append(acceptance)
        work = work + self._action(last, field) - self._action(at, field)
        return field, work, jnp.mean(jnp.concatenate(acceptances))

    def _stop(self, backwards: bool, carry, turn):
        """The theory changes, and its kernel makes a step."""
        field, work = carry
        came_from, number, key = turn
        work = work + self._action(number, field) - self._action(came_from, field)
        kernel = unstack(self.kernels, number)
        if backwards:
            kernel = kernel.reversed()
        key_init, key_step = random.split(key, 2)
        state, info = kernel.step(key_step, kernel.init(key_init, field))
        return (kernel.field(state), work), info["acceptance"]

    def eased(self, progress: float) -> "Switching":
        """The target's own kernel eased."""
        return eqx.tree_at(lambda one: one.kernel, self, self.kernel.eased(progress))

    def _action(self, number: Any, field: Field) -> Float[Array, ""]:
        return unstack(self.theories, number).action(field)


class SwitchingSettings(KernelSettings):
    """The target's field led out of equilibrium to the far end of a ladder and back."""

    label: ClassVar[str] = "switching"
    lowest_acceptance: ClassVar[float] = 0.05
    remedy: ClassVar[str] = "give the ladder more positions (replicas), or more moves"

    kernel: Literal["switching"] = "switching"
    ladder: one_of(LADDERS, "kind") | None = PydanticField(  # pyright: ignore[reportInvalidTypeForm]
        None,
        description="the theories that are passed, from the target to the far end and back; "
        "needed; replicas counts them",
    )
    update: one_of(  # pyright: ignore[reportInvalidTypeForm]
        CLASSICAL_KERNELS, "kernel", named=True
    ) = PydanticField(
        HMCSettings.model_validate({}),
        description="what moves the field of the target and on the way: the name of a kernel that "
        "needs no model and whose time reversal is known, such as hmc or heat-bath, or a table of "
        "its settings",
    )
    moves: int = PydanticField(1, ge=1, le=10**6, description="steps at every theory on the way")
    moves_at_far_end: int = PydanticField(
        1,
        ge=1,
        le=10**6,
        description="steps at the far end; sweeps are made back as often as there, so that an odd "
        "number becomes the next even one",
    )

    @classmethod
    def with_parts(cls) -> type[Any]:
        """With the kernels of installed packages."""
        return with_installed_updates(cls)

    def build_kernel(
        self, theory: Theory, model: Any = None, chains_per_batch: int = 1
    ) -> Switching:
        """The kernel.

        Raises:
            ConfigError: there is no ladder, the theory has none of that kind, or the update is
                not known backwards or refuses a theory of it.
        """
        if self.ladder is None:
            raise ConfigError(
                "ladder",
                '"switching" needs a ladder of theories, such as ladder = { kind = "couplings", '
                "couplings = { beta = 0.5 }, replicas = 20 }",
            )
        if not self.update.is_reversible:
            raise ConfigError(
                "update",
                f"the way back must be the time reversal of the way there, and that of "
                f'{self.update.label} is not known: use "hmc" or "heat-bath"',
            )
        ladder: LadderSettings = self.ladder
        positions = ladder.positions
        return Switching(
            ladder.build(theory),
            even_positions(ladder.replicas) if positions is None else positions,
            UpdateOfReplica(self.update, chains_per_batch),
            self.moves,
            self.moves_at_far_end,
        )

    def findings(
        self, infos: Mapping[str, Shaped[np.ndarray, "chains samples"]], thin: int
    ) -> dict[str, Any]:
        """The mean work, and < e^-W >, which must be one (works of all transitions: thin = 1)."""
        work = np.asarray(infos["work"])
        found: dict[str, Any] = {"mean_work": float(work.mean())}
        if thin == 1:
            one = gamma_method(np.exp(-work))
            found["exp_minus_work"] = {"value": float(one.value), "error": float(one.error)}
        return found
