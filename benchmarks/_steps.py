"""Training steps that benchmarks time: latflow's, and the same in plain JAX."""

import jax
import jax.numpy as jnp
import optax

from latflow.training import Trainer, TrainingSettings


def latflow_training(theory, model, batch, micro_batch, learning_rate):
    """A function that does so many of latflow's training steps on all devices."""
    settings = TrainingSettings(
        steps=10**6,
        batch=batch,
        micro_batch=micro_batch,
        objective="reverse-kl",
        learning_rate=learning_rate,
        schedule="constant",
        warm_up=0,
    )
    trainer = Trainer(settings, theory, seed=1)
    state = trainer.init(model)

    def advance(n_steps):
        nonlocal state
        state, metrics = trainer.advance(state, n_steps)
        return metrics["loss"][-1]

    return advance


def plain_training(sample_loss, parameters, batch, learning_rate):
    """A function that does so many steps written in plain JAX, on one device.

    ``sample_loss(parameters, key)`` is the loss of one draw.
    """
    optimiser = optax.adam(learning_rate)

    @jax.jit
    def step(parameters, optimiser_state, key):
        keys = jax.random.split(key, batch)
        gradients = jax.grad(lambda p: jnp.mean(jax.vmap(lambda key: sample_loss(p, key))(keys)))(
            parameters
        )
        updates, optimiser_state = optimiser.update(gradients, optimiser_state)
        return optax.apply_updates(parameters, updates), optimiser_state

    state, counter = (parameters, optimiser.init(parameters)), 0

    def advance(n_steps):
        nonlocal state, counter
        for _ in range(n_steps):
            counter += 1
            state = step(*state, jax.random.fold_in(jax.random.key(1), counter))
        return jax.block_until_ready(state)

    return advance
