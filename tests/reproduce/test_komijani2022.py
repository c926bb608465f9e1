"""Figures 2 to 6 of Komijani and Marinkovic: settings, pieces, and a tiny ladder of runs."""

import dataclasses
import json
import math

import numpy as np
import pytest

from latflow.analysis import Estimate
from latflow.errors import RunFolderError
from latflow.reproduce import Work, recipe_called, reproduce
from latflow.reproduce._komijani2022 import (
    _configurations,
    _figure3,
    _figure3_drawing,
    _figure5,
    _figure6_drawing,
    _recipe,
    _runs,
    _spectra,
    _toy_point,
)
from latflow.reproduce._komijani2022._block_point import BlockPoint
from latflow.reproduce._komijani2022._model_point import ModelPoint
from latflow.reproduce._komijani2022._plan import Rung, full_plan, quick_plan
from latflow.runs import Interrupted, RunFolder, Silent, check_buildable, config_from, never

PLANS = {"full": full_plan(), "quick": quick_plan()}
TINY = dataclasses.replace(
    quick_plan(),
    ladder=(Rung(4, 4, 8, 4, 0.01), Rung(6, 4, 8, 4, 0.01)),
    kappas=(0.6,),
    evaluation_samples=32,
    chain_samples={6: 20},
    chains=2,
    layers_extent=6,
    block_kappas=(0.6,),
    block_extent=6,
    block_samples={1: 20, 4: 20},
    block_chains=2,
    block_warm_up={1: 2, 4: 2},
)


def tiny_work(folder, should_stop=never, **changes):
    return Work(folder, True, 1, Silent(), should_stop, "test")._replace(**changes)


def test_only_the_careful_coupling_is_trained_for_all_steps():
    plan = full_plan()
    assert plan.rung(0.60, 16) == plan.ladder[2]
    assert plan.rung(0.67, 16).steps == plan.effort * plan.ladder[2].steps
    with pytest.raises(ValueError, match="L = 5 is no rung"):
        plan.rung(0.60, 5)


@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS)
def test_all_runs_of_a_plan_can_be_built(plan):
    for kappa in {*plan.kappas, *plan.block_kappas}:
        for extent in plan.extents:
            raw = _configurations.model_run(plan, kappa, extent, None, 1)
            config = config_from(raw)
            if extent <= 16:
                check_buildable(config)
    check_buildable(_configurations.spectrum_run(plan, "one-d", _configurations.double_well(), 1))
    assert {plan.layers_extent, plan.block_extent} <= set(plan.extents)
    assert plan.layers_extent in plan.chain_samples
    assert set(plan.block_samples) == set(plan.block_warm_up)


def test_no_two_runs_share_a_seed():
    plan = full_plan()
    seeds = [
        _configurations.model_run(plan, kappa, extent, None, 1)["seed"]
        for kappa in plan.kappas
        for extent in plan.extents
    ]
    assert len(set(seeds)) == len(seeds)


def test_the_references_of_the_line_are_in_the_package():
    for kappa in (0.50, 0.60, 0.67, 0.70, 0.80):
        for extent in (8, 16, 32):
            theory = config_from(_configurations.model_run(full_plan(), kappa, extent, None, 1))
            assert set(_figure3._OBSERVABLES) <= set(theory.theory.build().known())


def test_the_double_well_is_the_one_whose_moments_are_known():
    config = _configurations.spectrum_run(
        quick_plan(), "one-d", _configurations.double_well(), seed=1
    )
    assert config.theory.build().known()["phi2"].value == pytest.approx(3.106904)


def test_the_exact_spectrum_of_the_double_well():
    well = _configurations.double_well()
    khat2, inverse = _spectra.exact_chain(well["zeta"], well["m2"], well["g4"], 1024)
    # The mean of the spectrum over all momenta is <phi^2>; all but the ends are there twice.
    twice = np.full(khat2.size, 2)
    twice[[0, -1]] = 1
    assert np.sum(twice / inverse) / 1024 == pytest.approx(3.106904, abs=2e-6)


def test_the_exact_spectrum_without_a_coupling_is_the_free_one():
    khat2, inverse = _spectra.exact_chain(1.0, 0.5, 0.0, 8)
    np.testing.assert_allclose(khat2, 4 * np.sin(np.pi * np.arange(5) / 8) ** 2, atol=1e-12)
    np.testing.assert_allclose(inverse, khat2 + 0.5, rtol=1e-6)


def test_the_inverse_spectrum_of_white_noise_is_flat():
    fields = np.random.default_rng(1).normal(size=(400, 16, 16))
    spectrum = _spectra.inverse_of(fields)
    pulls = (spectrum.value - 1) / spectrum.error
    assert np.mean(pulls**2) < 2
    np.testing.assert_allclose(_spectra.inverse_of(fields, 2.0).error, 2 * spectrum.error)


def test_the_toy_simulation_agrees_with_the_exact_numbers():
    point = _toy_point.toy_point(1.0, 4, substeps=800, replicas=400, seed=5)
    entries = _figure5.toy_entries([point])
    assert len(entries) == 2
    for entry in entries:
        assert entry.agrees and entry.ours.error < 0.1 * entry.ours.value
    assert point.autocorrelation[0] == pytest.approx(1, abs=5 * point.error[0])


def test_a_toy_series_that_is_too_short_for_its_memory_has_no_tau_int():
    point = _toy_point.toy_point(1.0, 1, substeps=50, replicas=10, seed=5)
    assert math.isnan(point.tau_int.value)
    assert [entry.quantity for entry in _figure5.toy_entries([point])] == [
        "acceptance, toy, σ = 1, 1 block"
    ]


def model_point(kappa, extent, variance):
    acceptance = math.erfc(math.sqrt(variance) / 2)
    estimate = Estimate(acceptance, 0.01 * acceptance)
    spread = Estimate(variance, 0.02 * variance)
    return ModelPoint(kappa, extent, estimate, spread, estimate, 100, 1.0, 3361)


def test_log_normal_weights_lie_on_the_diagonal():
    points = [model_point(0.6, extent, extent**2 / 500) for extent in (8, 16, 32)]
    expected, error = _figure3_drawing.expected_rate(points)
    np.testing.assert_allclose(expected, [-math.log(p.acceptance.value) for p in points])
    assert (error > 0).all()
    figure = _figure3_drawing.weights_figure(points)
    assert [axes.get_xscale() for axes in figure.axes] == ["log", "log"]
    assert len(_figure3_drawing.acceptance_figure(points).axes) == 3


def test_targets_are_compared_at_one_coupling_only():
    points = [model_point(kappa, extent, 0.1) for kappa in (0.6, 0.67) for extent in (8, 12, 16)]
    entries = _figure3.targets(points, dataclasses.replace(TINY, note="a note"))
    assert [entry.quantity for entry in entries] == [
        "parameters of the model",
        "acceptance, κ = 0.60, L = 8",
        "acceptance, κ = 0.60, L = 16",
    ]
    assert all(entry.agrees for entry in entries)


def test_the_cost_of_blocks_counts_their_evaluations():
    tau = {name: Estimate(5.0, 0.5) for name in ("m", "chi2", "ising_energy")}
    point = BlockPoint(0.67, 64, 4, Estimate(0.5, 0.01), tau, 0.1, ())
    assert point.evaluations("m") == Estimate(20.0, 2.0)
    assert (point.cost("m").value, point.cost("m").error) == pytest.approx((1.0, 0.1))
    for draw in (_figure6_drawing.acceptance_figure, _figure6_drawing.cost_figure):
        assert draw([point, dataclasses.replace(point, blocks=1)]).axes


def test_one_figure_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(_recipe, "quick_plan", lambda: dataclasses.replace(
        TINY, toy_updates=64, toy_replicas=64))  # fmt: skip
    ledger = reproduce("komijani2022", tmp_path / "out", quick=True, figures=[5, 5])
    assert ledger.figures == (5,)
    assert all("toy" in entry.quantity for entry in ledger.entries)
    content = json.loads((tmp_path / "out" / "ledger-figure-5.json").read_text())
    assert content == ledger.as_dict()
    made = {path.name for path in (tmp_path / "out").iterdir()}
    assert {"figure-5.pdf", "figure-5.png", "figure-5.svg", "figure-5.json"} <= made
    assert "runs" not in made and "ledger.json" not in made


@pytest.mark.slow
def test_runs_are_made_once_and_gone_on_with(tmp_path):
    with pytest.raises(Interrupted):
        _figure3.make(tiny_work(tmp_path, should_stop=lambda: True), TINY)
    entries = _figure3.make(tiny_work(tmp_path), TINY)
    assert entries[0].ours == Estimate(3361.0, 0.0) and entries[0].agrees
    points = json.loads((tmp_path / "figure-3.json").read_text())["points"]
    assert [(point["extent"], point["parameters"]) for point in points] == [(4, 3361), (6, 3361)]
    assert points[1]["seconds"] > points[0]["seconds"]
    config = (tmp_path / "runs" / "kappa-0.60" / "L6" / "config.toml").read_text()
    assert 'initial = "../L4"' in config  # so that the whole tree may be moved

    def files():
        return {p: p.stat().st_mtime_ns for p in (tmp_path / "runs").rglob("*") if p.is_file()}

    before = files()
    _figure3.make(tiny_work(tmp_path), TINY)
    assert files() == before
    # The chains of figure 6 are drawn in the same runs, without a new training.
    folder = _runs.finished_model(tiny_work(tmp_path), TINY, 0.6, 6, ["blocks-4"])
    assert folder.chain_names() == ("flow", "blocks-4")
    assert folder.training_path / "checkpoint-00000004.eqx" in before
    assert _spectra.layer_spectrum(folder, np.array([0.0, 8.0])).shape == (2,)
    with pytest.raises(RunFolderError, match="made with other settings"):
        _figure3.make(tiny_work(tmp_path, seed=2), TINY)


@pytest.mark.slow
def test_beyond_the_transition_local_updates_stand_between_the_proposals(tmp_path):
    plan = dataclasses.replace(TINY, kappas=(0.6, 0.7), chain_samples={4: 20})
    assert (plan.chain_at(0.60), plan.chain_at(0.70)) == ("flow", "flow-local")
    _figure3.make(tiny_work(tmp_path), plan)
    folder = RunFolder(tmp_path / "runs" / "kappa-0.70" / "L4")
    assert folder.chain_names() == ("flow-local",)
    assert folder.config().chain("flow-local").update.sweeps == 10
    assert set(folder.chain("flow-local").infos) > {"flow_acceptance", "metropolis_acceptance"}


def test_the_recipe_says_which_figures_it_has():
    assert recipe_called("komijani2022").figures == (2, 3, 4, 5, 6)
    assert set(_recipe._MAKERS) == {2, 3, 4, 5, 6}
