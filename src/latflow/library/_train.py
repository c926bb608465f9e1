"""Training a model in memory."""

from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from latflow.errors import ConfigError
from latflow.library._progress import Bars
from latflow.library._settings import settings_from
from latflow.models import Proposer
from latflow.reports import html_table
from latflow.theories import Theory
from latflow.training import Trainer, TrainingSettings


@dataclass(frozen=True)
class Trained:
    """A trained model.

    Attributes:
        model: in the precision of the training.
        metrics: per step ``loss``, ``ess``, ``acceptance``, ``log_weight_variance``,
            ``gradient_norm``, ``learning_rate``, ``gradient_noise`` (with several micro-batches).
    """

    model: Proposer
    metrics: dict[str, Float[np.ndarray, " steps"]]

    def _repr_html_(self) -> str:
        rows = [[name, f"{series[-1]:.4g}"] for name, series in self.metrics.items()]
        steps = len(self.metrics["loss"])
        return html_table(f"{steps} steps", ["last step", ""], rows)


def train(
    model: Proposer, theory: Theory, *, seed: int = 1, progress: bool = False, **settings: Any
) -> Trained:
    """Train a model for a theory; nothing is written.

    Args:
        model: from :func:`latflow.build`, or your own.
        theory: the target.
        seed: of the random numbers.
        progress: whether a bar is shown.
        settings: keys of ``[training]`` in a configuration, such as ``steps`` and ``batch``.

    Raises:
        ConfigError: a setting is wrong, or needs a run folder (stages, Markov chains).
    """
    checked = settings_from(TrainingSettings, settings, "training")
    if checked.stages or checked.forward_kl is not None or not model.draws_independently:
        raise ConfigError(
            "training", "stages and pools of Markov chains are for runs on disk: use latflow.run"
        )
    trainer = Trainer(checked, theory, seed)
    state, parts, done = trainer.init(model), [], 0
    with Bars() if progress else nullcontext() as bars:
        if bars is not None:
            bars.stage("training", checked.steps, 0)
        while done < checked.steps:
            count = min(checked.chunk, checked.steps - done)
            state, metrics = trainer.advance(state, count)
            parts.append(metrics)
            done += count
            if bars is not None:
                bars.advance(done, {})
    joined = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    # Through the host: JAX would hold on to the devices that the training was on.
    arrays, rest = eqx.partition(state.model, eqx.is_array)
    free = jax.tree.map(lambda leaf: jnp.asarray(np.asarray(leaf)), arrays)
    return Trained(eqx.combine(free, rest), joined)
