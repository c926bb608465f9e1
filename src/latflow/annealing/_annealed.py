"""Annealed sampling: draws of an easy density, carried to the target by Markov steps and flows."""

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key

from latflow import fast_random as random
from latflow.annealing._from_a_model import FromAModel
from latflow.annealing._path import OfCouplings, OfModel, Path
from latflow.annealing._protocol import Protocol
from latflow.errors import ConfigError
from latflow.fields import Field
from latflow.flows import Flow
from latflow.kernels import Kernel, KernelSettings
from latflow.lattice import Lattice
from latflow.loops import loop
from latflow.models import LogWeight, Model
from latflow.not_trained import in_precision, with_precision
from latflow.precision import Precision, dtype_of
from latflow.theories import Theory

Work = Float[Array, ""]

# To place the levels of a protocol that follows the works.
_ROUNDS, _DRAWS, _AT_ONCE = 3, 256, 64


class Trajectory(NamedTuple):
    """A configuration at the end of its way, and what the way was like.

    ``work``: of each level, in double precision; ``acceptance``: of the Markov steps between the
    levels, which are one less.
    """

    field: Field
    work: Float[Array, " levels"]
    acceptance: Float[Array, " moves"]


class Annealed(FromAModel):
    r"""Annealed importance sampling, with flows between the Markov steps if there are some.

    A configuration is drawn from a model, and passes theories S_1 ... S_K = S. At each level a
    flow T_k acts, which costs the work

        W_k = S_k(T_k x) - log|det dT_k/dx| - S_(k-1)(x),   S_0 = -log q,

    and between levels a kernel makes Markov steps of the theory it has arrived at. Then

        < e^-W O > = Z < O >,   W = sum_k W_k,

    for the configurations at the end, whatever the number of levels and steps, and however far
    from equilibrium (Jarzynski, cond-mat/9610209; Neal, physics/9803008; with flows Wu, Koehler
    and Noe, arXiv:2002.06707; Caselle et al., arXiv:2201.08862). So -W is a log weight as good as
    one of a density: independence Metropolis, reweighting and log Z are exact with it.

    Args:
        base: what the first configuration is drawn from; its log q is normalised.
        path: the theories on the way.
        protocol: at which times they stand.
        kernel: of the Markov steps; one of those that need no model.
        moves: Markov steps between two levels.
        layers: one flow for each level, their arrays stacked along a first axis; none: the
            identity.
    """

    base: Model
    path: Path
    protocol: Protocol
    layers: Flow | None
    kernel: KernelSettings = eqx.field(static=True)
    moves: int = eqx.field(static=True)

    def __init__(
        self,
        base: Model,
        path: Path,
        protocol: Protocol,
        kernel: KernelSettings,
        moves: int = 1,
        layers: Flow | None = None,
    ):
        if kernel.needs_model:
            raise ConfigError("model.annealing.kernel", "must be a kernel that needs no model")
        self.base, self.path, self.protocol = base, path, protocol
        self.layers, self.kernel, self.moves = layers, kernel, moves

    @property
    def levels(self) -> int:
        """How many theories are passed, the target among them."""
        return self.protocol.levels

    def propose(self, theory: Theory, key: Key[Array, ""]) -> tuple[Field, LogWeight]:
        """A configuration and minus the work of its way, in double precision."""
        trajectory = self.forward(theory, key)
        return trajectory.field, -jnp.sum(trajectory.work)

    def forward(self, theory: Theory, key: Key[Array, ""], detached: bool = False) -> Trajectory:
        """One way from the base to the target.

        Args:
            theory: the target.
            key: of all its random numbers.
            detached: let no gradient flow from one level into those before it.
        """
        key_base, key_moves = random.split(key, 2)
        field, _ = self.base.sample_and_log_prob(key_base)
        field, first = self.jump(theory, self.held(field, detached), 0)
        keys = jax.random.split(key_moves, max(1, self.levels - 1))

        def level(field, turn):
            number, key = turn
            # Kernels need no derivative: nothing that one would pass through reaches them.
            field, acceptance = self.move(theory, self.held(field, detached), number - 1, key)
            field, work = self.jump(theory, self.held(field, detached), number)
            return field, (work, acceptance)

        if self.levels == 1:
            return Trajectory(field, first[None], jnp.zeros((0,), jnp.float64))
        numbers = jnp.arange(1, self.levels)
        field, (work, acceptance) = loop(level, field, (numbers, keys))
        return Trajectory(field, jnp.concatenate([first[None], work]), acceptance)

    def backward(self, theory: Theory, field: Field, key: Key[Array, ""]) -> Trajectory:
        """One way back, from a configuration of the target to the base.

        Where :meth:`Kernel.reversed` is known this is the time reversal of :meth:`forward`: then
        the works of both satisfy Crooks' theorem, P(W) / P_back(W) = Z e^W. With any kernel that
        leaves its theory invariant < e^W > = 1 / Z.

        Args:
            theory: the target.
            field: drawn with its weight.
            key: of the Markov steps.

        Returns:
            The configuration of the base, and the work that the way forward would have cost, its
            levels in the order of the way forward.
        """
        field = in_precision(field, self._dtype)
        keys = jax.random.split(key, max(1, self.levels - 1))

        def level(field, turn):
            number, key = turn
            field, work = self.jump_back(theory, field, number)
            field, acceptance = self.move(theory, field, number - 1, key, backwards=True)
            return field, (work, acceptance)

        if self.levels == 1:
            field, work = self.jump_back(theory, field, 0)
            return Trajectory(field, work[None], jnp.zeros((0,), jnp.float64))
        numbers = jnp.arange(self.levels - 1, 0, -1)
        field, (work, acceptance) = loop(level, field, (numbers, keys))
        field, first = self.jump_back(theory, field, 0)
        return Trajectory(field, jnp.concatenate([first[None], work[::-1]]), acceptance[::-1])

    def jump(self, theory: Theory, field: Field, number: Any) -> tuple[Field, Work]:
        """The flow of a level and the change of theory, with the work that they cost.

        Args:
            theory: the target.
            field: at the level before.
            number: of the level, from 0; 0 itself comes from the base.
        """
        before = self._before(theory, number).action(field)
        layer = self._layer(number)
        if layer is None:
            return field, self.theory_at(theory, number).action(field) - before
        field, log_det = layer.forward(field)
        return field, self.theory_at(theory, number).action(field) - log_det - before

    def jump_back(self, theory: Theory, field: Field, number: Any) -> tuple[Field, Work]:
        """The inverse of :meth:`jump`, and the work that the jump there would cost."""
        after = self.theory_at(theory, number).action(field)
        layer = self._layer(number)
        if layer is None:
            return field, after - self._before(theory, number).action(field)
        field, log_det = layer.inverse(field)
        return field, after + log_det - self._before(theory, number).action(field)

    def move(
        self,
        theory: Theory,
        field: Field,
        number: Any,
        key: Key[Array, ""],
        backwards: bool = False,
    ) -> tuple[Field, Float[Array, ""]]:
        """Markov steps at a level, or their time reversal, and their mean acceptance."""
        kernel = self.kernel_at(theory, number)
        if backwards:
            kernel = kernel.reversed()
        keys = jax.random.split(key, self.moves + 1)

        def step(state, key):
            state, info = kernel.step(key, state)
            return state, info["acceptance"]

        state, acceptance = loop(step, kernel.init(keys[0], field), keys[1:])
        return in_precision(kernel.field(state), self._dtype), jnp.mean(acceptance)

    def kernel_at(self, theory: Theory, number: Any) -> Kernel:
        """The kernel of a level, in the precision of the samples.

        Raises:
            ConfigError: it does not serve the theories of the path.
        """
        settings = self.kernel
        if "precision" in type(settings).model_fields:
            settings = settings.model_copy(update={"precision": self.precision})
        return settings.build_kernel(self.theory_at(theory, number))

    def require_theory(self, theory: Theory) -> None:
        """Refuse a theory on whose path the kernel cannot work.

        Raises:
            ConfigError: a kernel of a theory's own kind needs a path of couplings, or the path
                cannot end there.
        """
        try:
            self.kernel_at(theory, 0)
        except ConfigError as error:
            if isinstance(self.path, OfCouplings) or not error.key.endswith("kernel"):
                raise
            raise ConfigError(
                "model.annealing.kernel",
                f"{error.message}, or a path through theories of one kind by "
                "model.annealing.couplings",
            ) from None

    def theory_at(self, theory: Theory, number: Any) -> Theory:
        """The theory of a level."""
        return self.path.at(self.base, theory, self.protocol.times[number])

    def held(self, field: Field, detached: bool) -> Field:
        """The field, through which no gradient flows if it is detached."""
        return jax.lax.stop_gradient(field) if detached else field

    def details(self, theory: Theory, key: Key[Array, ""]) -> dict[str, Array]:
        """``work`` of the levels of a proposal with this key, ``acceptance`` between them."""
        trajectory = self.forward(theory, key)
        found = {"work": trajectory.work, "acceptance": trajectory.acceptance}
        return {name: values for name, values in found.items() if values.size}

    def log_weight_back(self, theory: Theory, field: Field, key: Key[Array, ""]) -> LogWeight:
        """Minus the work of a way that ends at a configuration of the target, by going back."""
        return -jnp.sum(self.backward(theory, field, key).work)

    def prepared(self, theory: Theory, key: Key[Array, ""]) -> "Annealed":
        """With levels where the protocol wants them, for works that are measured here."""
        annealed = self
        for number in range(0 if self.protocol.placement == "as-given" else _ROUNDS):
            keys = jax.random.split(jax.random.fold_in(key, number), _DRAWS)
            work = np.asarray(_works(annealed.cast("double"), theory, keys))
            protocol = annealed.protocol.placed(work)
            annealed = eqx.tree_at(lambda one: one.protocol, annealed, protocol)
        return annealed

    def local_loss(self, theory: Theory, key: Key[Array, ""]) -> tuple[Work, LogWeight]:
        """The work of a way whose levels are trained each for itself, and the log weight.

        Every flow is given what the levels before it have made, and learns to lower the work of
        its own level: the reverse divergence to the next theory. No gradient passes a Markov step
        (Arbel, Matthews and Doucet, arXiv:2102.07501; Matthews et al., arXiv:2201.13117). The base
        is not trained.
        """
        work = jnp.sum(self.frozen_base().forward(theory, key, detached=True).work)
        return work, -jax.lax.stop_gradient(work)

    def frozen_base(self) -> "Annealed":
        """The same, with a base that no gradient reaches."""
        arrays, static = eqx.partition(self.base, eqx.is_inexact_array)
        base = eqx.combine(jax.lax.stop_gradient(arrays), static)
        return eqx.tree_at(lambda one: one.base, self, base)

    def moved_to(self, lattice: Lattice) -> "Annealed":
        """The same on another lattice of the same dimension.

        Raises:
            ConfigError: a flow has parameters that belong to one lattice size.
        """
        layers = self.layers
        if layers is not None:
            layers = stacked([self._at(layers, k).moved_to(lattice) for k in range(self.levels)])
        return Annealed(
            self.base.moved_to(lattice), self.path.moved_to(lattice), self.protocol,
            self.kernel, self.moves, layers,
        )  # fmt: skip

    def aimed_at(self, theory: Theory) -> "Annealed":
        """The same with what the flow of the base takes from the target.

        Raises:
            ConfigError: the target has not what that flow needs.
        """
        base = self.base.aimed_at(theory)
        return Annealed(base, self.path, self.protocol, self.kernel, self.moves, self.layers)

    def cast(self, precision: Precision) -> "Annealed":
        """The same with its trainable numbers and its samples in another precision."""
        return Annealed(
            self.base.cast(precision), self.path, self.protocol, self.kernel, self.moves,
            with_precision(self.layers, dtype_of(precision)),
        )  # fmt: skip

    @property
    def _dtype(self) -> Any:
        return dtype_of(self.precision)

    def _before(self, theory: Theory, number: Any) -> Theory:
        """What the field has come from: the level before, or the base."""
        if isinstance(number, int) and number == 0:
            return OfModel(self.base)
        return self.theory_at(theory, number - 1)

    def _layer(self, number: Any) -> Flow | None:
        return None if self.layers is None else self._at(self.layers, number)

    @staticmethod
    def _at(layers: Flow, number: Any) -> Flow:
        arrays, static = eqx.partition(layers, eqx.is_array)
        return eqx.combine(jax.tree.map(lambda leaf: leaf[number], arrays), static)


def stacked(flows: list[Flow]) -> Flow:
    """Flows of one architecture as one, their arrays stacked along a first axis."""
    parts = [eqx.partition(flow, eqx.is_array) for flow in flows]
    arrays = jax.tree.map(lambda *leaves: jnp.stack(leaves), *(part[0] for part in parts))
    return eqx.combine(arrays, parts[0][1])


@eqx.filter_jit
def _works(annealed: Annealed, theory: Theory, keys: Key[Array, " draws"]):
    return jax.lax.map(lambda key: annealed.forward(theory, key).work, keys, batch_size=_AT_ONCE)
