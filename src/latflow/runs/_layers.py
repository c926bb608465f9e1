"""Following fields through a flow, block of layers by block of layers."""

from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from latflow.flows import Chain, Flow
from latflow.models import Model
from latflow.observables import scalar_measurements
from latflow.random import key_for
from latflow.runs.configuration._config import ModelSettings, RunConfig
from latflow.runs.store._layer_view import LayerView, write_layer_view
from latflow.theories import Theory

_BATCHES, _BATCH = 16, 64
_BINS = 80
# Largest value of the first batch that the histogram reaches beyond.
_MARGIN = 1.2


def record_layers(path: Path, config: RunConfig, model: Model, theory: Theory) -> None:
    """Write the layer view of a run's trained model, unless it is there.

    Args:
        path: the file.
        config: of the run, with a ``[model]``.
        model: the trained model, any precision.
        theory: the target; it names the lattice that C(t) is measured on.
    """
    assert config.model is not None  # the callers made sure
    if not path.exists():
        write_layer_view(path, layer_view(config.model, model, theory, config.seed))


def layer_view(settings: ModelSettings, model: Model, theory: Theory, seed: int) -> LayerView:
    """What each block of layers makes of 1024 fields of the prior, in double precision."""
    model = model.cast("double")
    measure = scalar_measurements(theory)

    @eqx.filter_jit
    def follow(model: Model, key, first):
        def one(number):
            field = model.prior.sample(jax.random.fold_in(key, number), jnp.float64)
            stages = [field]
            for flow in _blocks(model.flow, len(settings.flow)):
                stages.append(flow.forward(stages[-1])[0])
            return jnp.stack(stages), jnp.stack([measure(x)["two_point"] for x in stages])

        return jax.vmap(one)(first + jnp.arange(_BATCH))

    key = key_for(seed, "layers")
    counts, correlators, reach, sample = [], [], np.ones(0), np.empty(0)
    for batch in range(_BATCHES):
        values, two_point = map(np.asarray, follow(model, key, jnp.asarray(batch * _BATCH)))
        values = np.moveaxis(values, 1, 0)
        if not batch:
            sample, reach = values[:, 0], _reach(values)
        counts.append([_histogram(v, r)[0] for v, r in zip(values, reach, strict=True)])
        correlators.append(two_point)
    two_point = np.concatenate(correlators)
    n_fields = len(two_point)
    with np.errstate(invalid="ignore", over="ignore"):
        mean, deviation = two_point.mean(axis=0), two_point.std(axis=0, ddof=1)
    return LayerView(
        names=tuple(block.kind for block in (settings.prior, *settings.flow)),
        n_fields=n_fields,
        edges=np.stack([_histogram(np.empty(0), r)[1] for r in reach]),
        counts=np.sum(counts, axis=0),
        two_point=mean,
        two_point_error=deviation / np.sqrt(n_fields),
        fields=sample,
    )


def _blocks(flow: Flow, number: int) -> tuple[Flow, ...]:
    """The flow of every ``[[model.flow]]`` block; a single one is not wrapped in a chain."""
    if number == 1:
        return (flow,)
    assert isinstance(flow, Chain) and len(flow.flows) == number  # as build_model makes it
    return flow.flows


def _reach(values: np.ndarray) -> np.ndarray:
    """Largest |phi| of the histogram at each stage; one where a model has diverged."""
    with np.errstate(invalid="ignore"):
        largest = _MARGIN * np.abs(values).reshape(len(values), -1).max(axis=1)
    return np.where(np.isfinite(largest) & (largest > 0), largest, 1.0)


def _histogram(values: np.ndarray, reach: float) -> tuple[np.ndarray, np.ndarray]:
    return np.histogram(values[np.isfinite(values)], bins=_BINS, range=(-reach, reach))
