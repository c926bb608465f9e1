"""What it takes to be a Markov kernel."""

from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key, PyTree, Shaped

from latflow.errors import ConfigError
from latflow.fields import Field
from latflow.loops import loop
from latflow.precision import require_double
from latflow.settings import Settings
from latflow.theories import Theory

State = PyTree[Array]
Info = dict[str, Float[Array, "..."]]
Measure = Callable[[Field], PyTree[Array]]
Start = Literal["hot", "cold", "prior"]


class Kernel(eqx.Module):
    """A pure Markov transition that leaves a theory's weight invariant.

    A kernel acts on one chain; the driver batches chains with ``vmap``. Its tunable numbers
    (step sizes, proposal widths) are array leaves, so that tuning does not compile again.
    """

    theory: eqx.AbstractVar[Theory]

    def __check_init__(self):
        # Energies and random numbers in double precision would be single ones without a word.
        require_double()

    @property
    def tuned(self) -> dict[str, Float[Array, ""]]:
        """The numbers that the warm-up may change, by name."""
        return {}

    @abstractmethod
    def init(self, key: Key[Array, ""], field: Field) -> State:
        """The chain's state at a starting field."""

    @abstractmethod
    def step(self, key: Key[Array, ""], state: State) -> tuple[State, Info]:
        """One transition. ``info`` holds scalars and has at least ``"acceptance"``."""

    @abstractmethod
    def field(self, state: State) -> Field:
        """The theory's field in a state: what observables are measured on."""

    def start(self, key: Key[Array, ""], start: Start, dtype) -> State:
        """The state of a new chain.

        Args:
            start: ``"hot"`` a disordered field, ``"cold"`` the ordered one, ``"prior"`` an
                independent draw of the kernel's own, for kernels that have one.

        Raises:
            ConfigError: the kernel cannot draw a field of its own.
        """
        draw, use = jax.random.split(key)
        if start == "hot":
            return self.init(use, self.theory.hot(draw, dtype))
        if start == "cold":
            return self.init(use, self.theory.space.cold(dtype))
        raise ConfigError(
            "start",
            f'"{start}" needs a kernel that proposes fields of its own (independence); '
            'this kernel takes "hot" or "cold"',
        )

    def run(
        self, keys: Key[Array, "measurements thin"], state: State, measure: Measure
    ) -> tuple[State, PyTree[Array], Info]:
        """Many transitions, measured every ``thin`` of them.

        Kernels whose proposals can be made ahead of time override this with something faster
        that gives the same numbers.

        Args:
            keys: one key per transition.
            state: where to go on from.
            measure: any function of one field.

        Returns:
            The last state; measurements and infos, stacked along a first axis. An info is the
            mean over the ``thin`` transitions that lead to its measurement.
        """

        def transition(state, key):
            return self.step(key, state)

        def measurement(state, keys):
            if keys.shape[0] == 1:
                state, infos = self.step(keys[0], state)
            else:
                state, infos = loop(transition, state, keys)
                infos = jax.tree.map(lambda info: jnp.mean(info, axis=0), infos)
            return state, (measure(self.field(state)), infos)

        state, (measurements, infos) = loop(measurement, state, keys)
        return state, measurements, infos

    def reversed(self) -> "Kernel":
        """The kernel whose steps are the time reversal of this one's: the flow of probability from
        x to y by the one is that from y to x by the other.

        A kernel with detailed balance is its own; it is asked for only where its settings say that
        it is known (``is_reversible``).
        """
        return self

    def eased(self, progress: float) -> "Kernel":
        """The kernel for a round of the warm-up that begins when so much of it is done.

        Far from equilibrium a frozen step may be too large to be accepted ever: kernels with one
        begin with smaller ones. It leaves the same weight invariant, and in the second half of
        the warm-up it is the kernel itself.

        Args:
            progress: fraction of the warm-up that is done, in [0, 1).
        """
        return self

    def tune(self, mean_info: dict[str, float], progress: float) -> "Kernel":
        """A better kernel, given the means of ``info`` over the last warm-up round.

        Called between rounds of the warm-up only; afterwards the kernel is frozen.

        Args:
            mean_info: means over steps and chains.
            progress: fraction of the warm-up that is done, in (0, 1].
        """
        return self


class KernelSettings(Settings):
    """The kernel's part of a ``[[chains]]`` block: it builds a kernel.

    What anybody else must know about a kernel stands here, as class attributes:

    - ``label``: its name for people;
    - ``needs_model``: whether it draws on a trained model;
    - ``draws_its_own``: whether it can start from an independent draw of its own;
    - ``warm_up_from_own_draw``: steps that surely forget such a start, where no pilot can tell;
    - ``lowest_acceptance``: below it a report warns;
    - ``remedy``: what to do then;
    - ``is_reversible``: whether :meth:`Kernel.reversed` is the time reversal of a step;
    - ``is_local_update``: whether it may follow the steps of another kernel in a cycle.
    """

    label: ClassVar[str] = ""
    needs_model: ClassVar[bool] = False
    draws_its_own: ClassVar[bool] = False
    warm_up_from_own_draw: ClassVar[int] = 2000
    lowest_acceptance: ClassVar[float] = 0.1
    remedy: ClassVar[str] = "use smaller steps"
    is_reversible: ClassVar[bool] = False
    is_local_update: ClassVar[bool] = False

    @abstractmethod
    def build_kernel(self, theory: Theory, model: Any = None, chains_per_batch: int = 1) -> Kernel:
        """The kernel for a theory.

        Args:
            theory: the target.
            model: the trained model in double precision, for kernels that need one.
            chains_per_batch: how many chains are advanced at once; bounds memory.

        Raises:
            ConfigError: the kernel cannot work on this theory or its lattice. The keys of its
                message are relative to the kernel's block, but for those that start with
                ``theory.`` or ``model.``.
        """

    def findings(
        self, infos: Mapping[str, Shaped[np.ndarray, "chains samples"]], thin: int
    ) -> dict[str, Any]:
        """What a summary says about the kernel itself, beyond its acceptance: plain values by name.

        Args:
            infos: of all samples, each the mean over ``thin`` transitions.
            thin: transitions per sample.
        """
        return {}


def describe(kernel: Kernel) -> dict[str, Any]:
    """The numbers that the warm-up tuned, for the summary."""
    return {name: float(value) for name, value in kernel.tuned.items()}
