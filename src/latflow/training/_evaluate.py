"""How good a trained model is: fresh samples with their weights, in double precision."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from latflow.models import Model
from latflow.parallel import over_devices
from latflow.random import key_for
from latflow.theories import Theory

_BLOCK = 256


def evaluate(
    model: Model, theory: Theory, seed: int, n_samples: int, n_fields: int = 0
) -> dict[str, Float[np.ndarray, "..."]]:
    """Draw fresh samples of a model and weigh them.

    Args:
        model: any precision; evaluated in double.
        theory: the target.
        seed: the run's seed.
        n_samples: how many samples; rounded up to whole blocks inside, cut on return.
        n_fields: how many of the sampled fields to return.

    Returns:
        ``log_weight``, ``log_prob`` (of the model) and ``action``, each of shape (n_samples,),
        and ``fields`` of shape (n_fields, *lattice).
    """
    model = model.cast("double")
    n_devices = len(jax.local_devices())
    n_blocks = -(-n_samples // _BLOCK)
    n_blocks = -(-n_blocks // n_devices) * n_devices
    key = key_for(seed, "evaluation")

    @eqx.filter_jit
    def draw(model, key):
        arrays, static = eqx.partition(model, eqx.is_array)

        def one(arrays, key):
            field, log_prob = eqx.combine(arrays, static).sample_and_log_prob(key)
            return log_prob, theory.action(field)

        def on_device(arrays, keys):
            return jax.lax.map(lambda keys: jax.vmap(lambda key: one(arrays, key))(keys), keys)

        # A sample's key is folded from its own index: it does not depend on how many are drawn.
        indices = jnp.arange(n_blocks * _BLOCK)
        keys = jax.vmap(lambda index: jax.random.fold_in(key, index))(indices)
        return over_devices(on_device, n_blocks)(arrays, keys.reshape(n_blocks, _BLOCK))

    @eqx.filter_jit
    def draw_fields(model, key):
        keys = jax.vmap(lambda index: jax.random.fold_in(key, index))(jnp.arange(n_fields))
        return jax.vmap(lambda key: model.sample_and_log_prob(key)[0])(keys)

    log_prob, action = (np.asarray(part).reshape(-1)[:n_samples] for part in draw(model, key))
    result = {"log_weight": -action - log_prob, "log_prob": log_prob, "action": action}
    if n_fields:
        result["fields"] = np.asarray(draw_fields(model, key))
    return result
