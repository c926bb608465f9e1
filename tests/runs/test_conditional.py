"""Runs whose model serves a range of couplings."""

import numpy as np
import pytest

from latflow.analysis import effective_sample_size, log_partition_function
from latflow.errors import ConfigError
from latflow.lattice import Lattice
from latflow.runs import (
    RunFolder,
    build_model,
    check_buildable,
    config_from,
    measure,
    model_log_z_derivative,
    resolve,
    train,
    trained_model,
)
from latflow.runs.results import model_doubts
from latflow.theories.gauge import ExactU1

CONTENT = {
    "theory": {"kind": "free", "shape": [4, 2], "m2": 1.0},
    "model": {
        "prior": {"kind": "normal"},
        "flow": [{"kind": "rescale"}, {"kind": "psd", "bins": 4}],
        "conditional": {"couplings": {"m2": [0.5, 2.5]}, "degree": 4},
    },
    "training": {
        "steps": 600,
        "batch": 64,
        "micro_batch": 16,
        "learning_rate": 0.03,
        "evaluation_samples": 256,
    },
}


def exact_slope(m2):
    """d log Z / dm2 of a free field."""
    return -(1 / (Lattice((4, 2)).khat2(real=False) + m2)).sum() / 2


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A trained one."""
    run = RunFolder.create(tmp_path_factory.mktemp("conditional") / "run", config_from(CONTENT))
    train(run)
    return run


@pytest.mark.slow
def test_the_slope_of_log_z_comes_with_the_draws(run):
    """And its error is far smaller than that of fields that stand still."""
    found = model_log_z_derivative(run, "m2", 1024)
    assert found is not None
    assert abs(found.improved.value - exact_slope(1.0)) < 4 * found.improved.error
    assert abs(found.plain.value - exact_slope(1.0)) < 4 * found.plain.error
    assert found.improved.error < 0.01 * abs(exact_slope(1.0))
    assert found.variance_ratio > 20


def test_another_run_uses_it_at_other_couplings(run, tmp_path):
    """Without any training of its own."""
    content = CONTENT | {
        "theory": CONTENT["theory"] | {"m2": 2.0},
        "model": CONTENT["model"] | {"initial": str(run.path)},
        "training": {"steps": 0, "evaluation_samples": 2048},
    }
    other = RunFolder.create(tmp_path / "other", config_from(content))
    train(other)
    model = trained_model(other)
    np.testing.assert_allclose(model.flow.place.value, 0.5)
    evaluation = other.evaluation()
    assert evaluation is not None and evaluation["log_weight"].var() < 0.1
    found = model_log_z_derivative(other, "m2", 1024)
    assert found is not None
    assert abs(found.improved.value - exact_slope(2.0)) < 4 * found.improved.error


def test_its_loss_is_no_bound_on_log_z_at_one_coupling(run, monkeypatch):
    """A mean over couplings lies below -log Z of some of them, and above that of others."""
    evaluation = run.evaluation()
    loss = np.full(100, -float(log_partition_function(evaluation["log_weight"]).value) - 5)
    monkeypatch.setattr(RunFolder, "training_metrics", lambda *_: {"loss": loss})
    resolved = resolve(run)
    # Of a model of one coupling it would be a reason to doubt.
    assert model_doubts(resolved.theory, evaluation, loss)
    assert measure(run)["training"]["doubts"] == []


@pytest.mark.slow
def test_links_have_one_model_for_a_range_of_couplings(tmp_path):
    """log Z of U(1) and its slope, at two couplings. Four errors each, false alarm 3e-4.

    The loss is a mean over couplings and lies far below -log Z of the smaller one: no doubt.
    """
    content = {
        "theory": {"kind": "u1", "shape": [4, 4], "beta": 1.0},
        "model": {
            "prior": {"kind": "uniform"},
            "flow": [{"kind": "plaquette-spline", "bins": 8}],
            "conditional": {"couplings": {"beta": [0.5, 2.5]}, "degree": 3},
        },
        "training": CONTENT["training"] | {"steps": 300, "evaluation_samples": 4096},
    }
    run = RunFolder.create(tmp_path / "run", config_from(content))
    train(run)
    again = {"steps": 0, "evaluation_samples": 4096}
    other = content | {
        "theory": content["theory"] | {"beta": 2.0},
        "model": content["model"] | {"initial": str(run.path)},
        "training": again,
    }
    other = RunFolder.create(tmp_path / "other", config_from(other))
    train(other)
    for found, beta in ((run, 1.0), (other, 2.0)):
        evaluation = found.evaluation()
        assert evaluation is not None
        log_weight = evaluation["log_weight"]
        assert effective_sample_size(log_weight).value > 0.9
        log_z = log_partition_function(log_weight)
        assert abs(log_z.value - ExactU1(beta, 16).log_z) < 4 * log_z.error
        assert log_z.error < 0.01
        slope = model_log_z_derivative(found, "beta", 1024)
        assert slope is not None
        exact = (ExactU1(beta + 1e-4, 16).log_z - ExactU1(beta - 1e-4, 16).log_z) / 2e-4
        assert abs(slope.improved.value - exact) < 4 * slope.improved.error


@pytest.mark.parametrize(
    ("change", "key", "words"),
    [
        ({"conditional": {"couplings": {"kappa": [0.1, 0.2]}}}, "couplings", "no coupling"),
        ({"conditional": {"couplings": {"m2": [1.0, 1.0]}}}, "couplings", "same theory"),
        ({"conditional": {"couplings": {"m2": [-1.0, 1.4]}}}, "couplings", "m2"),
        ({"flow": []}, "model", "needs flows"),
    ],
)
def test_refusals(change, key, words):
    """Unknown, no range, below a mass of zero; nothing that could depend on a coupling."""
    content = CONTENT | {"model": CONTENT["model"] | change}
    with pytest.raises(ConfigError, match=words) as caught:
        check_buildable(config_from(content))
    assert key in caught.value.key


def test_flows_that_take_numbers_from_the_theory_are_refused():
    content = CONTENT | {
        "theory": {"kind": "phi4", "shape": [4, 4], "beta": 0.4, "lam": 0.5},
        "model": CONTENT["model"]
        | {
            "flow": [{"kind": "exact-odd-sites"}],
            "conditional": {"couplings": {"beta": [0.3, 0.5]}},
        },
    }
    with pytest.raises(ConfigError, match="takes numbers from the theory"):
        check_buildable(config_from(content))


def test_outside_of_the_range_is_an_extrapolation():
    """No error, and the place is where it should be."""
    change = {"conditional": {"couplings": {"m2": [1.2, 1.4]}}}
    config = config_from(CONTENT | {"model": CONTENT["model"] | change})
    check_buildable(config)
    model = build_model(config)
    np.testing.assert_allclose(model.flow.place.value, -3.0, rtol=1e-12)
