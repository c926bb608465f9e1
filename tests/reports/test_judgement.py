"""Warnings appear when they should and not otherwise; the verdict is honest."""

import numpy as np
import pytest

from latflow.reports.data import Measured, collect
from latflow.reports.judgement import (
    break_even,
    break_even_sentence,
    cards,
    compared_pairs,
    findings,
    pull_between,
    sentences,
    still_moving,
)

from .synthetic import make_run


@pytest.fixture
def run(tmp_path):
    return make_run(tmp_path, shape=(4, 4), n_samples=400)


def titles(run):
    return [f"{finding.subject}: {finding.title}" for finding in findings(collect(run))]


def said(run):
    return " ".join(str(sentence) for sentence in sentences(collect(run)))


def test_a_healthy_run_has_no_warnings(run):
    assert titles(run) == []
    assert "disagree" not in said(run) and "tension" not in said(run)


def test_healthy_runs_of_other_seeds_have_none_either(tmp_path):
    for seed in range(1, 6):
        assert titles(make_run(tmp_path, shape=(4, 4), n_samples=400, seed=seed)) == []


def test_warnings_of_the_summary_are_passed_on(run):
    run.results["chains"]["hmc"]["warnings"] = ["one sign of M is missing: all positive"]
    run.results["chains"]["flow"]["warnings"] = ["chains disagree on chi2: R-hat < 2"]
    assert titles(run) == [
        "flow: chains disagree on χ<sub>2</sub>",
        "hmc: one sign of M is missing",
    ]
    assert findings(collect(run))[0].text == "R-hat &lt; 2."


def test_chains_that_disagree(run):
    chi2 = run.results["chains"]["flow"]["observables"]["chi2"]
    chi2["value"] += 6 * chi2["error"]
    chi2["error"] = 1e-3
    assert "flow: disagrees with the reference" in titles(run)
    run.results["chains"]["hmc"]["observables"]["chi2"] = dict(chi2, value=chi2["value"] - 1)
    assert "flow: disagrees with hmc" in titles(run)
    assert "<b>disagree</b>" in said(run)
    assert "put this in doubt" in str(break_even_sentence(collect(run)))
    assert "bad" in {card.mood for card in cards(collect(run))}


def test_tension_is_not_yet_a_warning(run):
    entry = run.results["chains"]["hmc"]
    entry["reference"]["chi2"] = {"value": 4.0, "error": 0.0, "source": "exact"}
    entry["observables"]["chi2"] |= {"value": 4.35, "error": 0.1}
    assert not [title for title in titles(run) if "reference" in title]
    assert "<b>hmc</b> and the <b>reference</b> are in <b>tension</b>" in said(run)


def test_wrong_log_z(run):
    run.results["log_z"]["value"] += 1.0
    assert "training: disagrees with the reference" in titles(run)


def test_low_acceptance(run):
    run.results["chains"]["hmc"]["acceptance"] = 0.3
    assert titles(run) == ["hmc: low acceptance"]


def test_warnings_have_symbols(run):
    run.results["chains"]["hmc"]["warnings"] = [
        "fewer than 100 tau_int samples; errors may be too small: chi2 (tau_int = 9)"
    ]
    (finding,) = findings(collect(run))
    assert "tau_int" not in finding.title + finding.text and "τ<sub>int</sub>" in finding.text
    assert "χ<sub>2</sub>" in finding.text


def test_times_that_cannot_be_compared(run):
    run.results["chains"]["hmc"]["cost_warnings"] = ["the machine was loaded: costs are too high"]
    assert titles(run) == ["hmc: the machine was loaded"]


def test_poor_flow(run):
    run.results["training"]["ess"] = 0.001
    assert titles(run) == [
        "training: the flow is far from its target",
        "training: few effective weights",
    ]


def test_training_that_still_moves():
    rng = np.random.default_rng(0)
    noise = 0.01 * rng.normal(size=1000)
    falling = 5 * np.exp(-np.arange(1000) / 400)
    flat = 0.05 + 5 * np.exp(-np.arange(1000) / 50)
    assert still_moving(falling - 10 + noise, 10.0)
    assert still_moving(falling + noise, None)
    assert not still_moving(flat - 10 + noise, 10.0)
    assert not still_moving(flat + noise, None)
    assert not still_moving(falling[:20], None)
    # A fall that is clear but far smaller than what remains is no reason to go on for long.
    assert not still_moving(3 - 1e-4 * np.arange(1000) + 1e-4 * noise, 0.0)


def test_pulls():
    assert pull_between(Measured(1.3, 0.3), Measured(1.0, 0.4)) == pytest.approx(0.6)
    assert np.isnan(pull_between(Measured(1.0, np.nan), Measured(1.0, 0.1)))
    assert np.isnan(pull_between(None, Measured(1.0, 0.1)))
    assert pull_between(Measured(1.0, 0.0), Measured(1.0 + 1e-12, 0.0)) == 0
    assert pull_between(Measured(2.0, 0.0), Measured(1.0, 0.0)) == np.inf


def test_all_chains_are_compared_with_the_first_classical_one(tmp_path):
    run = make_run(
        tmp_path, shape=(4,), chains=("flow", "metropolis", "hmc"), n_samples=50, n_chains=2
    )
    pairs = [(one.name, other.name) for one, other in compared_pairs(collect(run))]
    assert pairs == [("flow", "metropolis"), ("hmc", "metropolis")]


def test_break_even_number(run):
    report = collect(run)
    result = break_even(report)
    assert result is not None and result.outcome == "pays off"
    # From there on both cost the same.
    with_flow = result.training_seconds + result.samples * result.flow.seconds
    assert with_flow == pytest.approx(result.samples * result.classical.seconds)
    tau = report.chains[1].observables["m"].tau_int
    assert result.classical.seconds == pytest.approx(2 * tau * 1e-4)
    assert result.ratio[0] == pytest.approx(result.classical.seconds / result.flow.seconds)


def test_a_flow_that_loses_is_said_to_lose(run):
    run.chains["flow"].seconds_per_sample = 1.0
    report = collect(run)
    result = break_even(report)
    assert result is not None and result.outcome == "never" and np.isnan(result.samples)
    assert "never pays off" in str(break_even_sentence(report))


def test_costs_that_cannot_be_told_apart(run):
    report = collect(run)
    flow, hmc = (chain.observables["m"] for chain in report.chains)
    run.chains["flow"].seconds_per_sample = 0.98e-4 * hmc.tau_int / flow.tau_int
    result = break_even(collect(run))
    assert result is not None and result.outcome == "undecided"
    assert "not decided" in str(break_even_sentence(collect(run)))


def test_nothing_to_break_even_with(tmp_path):
    classical = make_run(tmp_path, shape=(4,), chains=("hmc",), trained=False, n_samples=50)
    assert break_even_sentence(collect(classical)) is None
    alone = make_run(tmp_path, shape=(4,), chains=("flow",), n_samples=50)
    assert "no classical chain" in str(break_even_sentence(collect(alone)))


def test_results_in_doubt_cost_nothing_that_is_known(run):
    entry = run.results["chains"]["hmc"]["observables"]["m"]
    entry |= {"error": None, "tau_int": None, "tau_int_error": None, "in_doubt": True}
    report = collect(run)
    # The other observables are fast, but they must not stand in for the one in doubt.
    assert break_even(report) is None
    sentence = str(break_even_sentence(report))
    assert "not known what an independent sample of hmc costs" in sentence
