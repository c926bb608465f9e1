"""Following fields through a flow, block of layers by block of layers."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from latflow.errors import DamagedFileError
from latflow.fields import named_arrays
from latflow.flows import Flow
from latflow.models import Model
from latflow.observables import Measurement
from latflow.random import key_for
from latflow.runs._mending import Damaged
from latflow.runs._resolved import ResolvedRun
from latflow.runs.configuration import ModelSettings
from latflow.runs.store import (
    LAYERS_FILE,
    LayerView,
    ShouldStop,
    never,
    stop_if,
    write_layer_view,
)
from latflow.settings import Settings

_BATCHES, _BATCH = 16, 64
_BINS = 80
# Largest value of the first batch that the histogram reaches beyond.
_MARGIN = 1.2


def record_layers(
    run: ResolvedRun, model: Model, damaged: Damaged, should_stop: ShouldStop = never
) -> None:
    """Write the layer view of a run's trained model, unless it is there.

    Args:
        run: with a ``[model]``.
        model: the trained model, any precision.
        damaged: what to do with a damaged file, or one of another model.
        should_stop: asked batch by batch.

    Raises:
        Interrupted: ``should_stop`` said so; nothing is written.
    """
    assert run.config.model is not None  # the callers made sure
    try:
        known = run.folder.layers()
    except DamagedFileError as error:
        damaged(error)
        known = None
    if known is None:
        view = layer_view(run.config.model, model, run.measurement, run.config.seed, should_stop)
        path = run.folder.training_path / LAYERS_FILE
        write_layer_view(path, view, run.folder.model_identity())


def layer_view(
    settings: ModelSettings,
    model: Model,
    measurement: Measurement,
    seed: int,
    should_stop: ShouldStop = never,
) -> LayerView:
    """What each block of layers makes of 1024 fields of the prior, in double precision.

    Args:
        settings: of the model.
        model: any precision.
        measurement: of the theory; C(t) is shown if it records a ``two_point``.
        seed: the run's seed.
        should_stop: asked batch by batch.

    Raises:
        Interrupted: ``should_stop`` said so.
    """
    model = model.cast("double")

    @eqx.filter_jit
    def follow(model: Model, key, first):
        def one(number):
            field = model.prior.sample(jax.random.fold_in(key, number), jnp.float64)
            stages = [field]
            for flow in _blocks(model.flow, len(settings.flow)):
                stages.append(flow.forward(stages[-1])[0])
            return _stacked(stages), _stacked([_two_point(measurement, x) for x in stages])

        return jax.vmap(one)(first + jnp.arange(_BATCH))

    key = key_for(seed, "layers")
    counts, correlators, reach, sample = [], [], np.ones(0), {}
    for batch in range(_BATCHES):
        stop_if(should_stop)
        fields, two_point = follow(model, key, jnp.asarray(batch * _BATCH))
        arrays = {name: np.asarray(a) for name, a in named_arrays(fields).items()}
        values = _real_numbers(arrays)
        if not batch:
            sample = {name: array[0] for name, array in arrays.items()}
            reach = _reach(values)
        counts.append([_histogram(v, r)[0] for v, r in zip(values, reach, strict=True)])
        if two_point is not None:
            correlators.append(np.asarray(two_point))
    mean, error = _mean_with_error(correlators) if correlators else (None, None)
    return LayerView(
        names=tuple(_kind(block) for block in (settings.prior, *settings.flow)),
        n_fields=_BATCHES * _BATCH,
        edges=np.stack([_histogram(np.empty(0), r)[1] for r in reach]),
        counts=np.sum(counts, axis=0),
        fields=sample,
        two_point=mean,
        two_point_error=error,
    )


def _kind(block: Settings) -> str:
    """The value of the key by which blocks are told apart."""
    return type(block).model_fields["kind"].default


def _stacked(trees: list):
    """Trees of arrays, stacked leaf by leaf; ``None`` stays what it is."""
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *trees)


def _two_point(measurement: Measurement, field):
    return measurement(field).get("two_point")


def _real_numbers(arrays: dict[str, np.ndarray]) -> np.ndarray:
    """All real numbers of the fields at each stage: (stages, numbers)."""
    parts = []
    for array in arrays.values():
        rows = np.moveaxis(array, 1, 0).reshape(array.shape[1], -1)
        parts += [np.real(rows), np.imag(rows)] if np.iscomplexobj(rows) else [rows]
    return np.concatenate(parts, axis=1)


def _mean_with_error(correlators: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    two_point = np.concatenate(correlators)
    with np.errstate(invalid="ignore", over="ignore"):
        mean, deviation = two_point.mean(axis=0), two_point.std(axis=0, ddof=1)
    return mean, deviation / np.sqrt(len(two_point))


def _blocks(flow: Flow, number: int) -> tuple[Flow, ...]:
    """The flow of every ``[[model.flow]]`` block; a single one is not wrapped in a chain."""
    if number < 2:
        return (flow,)[:number]
    assert len(flow.parts) == number  # as build_model makes it
    return flow.parts


def _reach(values: np.ndarray) -> np.ndarray:
    """Largest modulus of the histogram at each stage; one where a model has diverged."""
    with np.errstate(invalid="ignore"):
        largest = _MARGIN * np.abs(values).max(axis=1)
    return np.where(np.isfinite(largest) & (largest > 0), largest, 1.0)


def _histogram(values: np.ndarray, reach: float) -> tuple[np.ndarray, np.ndarray]:
    return np.histogram(values[np.isfinite(values)], bins=_BINS, range=(-reach, reach))
