"""Independence Metropolis: a model proposes whole configurations, weights make it exact."""

from typing import ClassVar, Literal, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key, PyTree
from pydantic import Field as PydanticField

from latflow import fast_random as random
from latflow.errors import ConfigError
from latflow.fields import Field
from latflow.kernels import (
    Info,
    Kernel,
    KernelSettings,
    Measure,
    Start,
    accept,
    log_uniform,
    select,
)
from latflow.models import Proposer
from latflow.parallel import NUMBERS_AT_ONCE
from latflow.theories import Theory

FAR_FROM_TARGET = "the flow is far from its target: train longer, or give it more layers"


class IndependenceState(NamedTuple):
    """A field and its log weight -S - log q, in double precision."""

    field: Field
    log_weight: Float[Array, ""]


class Independence(Kernel):
    """Independence Metropolis: accept a model's proposal with min(1, w'/w), w = e^-S / q.

    Albergo, Kanwar and Shanahan, arXiv:1904.12072. Proposals do not depend on the chain, so
    :meth:`run` makes them block by block, all at once, before it walks through their weights.

    Args:
        theory: the target.
        model: what proposes.
        proposals_at_once: block length of one chain; bounds memory.
    """

    theory: Theory
    model: Proposer
    proposals_at_once: int = eqx.field(static=True, default=16)

    def init(self, key: Key[Array, ""], field: Field) -> IndependenceState:
        """The log weight of a given field, through the flow's inverse.

        Raises:
            ConfigError: the model knows the weights of its own draws only.
        """
        return IndependenceState(field, _finite(self.model.log_weight(self.theory, field)))

    def start(self, key: Key[Array, ""], start: Start, dtype) -> IndependenceState:
        """As for any kernel; ``"prior"`` is a proposal of the model."""
        if start == "prior":
            return self.propose(key)
        return super().start(key, start, dtype)

    def field(self, state: IndependenceState) -> Field:
        """The field."""
        return state.field

    def propose(self, key: Key[Array, ""]) -> IndependenceState:
        """An independent draw of the model, with its log weight."""
        field, log_weight = self.model.propose(self.theory, key)
        return IndependenceState(field, _finite(log_weight))

    def step(self, key: Key[Array, ""], state: IndependenceState) -> tuple[IndependenceState, Info]:
        """One proposal. Info: ``acceptance``, ``accepted``, ``log_weight`` of the proposal."""
        proposal, log_u = self._candidate(key)
        accepted, info = _decide(log_u, proposal.log_weight, state.log_weight)
        return select(accepted, proposal, state), info

    def run(
        self, keys: Key[Array, "measurements thin"], state: IndependenceState, measure: Measure
    ) -> tuple[IndependenceState, PyTree[Array], Info]:
        """The same as stepping one by one, with proposals and measurements made in blocks."""
        if keys.shape[1] <= self.proposals_at_once:
            return self._run_in_blocks(keys, state, measure)

        def one_measurement(state, keys):
            state, _, infos = self._run_in_blocks(keys[:, None], state, lambda field: ())
            mean = jax.tree.map(lambda info: jnp.mean(info, axis=0), infos)
            return state, (measure(state.field), mean)

        state, (measurements, infos) = jax.lax.scan(one_measurement, state, keys)
        return state, measurements, infos

    def _run_in_blocks(self, keys, state, measure):
        measurements, thin = keys.shape
        length = min(measurements, self.proposals_at_once // thin)
        blocks, rest = divmod(measurements, length)

        def one_block(state, keys):
            state, measured, infos = self._run_block(keys, state, measure)
            return state, (measured, infos)

        whole = keys[: blocks * length].reshape(blocks, length, thin)
        state, results = jax.lax.scan(one_block, state, whole)
        results = jax.tree.map(lambda leaf: leaf.reshape(-1, *leaf.shape[2:]), results)
        if rest:
            state, last = one_block(state, keys[blocks * length :])
            results = jax.tree.map(lambda a, b: jnp.concatenate([a, b]), results, last)
        return state, *results

    def _run_block(self, keys, state, measure):
        measurements, thin = keys.shape
        proposals, log_u = jax.vmap(self._candidate)(keys.reshape(-1))

        def one_decision(current, candidate):
            held, log_weight = current
            number, log_u, proposed = candidate
            accepted, info = _decide(log_u, proposed, log_weight)
            held = jnp.where(accepted, number, held)
            return (held, jnp.where(accepted, proposed, log_weight)), (held, info)

        # Number 0 is the state that the block starts from; proposal i has number i + 1.
        candidates = (jnp.arange(1, measurements * thin + 1), log_u, proposals.log_weight)
        start = (jnp.zeros((), candidates[0].dtype), state.log_weight)
        (last, log_weight), (held, infos) = jax.lax.scan(one_decision, start, candidates)

        def pick(number):
            return jax.tree.map(
                lambda old, new: jnp.where(number == 0, old, new[jnp.maximum(number, 1) - 1]),
                state.field,
                proposals.field,
            )

        measured = jax.vmap(lambda number: measure(pick(number)))(held[thin - 1 :: thin])
        infos = jax.tree.map(lambda info: info.reshape(-1, thin).mean(axis=1), infos)
        return IndependenceState(pick(last), log_weight), measured, infos

    def proposal(self, key: Key[Array, ""]) -> IndependenceState:
        """What the step with this key proposes, whatever the state: no chain is needed for it."""
        return self._candidate(key)[0]

    def _candidate(self, key):
        key_proposal, key_accept = random.split(key, 2)
        return self.propose(key_proposal), log_uniform(key_accept)


def _finite(log_weight: Float[Array, ""]) -> Float[Array, ""]:
    """A weight that is no number is none: such a proposal is rejected."""
    return jnp.where(jnp.isfinite(log_weight), log_weight, -jnp.inf)


def _decide(log_u, proposed, current):
    accepted, probability = accept(log_u, proposed - current)
    info = {
        "acceptance": probability,
        "accepted": accepted.astype(jnp.float64),
        "log_weight": proposed,
    }
    return accepted, info


def proposing(model: Proposer | None, kernel: str) -> Proposer:
    """The model, if it can propose.

    Args:
        model: of the run, if it has one.
        kernel: name of the kernel that it shall propose for.

    Raises:
        ConfigError: there is no model, or its prior does not draw independently.
    """
    if model is None:
        raise ConfigError(
            "kernel",
            f'"{kernel}" needs a model to propose from: add [model] and [training], '
            'or choose another kernel such as "hmc"',
        )
    if not model.draws_independently:
        drawn_by = type(getattr(model, "prior", model)).__name__
        raise ConfigError(
            "kernel",
            f'"{kernel}" is exact for independent proposals only, but the prior '
            f"{drawn_by} draws from Markov chains: use the kernel "
            '"flow-hmc", which needs no draws of the prior, or a prior such as "normal"',
        )
    return model


class IndependenceSettings(KernelSettings):
    """Independence Metropolis from the trained model."""

    label: ClassVar[str] = "independence Metropolis"
    needs_model: ClassVar[bool] = True
    draws_its_own: ClassVar[bool] = True
    # Every accepted proposal is another such draw.
    warm_up_from_own_draw: ClassVar[int] = 200
    lowest_acceptance: ClassVar[float] = 0.2
    remedy: ClassVar[str] = FAR_FROM_TARGET

    kernel: Literal["independence"] = "independence"
    proposal_batch: int = PydanticField(
        1024,
        ge=1,
        le=10**6,
        description="configurations proposed at once, over all chains, at most: fewer where their "
        "16384 numbers would no longer be in the cache",
    )

    def build_kernel(
        self, theory: Theory, model: Proposer | None = None, chains_per_batch: int = 1
    ) -> Independence:
        """The kernel.

        Raises:
            ConfigError: there is no model, or its prior does not draw independently.
        """
        in_cache = NUMBERS_AT_ONCE // theory.space.n_numbers
        at_once = max(1, min(self.proposal_batch, in_cache) // chains_per_batch)
        return Independence(theory, proposing(model, self.kernel), at_once)
