"""log Z, its derivative and the entropy along paths, against exact ones of U(1) in two dimensions.

Comparisons within 4 standard errors (false alarms 6e-5 each, some thirty of them).
"""

import json

import numpy as np
import pytest

from latflow.analysis import along_the_path, entropy_of
from latflow.cli._errors import run_command
from latflow.errors import RunFolderError
from latflow.reports import figure_names
from latflow.runs import RunFolder, config_from, run, thermodynamics
from latflow.theories import U1GaugeSettings

BETA, SHAPE = 2.0, [2, 2]
ANNEALING = {"levels": 5, "couplings": {"beta": 0.0}, "kernel": "heat-bath"}
CONFIG = {
    "theory": {"kind": "u1", "shape": SHAPE, "beta": BETA},
    "model": {"prior": {"kind": "uniform"}, "annealing": {**ANNEALING, "particles": 4}},
    "training": {"evaluation_samples": 2048},
    "chains": [
        {
            "name": "exchange",
            "kernel": "replica-exchange",
            "ladder": {"kind": "couplings", "couplings": {"beta": 0.5}, "replicas": 3},
            "update": "heat-bath",
            "n_chains": 16,
            "n_samples": 250,
            "warm_up": 20,
            "segment": 250,
        }
    ],
}


def log_z(beta):
    return U1GaugeSettings(shape=SHAPE, beta=beta).build().known()["log_z"].value


def slope(beta, step=1e-4):
    return (log_z(beta + step) - log_z(beta - step)) / (2 * step)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = RunFolder.create(tmp_path_factory.mktemp("curve") / "run", config_from(CONFIG))
    run(folder)
    return folder


def agrees(estimate, exact, largest=0.1):
    assert 0 < estimate.error < largest
    assert abs(estimate.value - exact) < 4 * estimate.error


@pytest.mark.slow
def test_curves_of_a_population_and_of_exchange_are_exact(made):
    model, exchange = thermodynamics(made)
    assert (model.source, model.is_relative) == ("model", False)
    assert [state.time for state in model.states] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0])
    for state, exact in zip(model.states, model.exact, strict=True):
        beta = BETA * state.time
        assert exact.log_z == pytest.approx(log_z(beta))
        assert exact.slope == pytest.approx(BETA * slope(beta), rel=1e-5)
        assert exact.entropy == pytest.approx(log_z(beta) - beta * slope(beta), abs=1e-5)
        agrees(state.log_z, exact.log_z)
        # log Z + <S>, with <S> = -beta d log Z / d beta.
        agrees(state.entropy, log_z(beta) - beta * slope(beta))
        if state.time < 1:
            agrees(state.slope, BETA * slope(beta), 0.2)
    assert exchange.is_relative and exchange.source == "exchange"
    for state, exact in zip(exchange.states, exchange.exact, strict=True):
        beta = 0.5 + (BETA - 0.5) * state.time
        assert exact.log_z == pytest.approx(log_z(beta) - log_z(0.5), abs=1e-12)
        assert exact.slope == pytest.approx((BETA - 0.5) * slope(beta), rel=1e-5)
        if state.time > 0:
            agrees(state.log_z, exact.log_z)
        agrees(state.slope, (BETA - 0.5) * slope(beta), 0.2)


@pytest.mark.slow
def test_the_command_prints_them(made, capsys):
    path = str(made.path)
    assert run_command(["thermodynamics", path]) == 0
    text = capsys.readouterr().out
    assert "entropy" in text and "exchange" in text
    assert run_command(["thermodynamics", path, "--json"]) == 0
    model, exchange = json.loads(capsys.readouterr().out)
    assert model["doubts"] == [] and len(model["couplings"]["beta"]) == 5
    assert exchange["couplings"]["beta"][0] == 0.5
    stored = json.loads((made.path / "summary.json").read_text())["thermodynamics"]
    assert [{"run": path, **curve} for curve in stored] == [model, exchange]
    assert "thermodynamics" in figure_names(made)
    assert len(model["states"]) == 5 and model["states"][-1]["slope"] is None
    assert exchange["states"][0]["log_z"]["value"] == 0


def test_a_run_that_knows_no_log_z_is_refused(tmp_path):
    chain = {"name": "a", "kernel": "heat-bath", "n_chains": 2, "n_samples": 4}
    content = {"theory": CONFIG["theory"], "chains": [chain]}
    folder = RunFolder.create(tmp_path / "run", config_from(content))
    with pytest.raises(RunFolderError, match="knows log Z"):
        thermodynamics(folder)


def test_normal_works_have_the_numbers_of_their_density():
    """A path whose S' is normal: log Z = t^2 / 2 - t m in closed form."""
    rng = np.random.default_rng(1)
    draws = rng.normal(0.7, 1.0, 200_000)
    times = np.array([0.25, 0.5])
    # With no Markov steps in between the works are those of one configuration.
    work = draws[:, None] * np.diff(np.concatenate([[0.0], times]))
    states = along_the_path(times, -np.cumsum(work, axis=1), work, True)
    agrees(states[0].log_z, 0.25**2 / 2 - 0.25 * 0.7, 0.01)
    agrees(states[0].slope, 0.25 - 0.7, 0.01)
    agrees(states[0].entropy, 0.25**2 / 2 - 0.25 * 0.7 + 0.25 * (0.7 - 0.25), 0.01)
    assert states[1].slope is None and states[1].entropy is None
    assert along_the_path(times, -np.cumsum(work, axis=1), None)[0].slope is None
    # The entropy of a normal density of unit width, from uniform draws of a wide interval.
    x = rng.uniform(-8, 8, 400_000)
    agrees(entropy_of(np.log(16) - x**2 / 2, x**2 / 2), 0.5 + np.log(2 * np.pi) / 2, 0.01)
