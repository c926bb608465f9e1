"""``import latflow as lf``: a notebook's few lines."""

import re
import struct
import subprocess
import sys
from pathlib import Path

import jax
import numpy as np
import pytest

import latflow as lf
from latflow.errors import ConfigError, RunFolderError
from latflow.runs import trained_model

CONFIG = {
    "seed": 3,
    "theory": {
        "kind": "phi4", "convention": "hopping", "shape": [4, 4], "beta": 0.4, "lam": 0.5
    },
    "model": {"flow": [{"kind": "affine-coupling", "layers": 2, "net": {"hidden": [2]}}]},
    "training": {
        "steps": 20, "batch": 16, "micro_batch": 8, "warm_up": 5, "chunk": 10,
        "evaluation_samples": 256,
    },
    "chains": [
        {
            "name": "hmc", "kernel": "hmc", "steps": 3, "n_chains": 2, "n_samples": 40,
            "warm_up": 20, "segment": 40, "configurations_every": 20,
        }
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    return lf.run(CONFIG, tmp_path_factory.mktemp("library") / "run")


def test_import_wakes_nothing():
    """Neither JAX nor NumPy: whoever imports latflow still chooses devices and precision."""
    code = (
        "import sys, latflow; assert not {'jax', 'numpy'} & set(sys.modules); latflow.__version__"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_names():
    for name in ("load", "run", "build", "train", "evaluate", "sample", "gamma_method"):
        assert name in dir(lf) and getattr(lf, name).__doc__
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        getattr(lf, "nothing")  # noqa: B009


def test_type_checkers_are_told_of_every_name():
    stub = Path(lf.__file__).with_suffix(".pyi").read_text()
    told = {name: home for home, name in re.findall(r"from (\S+) import \w+ as (\w+)", stub)}
    assert told == lf._HOMES


def test_load_gives_model_chains_and_results(finished):
    run = lf.load(finished.path)
    assert run.chain_names == ("hmc",)
    chain = run.chain("hmc")
    assert chain.measurements["m"].shape == (2, 40)
    assert chain.configurations["field"].shape == (2, 2, 4, 4)
    assert run.chain("hmc") is chain
    assert run.words["m"] == "magnetisation"
    result = lf.gamma_method(chain.measurements["m"])
    assert result.value == pytest.approx(run.results("hmc")["m"]["value"])
    assert run.provenance["seed"] == 3
    assert "hmc" in run._repr_html_() and "phi2" in run._repr_html_()
    assert str(run.path) in repr(run)


def test_draws_have_the_weights_of_the_model(finished):
    run = lf.load(finished.path)
    draws = run.draw(5, seed=2)
    assert draws.fields.shape == (5, 4, 4) and draws.log_weight.dtype == np.float64
    np.testing.assert_array_equal(run.draw(3, seed=2).fields, draws.fields[:3])
    # Weight by weight against the density of the model.
    model = run.model.cast("double")
    fields = draws.fields.astype(float)
    wanted = -jax.vmap(run.theory.action)(fields) - jax.jit(jax.vmap(model.log_prob))(fields)
    np.testing.assert_allclose(draws.log_weight, wanted, atol=1e-4)
    for mine, stored in zip(
        jax.tree.leaves(run.model), jax.tree.leaves(trained_model(run.folder)), strict=True
    ):
        np.testing.assert_array_equal(mine, stored)


def test_train_in_memory_is_the_training_of_a_run(finished):
    theory, model = lf.build(CONFIG)
    settings = {k: v for k, v in CONFIG["training"].items() if k != "evaluation_samples"}
    trained = lf.train(model, theory, seed=3, **settings)
    np.testing.assert_array_equal(
        trained.metrics["loss"], finished.folder.training_metrics()["loss"]
    )
    quality = lf.evaluate(trained.model, theory, 256, n_fields=3, seed=3)
    assert quality.ess.value == pytest.approx(finished.summary["training"]["ess"])
    assert quality.fields.shape == (3, 4, 4)
    assert "ESS" in quality._repr_html_() and "20 steps" in trained._repr_html_()


def test_sample_in_memory(finished):
    samples = lf.sample(
        finished.theory, "hmc", n_chains=2, n_samples=40, warm_up=20, keep_every=20, seed=3, steps=3
    )
    assert samples.fields.shape == (2, 2, 4, 4)
    # Seed, name and index of a chain decide: these are the samples of the run.
    np.testing.assert_array_equal(
        samples.measurements["m"], finished.chain("hmc").measurements["m"]
    )
    assert "2 x 40 samples" in samples._repr_html_()
    exact = lf.sample(
        finished.theory, "independence", model=finished.model, n_chains=2, n_samples=8, warm_up=4
    )
    assert exact.infos["acceptance"].shape == (2, 8)


def test_mistakes_are_told_in_a_line(finished, tmp_path):
    theory, model = lf.build(CONFIG)
    with pytest.raises(RunFolderError, match="not a run folder"):
        lf.load(tmp_path)
    with pytest.raises(ConfigError, match="draws on a trained model"):
        lf.sample(theory, "independence")
    with pytest.raises(ConfigError, match='"hcm" is none; there are hmc'):
        lf.sample(theory, "hcm")
    with pytest.raises(ConfigError, match=r"training\.step: unknown"):
        lf.train(model, theory, step=3)
    with pytest.raises(ConfigError, match=r"hmc\.steps"):
        lf.sample(theory, steps=-1)
    with pytest.raises(ConfigError, match="no chain"):
        finished.results("hcm")
    with pytest.raises(ConfigError, match=r"theory\.beta"):
        lf.build({**CONFIG, "theory": {**CONFIG["theory"], "beta": "x"}})


def test_export_and_progress(finished, tmp_path, capsys):
    path = finished.export("csv", tmp_path / "samples.csv")
    assert path.read_text().startswith("chain,replica,sample,")
    metrics = np.genfromtxt(
        finished.export("metrics", tmp_path / "metrics.csv"), delimiter=",", names=True
    )
    wanted = finished.folder.training_metrics()
    for name in ("step", "loss", "ess"):
        np.testing.assert_array_equal(metrics[name], wanted[name])
    with np.load(finished.export("npz", tmp_path / "all.npz")) as file:
        np.testing.assert_array_equal(file["training/loss"], wanted["loss"])
    theory, model = lf.build(CONFIG)
    trained = lf.train(model, theory, steps=2, batch=4, micro_batch=4, progress=True)
    # Trained on one device, evaluated on all.
    assert lf.evaluate(trained.model, theory, 1024).log_weight.shape == (1024,)
    assert "training" in capsys.readouterr().out


def test_tensorboard_events_are_the_metrics(finished, tmp_path):
    """Read record by record: a scalar of single precision for every metric and step."""
    proto = pytest.importorskip("tensorboardX.proto.event_pb2")
    content = finished.export("tensorboard", tmp_path / "events").read_bytes()
    found, place = {}, 0
    while place < len(content):
        # Length and its checksum, the event, its checksum.
        (length,) = struct.unpack("<Q", content[place : place + 8])
        event = proto.Event.FromString(content[place + 12 : place + 12 + length])
        place += length + 16
        for value in event.summary.value:
            found.setdefault(value.tag, []).append((event.step, value.simple_value))
    wanted = finished.folder.training_metrics()
    assert set(found) == {f"training/{name}" for name in wanted if name != "step"}
    for name in ("loss", "ess", "acceptance"):
        steps, values = zip(*found[f"training/{name}"], strict=True)
        np.testing.assert_array_equal(steps, wanted["step"])
        np.testing.assert_array_equal(np.float32(values), np.float32(wanted[name]))


def test_the_lines_of_the_readme(tmp_path, monkeypatch):
    text = (Path(__file__).parents[2] / "README.md").read_text()
    (block,) = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    # Beside the imports: double precision, and one line for it all.
    assert len([line for line in block.splitlines() if line and "import " not in line]) == 2
    # With a model that comes with the package: it works anywhere.
    monkeypatch.chdir(tmp_path)
    names = {}
    exec(block.replace("1000", "7"), names)
    assert names["draws"].fields.shape == (7, 8, 8)
    assert np.isfinite(names["draws"].log_weight).all()
