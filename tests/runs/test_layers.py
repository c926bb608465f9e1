"""The layer view: what its numbers mean, and its file in a run."""

import shutil
from dataclasses import fields

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from latflow.errors import RunFolderError
from latflow.models import Model
from latflow.observables import Action, Measurement
from latflow.runs import (
    Interrupted,
    RunFolder,
    build_model,
    build_theory,
    config_from,
    resolve,
    train,
    trained_model,
)
from latflow.runs._layers import layer_view, record_layers

CONFIGURATION = {
    "seed": 5,
    "theory": {"kind": "phi4", "convention": "hopping", "shape": [4, 6], "beta": 0.5, "lam": 0.5},
    "training": {},
}


def configuration(*flows):
    return config_from({**CONFIGURATION, "model": {"flow": list(flows)}})


def view_of(config, model=None, observables=None):
    model = build_model(config) if model is None else model
    measurement = Measurement(build_theory(config), observables)
    return layer_view(config.model, model, measurement, config.seed)


def test_numbers_of_a_flow_that_only_rescales():
    """White noise times 1, 2 and 1: all is known. Six values of C(t) at 4 standard errors: a
    false alarm in 2500 seeds; the error of C(0) is 1.8 %."""
    double = {"kind": "rescale", "scale": 2.0}
    view = view_of(configuration(double, {**double, "scale": 0.5}))
    assert view.names == ("normal", "rescale", "rescale")
    assert view.n_fields == 1024
    scales = np.array([1.0, 2.0, 1.0])
    assert view.fields.keys() == {"field"}
    fields = view.fields["field"]
    assert fields.shape == (3, 4, 6)
    np.testing.assert_allclose(fields, scales[:, None, None] * fields[0], rtol=1e-6)
    np.testing.assert_allclose(view.two_point[1], 4 * view.two_point[0], rtol=1e-5)
    assert view.two_point.shape == (3, 6)
    # Var C(0) = 2 / T for each field of white noise: T sums over timeslices are independent.
    np.testing.assert_allclose(view.two_point_error[0, 0], np.sqrt(2 / 6 / 1024), rtol=0.15)
    assert abs(view.two_point[0, 0] - 1) < 4 * view.two_point_error[0, 0]
    assert (np.abs(view.two_point[0, 1:]) < 4 * view.two_point_error[0, 1:]).all()
    values = 1024 * 24
    for counts, edges, scale in zip(view.counts, view.edges, scales, strict=True):
        assert 0.999 * values <= counts.sum() <= values
        centres = (edges[1:] + edges[:-1]) / 2
        mean, square = (np.sum(counts * centres**n) / counts.sum() for n in (1, 2))
        assert abs(mean) < 0.03 * scale
        assert square == pytest.approx(scale**2, rel=0.04)


def test_every_stage_is_the_flow_of_its_block():
    coupling = {"kind": "affine-coupling", "layers": 2, "net": {"hidden": [2]}}
    config = configuration(coupling, {"kind": "rescale", "scale": 0.7}, coupling)
    model = build_model(config)
    model = Model(model.prior, jax.tree.map(lambda leaf: leaf + 0.1, model.flow))
    view, double = view_of(config, model), model.cast("double")
    assert len(view.names) == 4
    made = view.fields["field"]
    assert not np.allclose(made[0], made[1])
    for before, after, flow in zip(made, made[1:], double.flow.flows, strict=False):
        np.testing.assert_allclose(
            flow.forward(jnp.asarray(before))[0], after, rtol=1e-10, atol=1e-12
        )
    # One block alone is not wrapped in a chain of blocks.
    config = configuration(coupling)
    view, flow = view_of(config), build_model(config).cast("double").flow
    assert view.names == ("normal", "affine-coupling")
    np.testing.assert_allclose(
        flow.forward(jnp.asarray(view.fields["field"][0]))[0], view.fields["field"][1], rtol=1e-6
    )
    assert view_of(configuration()).names == ("normal",)


def test_a_model_that_has_diverged_leaves_a_file_all_the_same(tmp_path):
    config = configuration({"kind": "rescale"})
    model = build_model(config)
    model = Model(model.prior, jax.tree.map(lambda leaf: leaf * np.nan, model.flow))
    run = resolve(RunFolder.create(tmp_path / "run", config))
    with pytest.raises(Interrupted):
        train(run, should_stop=lambda: True)
    path = run.folder.training_path / "layers.h5"
    record_layers(run, model, pytest.fail)
    assert path.exists()
    view = view_of(config, model)
    assert np.isfinite(view.two_point[0]).all() and np.isnan(view.two_point[1]).all()
    assert view.counts[1].sum() == 0 and np.isfinite(view.edges).all()


def test_a_run_has_its_layers_and_an_older_one_gets_them(tmp_path, finished):
    view = finished[0].layers()
    assert view.names == ("normal", "affine-coupling")
    flow = trained_model(finished[0]).cast("double").flow
    np.testing.assert_allclose(
        flow.forward(jnp.asarray(view.fields["field"][0]))[0], view.fields["field"][1], rtol=1e-9
    )
    shutil.copytree(finished[0].path, tmp_path / "copy")
    older = RunFolder(tmp_path / "copy")
    (older.training_path / "layers.h5").unlink()
    assert older.layers() is None
    train(older)
    again = older.layers()
    for field in fields(view):
        one, other = getattr(again, field.name), getattr(view, field.name)
        assert jax.tree.all(jax.tree.map(np.array_equal, one, other))


def test_without_a_two_point_function_there_is_no_curve_of_it():
    view = view_of(configuration({"kind": "rescale"}), observables=(Action(),))
    assert view.two_point is None and view.two_point_error is None
    assert view.counts.shape == (2, 80)


def test_a_damaged_file_is_named_with_its_remedy(tmp_path, finished):
    shutil.copytree(finished[0].path, tmp_path / "copy")
    folder = RunFolder(tmp_path / "copy")
    (folder.training_path / "layers.h5").write_bytes(b"half a file")
    with pytest.raises(RunFolderError, match=r"layers\.h5.*latflow resume"):
        folder.layers()
