"""Annealing in a run: from the configuration to the summary and the report."""

import numpy as np
import pytest

from latflow.analysis import bennett_log_z
from latflow.errors import ConfigError
from latflow.reports.figures import works
from latflow.runs import check_buildable, config_from
from latflow.runs.results import annealing_doubts, annealing_quality

U1 = {
    "theory": {"kind": "u1", "shape": [4, 4], "beta": 1.0},
    "model": {
        "prior": {"kind": "uniform"},
        "annealing": {"levels": 4, "couplings": {"beta": 0.0}, "kernel": "heat-bath"},
    },
    "training": {"evaluation_samples": 256},
}


def changed(**changes):
    model = {**U1["model"], **changes.pop("model", {})}
    return {**U1, "model": model, **changes}


def test_without_flows_there_is_nothing_to_train():
    config = config_from(U1)
    assert config.training.steps == 0
    assert config.training.objective == "reverse-kl"
    check_buildable(config)


def test_flows_between_the_steps_are_trained_level_by_level():
    layer = {"kind": "plaquette-spline", "bins": 2}
    annealing = {**U1["model"]["annealing"], "layer": [layer]}
    config = config_from(changed(model={"annealing": annealing}))
    assert config.training.objective == "local-work"
    assert config.training.steps > 0
    check_buildable(config)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (changed(training={"objective": "path-gradient"}), "local-work"),
        (changed(training={"forward_kl": {}}), "forward_kl"),
        (changed(model={"annealing": {"couplings": {"gamma": 1.0}}}), "gamma"),
        (changed(model={"annealing": {"kernel": "metropolis"}}), "metropolis"),
        (changed(model={"annealing": {"kernel": "heat-bath"}}), "heat-bath"),
        (changed(model={"annealing": {"layer": [{"kind": "psd"}]}}), "psd"),
        (changed(chains=[{"name": "a", "kernel": "flow-hmc"}]), "annealed"),
        (changed(chains=[{"name": "a", "kernel": "independence", "start": "hot"}]), "start"),
        ({**U1, "model": {"prior": {"kind": "uniform"}},
          "training": {"objective": "local-work"}}, "annealing"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_a_line(wrong, says):
    with pytest.raises(ConfigError, match=says) as error:
        check_buildable(config_from(wrong))
    assert "\n" not in str(error.value)


def normal_works(rng, variance, n_forward, n_backward):
    """log Z = 1 exactly: -W is normal, and so is the way back, with its mean moved by sigma^2."""
    sigma = np.sqrt(variance)
    forward = rng.normal(1 - variance / 2, sigma, n_forward)
    return forward, rng.normal(1 + variance / 2, sigma, n_backward)


def test_bennett_joins_both_directions():
    """200 repetitions: unbiased within 4 sigma, and the errors are right to 20 % (5 sigma)."""
    rng = np.random.default_rng(1)
    found = [bennett_log_z(*normal_works(rng, 2.0, 400, 150)) for _ in range(200)]
    values, errors = np.array([[one.value, one.error] for one in found]).T
    assert abs(values.mean() - 1) < 4 * values.std() / np.sqrt(200)
    assert 0.8 < errors.mean() / values.std() < 1.25


def evaluation(forward, backward=None):
    details = {"details/work": -forward[:, None], "details/acceptance": np.ones((9, 3))}
    rest = {} if backward is None else {"target_log_weight": backward}
    return {"log_weight": forward, **details, **rest}


def test_collapsed_weights_and_directions_that_disagree_show_no_number():
    rng = np.random.default_rng(2)
    sound = evaluation(*normal_works(rng, 1.0, 4000, 1000))
    assert not list(annealing_doubts(sound))
    quality = annealing_quality(sound, is_reversible=True)
    assert abs(quality["log_z_bennett"] - 1) < 5 * quality["log_z_bennett_error"]
    assert "log_z_bennett" not in annealing_quality(sound, is_reversible=False)
    collapsed = evaluation(*normal_works(rng, 60.0, 4000, 1000))
    (doubt,) = annealing_doubts(collapsed)
    assert "collapsed" in doubt.sentence
    forward, backward = normal_works(rng, 1.0, 4000, 1000)
    (doubt,) = annealing_doubts(evaluation(forward, backward + 1.0))
    assert "disagree" in doubt.sentence
    assert annealing_quality(sound, True, [doubt])["log_z_backward"] is None
    assert not list(annealing_doubts({"log_weight": forward - 1e9 * (forward > 0)}))


def test_works_are_drawn():
    rng = np.random.default_rng(3)
    forward, backward = normal_works(rng, 1.0, 400, 100)
    by_level = np.repeat(-forward[:, None] / 3, 3, axis=1)
    assert len(works(-forward, by_level, -backward, log_z=1.0).axes) == 3
    assert len(works(-forward, by_level, ess=np.full((4, 3), 0.5)).axes) == 3
