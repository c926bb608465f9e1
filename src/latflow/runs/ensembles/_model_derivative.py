"""d log Z / dc through a trained model: along the way of its draws."""

from dataclasses import replace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from latflow.analysis import GammaResult, Response, derived_quantity
from latflow.errors import ConfigError
from latflow.models import Model
from latflow.random import key_for
from latflow.runs._doubts import doubts_about
from latflow.runs._resolved import ResolvedRun, resolve
from latflow.runs._trained import trained_model
from latflow.runs.ensembles._tangent import theory_tangent
from latflow.runs.store import RunFolder

_AT_ONCE = 64
_PURPOSE = "derivative/model"


def model_log_z_derivative(
    run: RunFolder | ResolvedRun, coupling: str, n_samples: int = 4096
) -> Response | None:
    """d log Z / dc = <w d log w / dc> / <w> over draws of the run's model.

    The weight of a draw with fixed random numbers depends on the coupling through the action and,
    where the model is conditional on it, through the field that the flow makes: for an exact flow
    d log w / dc is d log Z / dc in every single draw. ``plain`` leaves the field where it is.

    Args:
        run: with a trained model.
        coupling: a key of its ``[theory]`` block.
        n_samples: draws.

    Returns:
        ``None`` for a run without a trained model that has a density.

    Raises:
        ConfigError: no such coupling; or there are reasons not to believe the model's weights.
    """
    run = resolve(run)
    tangent = theory_tangent(run.config.theory, coupling)
    model = trained_model(run) if run.stages else None
    if not isinstance(model, Model):
        return None
    evaluation = run.folder.evaluation()
    if evaluation is None:
        return None
    doubts = doubts_about(run, run.stages[-1], evaluation)
    if doubts:
        raise ConfigError("", f"{run.folder.path}: {doubts[0].sentence}")
    model, theory = model.cast("double"), run.theory
    arrays, static = eqx.partition(theory, eqx.is_inexact_array)
    changes = eqx.filter(tangent, eqx.is_inexact_array)

    def log_weight(arrays, key):
        there = eqx.combine(arrays, static)
        aimed = model.aimed_at(there) if model.is_conditional else model
        return aimed.propose(there, key)[1]

    def standing(arrays, field):
        return -eqx.combine(arrays, static).action(field)

    @jax.jit
    def draws(key):
        def one(number):
            draw = jax.random.fold_in(key, number)
            value, moving = jax.jvp(lambda a: log_weight(a, draw), (arrays,), (changes,))
            field, _ = model.propose(theory, draw)
            _, plain = jax.jvp(lambda a: standing(a, field), (arrays,), (changes,))
            return value, moving, plain

        return jax.lax.map(one, jnp.arange(n_samples), batch_size=min(_AT_ONCE, n_samples))

    value, moving, plain = (np.asarray(x) for x in draws(key_for(run.config.seed, _PURPOSE)))
    weight = np.exp(value - value.max())
    return Response(_weighted(weight, plain), _weighted(weight, moving))


def _weighted(weight: np.ndarray, values: np.ndarray) -> GammaResult:
    """<w x> / <w> with its error."""
    # Around a value in the middle, so that nothing of the size of the volume cancels.
    centre = float(np.average(values, weights=weight))
    series = np.stack([weight * (values - centre), weight], axis=-1)[None]
    shifted = derived_quantity(lambda means: means[0] / means[1], series)
    return _moved(shifted, centre)


def _moved(result: GammaResult, by: float) -> GammaResult:
    return replace(result, value=result.value + by)
