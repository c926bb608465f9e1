"""Replica exchange: theories of a ladder side by side, whose fields swap places."""

from collections.abc import Callable
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key

from latflow import fast_random as random
from latflow.errors import ConfigError
from latflow.fields import Field
from latflow.flows import Flow
from latflow.kernels import Info, Kernel, Start, State, accept, log_uniform
from latflow.sampling.replicas._ladder import Ladder
from latflow.sampling.replicas._spacing import respaced
from latflow.sampling.replicas._stacked import stack, unstack
from latflow.sampling.replicas._update import displaced
from latflow.sampling.replicas._walkers import Walkers, arrived, named, new_walkers, swapped
from latflow.theories import Theory

# Later rounds of the warm-up tune the kernels for where their replicas stand.
_RESPACED_UNTIL = 0.5


class ExchangeState(NamedTuple):
    """States of the replicas' kernels, along a first axis, and who came from where."""

    replicas: State
    walkers: Walkers


class ReplicaExchange(Kernel):
    """One step of every replica's own kernel, then swaps of neighbours: even pairs, odd pairs.

    The joint weight is the product of those of all replicas. The kernels leave each factor
    invariant. A swap of x_i and x_{i+1} is Metropolis' rule for a proposal that is its own
    inverse, accepted with min(1, e^-(W + W')), where W = S_{i+1}(x_i) - S_i(x_i) and W' the same
    the other way round (Swendsen and Wang, Phys. Rev. Lett. 57 (1986) 2607). With a flow F
    between neighbours the proposal is (x_i, x_{i+1}) -> (F^-1(x_{i+1}), F(x_i)), and the works
    contain its log-determinants: exact for any flow, and swapped always if F maps one weight onto
    the other (Invernizzi, Kraemer, Clementi and Noe, arXiv:2210.14104; Abbott et al.,
    arXiv:2404.11674).

    What is measured is the field of the target, the last replica. Whoever runs many chains runs
    many ladders.

    Args:
        ladder: the path of theories.
        positions: of the replicas on it, rising from 0 to 1.
        build: makes the kernel of one replica, given its theory.
        flows: one for each pair of neighbours, of one structure, from far to near; none: fields
            are swapped as they are.
        respace: whether the warm-up moves the positions until swaps are as likely.

    Raises:
        ConfigError: there are less than two replicas, or their kernels differ in structure.
    """

    ladder: Ladder
    positions: Float[Array, " replicas"]
    theories: Theory
    kernels: Kernel
    flows: Flow | None
    build: Callable[[Theory], Kernel] = eqx.field(static=True)
    respace: bool = eqx.field(static=True)

    def __init__(
        self,
        ladder: Ladder,
        positions: Any,
        build: Callable[[Theory], Kernel],
        flows: tuple[Flow, ...] = (),
        respace: bool = False,
    ):
        positions = np.asarray(positions, np.float64)
        if len(positions) < 2:
            raise ConfigError("ladder.replicas", "replica exchange needs at least two replicas")
        if flows and len(flows) != len(positions) - 1:
            raise ConfigError(
                "ladder.replicas",
                f"{len(positions)} replicas need {len(positions) - 1} flows, got {len(flows)}",
            )
        self.ladder, self.build, self.respace = ladder, build, respace
        self.flows = stack(list(flows), "the flows") if flows else None
        self.positions = jnp.asarray(positions)
        self.theories, self.kernels = _made(ladder, positions, build)

    @property
    def n_replicas(self) -> int:
        """How many theories there are."""
        return self.positions.shape[0]

    @property
    def theory(self) -> Theory:  # pyright: ignore[reportIncompatibleVariableOverride]
        """The target."""
        return self.ladder.target

    @property
    def tuned(self) -> dict[str, Float[Array, ""]]:
        """Positions, where they were not given, and what the replicas' kernels tune, by number."""
        first = 0 if self.ladder.has_stops else 1
        told = range(first, self.n_replicas - 1) if first == 0 or self.respace else ()
        found = {f"position_{i}": self.positions[i] for i in told}
        for i in range(self.n_replicas):
            of_kernel = unstack(self.kernels, i).tuned
            found |= {f"replica_{i}_{name}": value for name, value in of_kernel.items()}
        return found

    def init(self, key: Key[Array, ""], field: Field) -> ExchangeState:
        """Every replica at the same field."""
        return self._new(jax.random.split(key, self.n_replicas), lambda k, key: k.init(key, field))

    def start(self, key: Key[Array, ""], start: Start, dtype) -> ExchangeState:
        """Every replica as its own kernel starts."""
        keys = jax.random.split(key, self.n_replicas)
        return self._new(keys, lambda kernel, key: kernel.start(key, start, dtype))

    def field(self, state: ExchangeState) -> Field:
        """That of the target."""
        return unstack(self.kernels, -1).field(unstack(state.replicas, -1))

    def fields(self, state: ExchangeState) -> Field:
        """Those of all replicas, along a first axis."""
        return eqx.filter_vmap(lambda kernel, one: kernel.field(one))(self.kernels, state.replicas)

    def step(self, key: Key[Array, ""], state: ExchangeState) -> tuple[ExchangeState, Info]:
        """A step of every kernel, and an attempt to swap every pair.

        Info, with replicas and pairs by number from the far end: ``swap_i`` the probability of
        swapping i and i + 1, ``work_up_i`` and ``work_down_i`` the works W and W' that it is made
        of; ``walker_i`` which field stands there after all swaps, by the replica where it began;
        ``round_trips`` that were completed; ``replica_i_KEY`` the acceptances of kernels;
        ``target_KEY`` all other infos of the target's; ``acceptance`` is the least of all.
        """
        key_steps, key_inits, key_swaps, key_shift = random.split(key, 4)
        replicas, infos = eqx.filter_vmap(lambda kernel, key, one: kernel.step(key, one))(
            self.kernels, jax.random.split(key_steps, self.n_replicas), state.replicas
        )
        fields = self.fields(ExchangeState(replicas, state.walkers))
        if self.ladder.moves_about:
            fields = _last_displaced(key_shift, fields, self.theory.space.lattice.shape)
        fields, walkers, swaps = self._swap(key_swaps, fields, state.walkers)
        walkers, completed = arrived(walkers)
        replicas = self._states(jax.random.split(key_inits, self.n_replicas), fields)
        info = {**_of_kernels(infos), **swaps, **named(walkers), "round_trips": completed}
        least = [value for name, value in info.items() if _is_acceptance(name)]
        return ExchangeState(replicas, walkers), {"acceptance": jnp.min(jnp.stack(least)), **info}

    def eased(self, progress: float) -> "ReplicaExchange":
        """Every kernel eased."""
        return self._with_each(lambda kernel, number: kernel.eased(progress))

    def tune(self, mean_info: dict[str, float], progress: float) -> "ReplicaExchange":
        """Every kernel tuned by its own acceptances; in the first half positions are moved."""

        def of_its_own(kernel: Kernel, number: int) -> Kernel:
            start = f"replica_{number}_"
            own = {k.removeprefix(start): v for k, v in mean_info.items() if k.startswith(start)}
            return kernel.tune(own, progress)

        tuned = self._with_each(of_its_own)
        if not self.respace or progress > _RESPACED_UNTIL:
            return tuned
        swaps = np.array([mean_info[f"swap_{i}"] for i in range(self.n_replicas - 1)])
        return tuned._moved_to(respaced(np.asarray(self.positions), swaps))

    def _new(self, keys, start: Callable[[Kernel, Any], State]) -> ExchangeState:
        replicas = eqx.filter_vmap(start)(self.kernels, keys)
        return ExchangeState(replicas, new_walkers(self.n_replicas))

    def _states(self, keys, fields: Field) -> State:
        return eqx.filter_vmap(lambda kernel, key, field: kernel.init(key, field))(
            self.kernels, keys, fields
        )

    def _swap(
        self, key: Key[Array, ""], fields: Field, walkers: Walkers
    ) -> tuple[Field, Walkers, Info]:
        """Even pairs, then odd ones: fields, walkers and infos after that."""
        count, info = self.n_replicas, {}
        actions = _actions(self.theories, fields)
        for parity in (0, 1):
            lower = np.arange(parity, count - 1, 2)
            if not lower.size:
                continue
            below, above = unstack(fields, lower), unstack(fields, lower + 1)
            up, log_det_up, down, log_det_down = self._proposed(lower, below, above)
            action_up = _actions(unstack(self.theories, lower + 1), up)
            action_down = _actions(unstack(self.theories, lower), down)
            work_up = action_up - log_det_up - actions[lower]
            work_down = action_down - log_det_down - actions[lower + 1]
            keys = jax.random.split(jax.random.fold_in(key, parity), lower.size)
            log_u = jax.vmap(log_uniform)(keys)
            accepted, probability = jax.vmap(accept)(log_u, -(work_up + work_down))
            for place, pair in enumerate(lower):
                info[f"swap_{pair}"] = probability[place]
                info[f"work_up_{pair}"], info[f"work_down_{pair}"] = (
                    work_up[place],
                    work_down[place],
                )
            fields = _placed(fields, lower, _where(accepted, down, below))
            fields = _placed(fields, lower + 1, _where(accepted, up, above))
            actions = _placed(actions, lower, jnp.where(accepted, action_down, actions[lower]))
            actions = _placed(
                actions, lower + 1, jnp.where(accepted, action_up, actions[lower + 1])
            )
            walkers = swapped(walkers, jnp.asarray(lower), accepted)
        return fields, walkers, info

    def _proposed(self, lower: Int[np.ndarray, " pairs"], below: Field, above: Field):
        """Fields for the upper and lower places of pairs, with their log-determinants."""
        if self.flows is None:
            nothing = jnp.zeros(lower.size, jnp.float64)
            return below, nothing, above, nothing
        flows = unstack(self.flows, lower)
        up, log_det_up = eqx.filter_vmap(lambda flow, field: flow.forward(field))(flows, below)
        down, log_det_down = eqx.filter_vmap(lambda flow, field: flow.inverse(field))(flows, above)
        up, down = (_as_before(new, old) for new, old in ((up, above), (down, below)))
        return up, log_det_up, down, log_det_down

    def _with_each(self, change: Callable[[Kernel, int], Kernel]) -> "ReplicaExchange":
        changed = [change(unstack(self.kernels, i), i) for i in range(self.n_replicas)]
        together = stack(changed, "the kernels")
        return eqx.tree_at(lambda kernel: kernel.kernels, self, together)

    def _moved_to(self, positions: Float[np.ndarray, " replicas"]) -> "ReplicaExchange":
        """The same at other positions; numbers that tuning has changed are kept."""
        _, before = _made(self.ladder, np.asarray(self.positions), self.build)
        theories, fresh = _made(self.ladder, positions, self.build)

        def kept(now, old, new):
            if not eqx.is_array(now):
                return now
            tuned = jnp.asarray(now) != jnp.asarray(old)
            return jnp.where(tuned, now, new)

        kernels = jax.tree.map(kept, self.kernels, before, fresh)
        return eqx.tree_at(
            lambda kernel: (kernel.positions, kernel.theories, kernel.kernels),
            self,
            (jnp.asarray(positions), theories, kernels),
        )


def _made(ladder: Ladder, positions, build) -> tuple[Theory, Kernel]:
    """Theories and kernels of the replicas."""
    theories = [ladder.theory(float(t)) for t in positions]
    return stack(theories, "the theories"), stack([build(one) for one in theories], "the kernels")


def _actions(theories: Theory, fields: Field) -> Float[Array, " replicas"]:
    return eqx.filter_vmap(lambda theory, field: theory.action(field))(theories, fields)


def _is_acceptance(name: str) -> bool:
    return name.endswith("acceptance") or name.startswith("swap_")


def _of_kernels(infos: dict[str, Float[Array, " replicas"]]) -> Info:
    """Acceptances of all kernels, and the other infos of the target's."""
    found = {}
    for name, values in infos.items():
        if _is_acceptance(name):
            found |= {f"replica_{i}_{name}": values[i] for i in range(values.shape[0])}
        else:
            found[f"target_{name}"] = values[-1]
    return found


def _where(condition, new: Field, old: Field) -> Field:
    def leaf(a, b):
        return jnp.where(condition.reshape(-1, *(1,) * (a.ndim - 1)), a, b)

    return jax.tree.map(leaf, new, old)


def _placed(values: Field, places, new: Field) -> Field:
    return jax.tree.map(lambda old, leaf: old.at[places].set(leaf), values, new)


def _as_before(new: Field, old: Field) -> Field:
    return jax.tree.map(lambda a, b: a.astype(b.dtype), new, old)


def _last_displaced(key: Key[Array, ""], fields: Field, shape: tuple[int, ...]) -> Field:
    """The last field displaced at random."""
    last = displaced(key, unstack(fields, -1), shape)
    return jax.tree.map(lambda leaf, new: leaf.at[-1].set(new), fields, last)
