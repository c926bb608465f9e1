"""The fit loop: gradient descent on any objective, in chunks that can be stopped between."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float, Int, Key, PyTree

from latflow.errors import ConfigError
from latflow.models import Proposer
from latflow.not_trained import parameters_of
from latflow.parallel import mapped_over_devices, on_every_device, placed_on_every_device
from latflow.priors import ConfigurationPool
from latflow.random import key_for
from latflow.theories import Theory
from latflow.training._forward_kl import forward_kl
from latflow.training._gauss_newton import (
    NormalEquations,
    gradients_of_draws,
    moments_of,
    share_of,
    solved,
)
from latflow.training._objectives import OBJECTIVES
from latflow.training._settings import TrainingSettings
from latflow.training._weight_metrics import weight_metrics

# Tells the draw of couplings from what its micro-batch draws with the same key.
_COUPLINGS = 0x636F75


class TrainingState(eqx.Module):
    """Everything that training needs to go on: model, optimiser and step.

    ``target``: configurations of the target, where the loss has a share of the forward
    divergence; whoever trains fills and renews them.
    """

    model: Any
    optimiser: PyTree
    step: Int[Array, ""]
    target: ConfigurationPool | None = None


class Trainer:
    """Trains a model for a theory.

    The random numbers of a step depend on the seed and the step alone, and gradients of
    micro-batches are added in a fixed order, so a run does not depend on where it was
    interrupted nor on how many devices share the work.

    Args:
        settings: how to train; its ``stages`` are not this class's business.
        theory: the target.
        seed: the run's seed.
        purpose: names the stream of random numbers, one for each stage of a run.
    """

    def __init__(
        self, settings: TrainingSettings, theory: Theory, seed: int, purpose: str = "training"
    ):
        self.settings = settings
        self._optimiser = settings.optimiser()
        self._schedule = settings.learning_rate_schedule()
        self._objective = OBJECTIVES[settings.objective](settings)
        self._theory = theory
        self._key = key_for(seed, purpose)
        self._advance = eqx.filter_jit(self._scan)

    def init(self, model: Proposer) -> TrainingState:
        """The state before the first step.

        Raises:
            ConfigError: the objective is not for a model of this kind.
        """
        model = model.cast(self.settings.precision)
        parameters: Any = parameters_of(model)[0]
        if self.settings.is_least_squares:
            if model.is_conditional:
                raise ConfigError(
                    "training.objective",
                    '"log-weight-variance" compares weights at one coupling, and this model is '
                    'conditional; use "path-gradient"',
                )
            optimiser = NormalEquations.none(parameters)
        else:
            optimiser = self._optimiser.init(parameters)
        return TrainingState(model, optimiser, jnp.zeros((), jnp.int32), self._empty_target())

    def finished(self, state: TrainingState) -> TrainingState:
        """The state after the last step, without what only further steps would need.

        The equations of least squares are the square of what the model is.
        """
        if not self.settings.is_least_squares:
            return state
        return TrainingState(state.model, None, state.step, state.target)

    def _empty_target(self) -> ConfigurationPool | None:
        settings = self.settings.forward_kl
        if settings is None:
            return None
        return ConfigurationPool.empty(self._theory.space, settings.pool)

    def advance(
        self, state: TrainingState, n_steps: int
    ) -> tuple[TrainingState, dict[str, Float[np.ndarray, " steps"]]]:
        """Do ``n_steps`` steps as one compiled program.

        Returns:
            The new state, and per step: ``loss``, ``ess``, ``acceptance``,
            ``log_weight_variance``, ``gradient_norm``, ``learning_rate``; and ``gradient_noise``,
            where there are several micro-batches to take it from.
        """
        state = placed_on_every_device(state, self._n_micro_batches)
        state, metrics = self._advance(n_steps, state, self._key)
        return state, {name: np.asarray(values) for name, values in metrics.items()}

    def _scan(self, n_steps: int, state: TrainingState, key: Key[Array, ""]):
        arrays, static = eqx.partition(state, eqx.is_array)

        def steps(arrays, key):
            def body(arrays, _):
                new_state, metrics = self._step(eqx.combine(arrays, static), key)
                return eqx.filter(new_state, eqx.is_array), metrics

            return jax.lax.scan(body, arrays, length=n_steps)

        # All of it on every device, but for the gradients: so the program around them is the
        # same on any number of devices, and rounds alike.
        arrays, metrics = on_every_device(steps, self._n_micro_batches)(arrays, key)
        return eqx.combine(arrays, static), metrics

    @property
    def _n_micro_batches(self) -> int:
        return self.settings.batch // min(self.settings.micro_batch, self.settings.batch)

    def _step(self, state: TrainingState, key: Key[Array, ""]):
        if self.settings.is_least_squares:
            return self._least_squares_step(state, key)
        parameters: Any
        parameters, static = parameters_of(state.model)

        def micro_batch_loss(parameters, keys):
            model, theory = eqx.combine(parameters, static), self._theory
            if model.is_conditional:
                # One draw of couplings for all: their weights can be compared.
                model, theory = model.at_random(theory, jax.random.fold_in(keys[0], _COUPLINGS))
            one = lambda key: self._loss(model, theory, state.target, key)  # noqa: E731
            losses, log_weights = jax.vmap(one)(keys)
            return jnp.mean(losses), log_weights

        # One long vector: devices wait for each other once, not once for every parameter.
        _, unravel = ravel_pytree(parameters)

        def flat_gradient(keys):
            gradient = jax.value_and_grad(micro_batch_loss, has_aux=True)
            values, tree = gradient(parameters, keys)
            return values, ravel_pytree(tree)[0]

        (losses, log_weights), vectors = mapped_over_devices(
            flat_gradient, self._keys(state, key), self._n_micro_batches
        )
        gradients = unravel(jnp.mean(vectors, axis=0))
        updates, optimiser = self._optimiser.update(gradients, state.optimiser, parameters)
        model = eqx.apply_updates(state.model, updates)
        metrics = {
            "loss": jnp.mean(losses),
            **_weight_metrics(log_weights, state.model.is_conditional),
            "gradient_norm": optax.tree.norm(gradients),
            "learning_rate": jnp.asarray(self._schedule(state.step)),
        }
        if self._n_micro_batches > 1:
            metrics["gradient_noise"] = _noise(vectors)
        return TrainingState(model, optimiser, state.step + 1, state.target), metrics

    def _least_squares_step(self, state: TrainingState, key: Key[Array, ""]):
        parameters, static = parameters_of(state.model)
        flat, unravel = ravel_pytree(parameters)

        def log_weight(parameters, key):
            return self._objective(eqx.combine(parameters, static), self._theory, key)[1]

        log_weights, slopes = mapped_over_devices(
            lambda keys: gradients_of_draws(log_weight, parameters, keys),
            self._keys(state, key),
            self._n_micro_batches,
        )
        log_weights, batch = log_weights.reshape(-1), self.settings.batch
        found = moments_of(log_weights, slopes.reshape(batch, -1))
        optimiser, change = solved(state.optimiser, found, flat, state.step, batch)
        model = eqx.apply_updates(state.model, unravel(change.astype(flat.dtype)))
        metrics = weight_metrics(log_weights)
        metrics |= {
            "loss": metrics["log_weight_variance"],
            "gradient_norm": jnp.linalg.norm(2 * found.gradient),
            "learning_rate": share_of(state.step, batch, flat.size),
        }
        return TrainingState(model, optimiser, state.step + 1), metrics

    def _keys(self, state: TrainingState, key: Key[Array, ""]) -> Key[Array, "parts batch"]:
        """Of all draws of a step, by micro-batch."""
        settings = self.settings
        keys = jax.random.split(jax.random.fold_in(key, state.step), settings.batch)
        return keys.reshape(-1, min(settings.micro_batch, settings.batch))

    def _loss(
        self, model: Any, theory: Theory, target: ConfigurationPool | None, key: Key[Array, ""]
    ):
        """The loss of one draw from the model and, where it has a share, one of the target."""
        settings = self.settings.forward_kl
        if target is not None and settings is not None and settings.share == 1:
            # Draws of the model are for its weights only: nothing is differentiated through them.
            _, log_weight = jax.tree.map(_fixed, model).propose(theory, key)
            return forward_kl(model, target, key), log_weight
        loss, log_weight = self._objective(model, theory, key)
        if target is None or settings is None:
            return loss, log_weight
        share = settings.share
        return (1 - share) * loss + share * forward_kl(model, target, key), log_weight


def _fixed(leaf):
    return jax.lax.stop_gradient(leaf) if eqx.is_inexact_array(leaf) else leaf


def _weight_metrics(log_weights: Float[Array, "micro_batches batch"], is_conditional: bool):
    """Of the whole batch; where every micro-batch has couplings of its own, means over these."""
    if not is_conditional:
        return weight_metrics(log_weights.reshape(-1))
    return jax.tree.map(jnp.mean, jax.vmap(weight_metrics)(log_weights))


def _noise(vectors: Float[Array, "micro_batches parameters"]) -> Float[Array, ""]:
    """Standard error of the gradient, over all its components: what its norm is to be held against.

    From the scatter of the micro-batches' gradients, whose mean is that of the step.
    """
    scatter = vectors - jnp.mean(vectors, axis=0)
    count = vectors.shape[0]
    return jnp.sqrt(jnp.sum(scatter * scatter) / (count * (count - 1)))


def first_broken_step(
    metrics: dict[str, Float[np.ndarray, " steps"]], state: TrainingState
) -> int | None:
    """The step of a chunk, from one on, whose numbers are not finite; ``None`` if all are.

    Args:
        metrics: of the chunk; loss and gradient count.
        state: after it: the last update may have broken the model without a trace in them.
    """
    finite = np.isfinite(metrics["loss"]) & np.isfinite(metrics["gradient_norm"])
    if not finite.all():
        return int(np.argmin(finite)) + 1
    parameters = jax.tree.leaves(parameters_of(state.model)[0])
    if all(bool(jnp.isfinite(leaf).all()) for leaf in parameters):
        return None
    return int(finite.size)
