"""Flows trained to an acceptance: how rounds go on, what chains say, and what is compared."""

import json
from types import MappingProxyType, SimpleNamespace

import numpy as np
import pytest

from latflow.analysis import Estimate
from latflow.reproduce import Work, recipe_called
from latflow.reproduce._albergo2019 import _entries, _plan, _points, _recipe, _rounds
from latflow.reproduce._albergo2019._baselines import Albergo2019Baselines
from latflow.reproduce._albergo2019._drawing import training_figure
from latflow.reproduce._albergo2019._published import MASS
from latflow.reproduce._runs import Precision
from latflow.runs import RunFolder, Silent, check_buildable, config_from, load_config, never

from .synthetic import point

PRECISION = Precision(0.1, 100)


def acceptance(steps, scale=400.0):
    """What a training without scatter would have after so many steps: 0.5 at ``scale``."""
    return 0.5 + 0.15 * np.log(np.asarray(steps, float) / scale)


def trained(value=0.51, level=0.5, cpu_seconds=50.0):
    steps = np.arange(1, 101)
    return _rounds.Trained(
        "runs/somewhere", 100, level, Estimate(value, 0.002), (steps, acceptance(steps, 95.0)),
        60.0, cpu_seconds, 12345,
    )  # fmt: skip


@pytest.mark.parametrize("at", [300, 390, 399])
def test_a_round_ends_near_the_level(at):
    steps = np.arange(1, at + 1)
    total = _rounds.next_total(steps, acceptance(steps), float(acceptance(at)), 0.5)
    # The level is at 400 steps, with the margin at 400 exp(0.004 / 0.15) = 411.
    wanted = at * (411 / at) ** 0.7
    assert total % 25 == 0 and 0 <= total - max(1.1 * at, wanted) <= 25.1


def test_rounds_grow_by_a_tenth_at_least_and_by_half_at_most():
    steps = np.arange(1, 1001)
    assert _rounds.next_total(steps, acceptance(steps, 1e5), 0.1, 0.5) == 1500
    # Where batches do not rise, or the model is in doubt, nothing can be extrapolated.
    assert _rounds.next_total(steps, 0.3 - 1e-5 * steps, 0.3, 0.5) == 1500
    assert _rounds.next_total(steps, acceptance(steps, 1000), float("nan"), 0.5) == 1500
    assert _rounds.next_total(steps, acceptance(steps, 1000), 0.4999, 0.5) == 1100


class FinishedRun(RunFolder):
    """A run whose results are given."""

    def __init__(self, path, metrics, results):
        # No folder has to be there.
        self.path, self._metrics, self._results = path, metrics, results

    def training_metrics(self):
        return self._metrics

    def summary(self):
        return self._results


def fake_rounds(monkeypatch, scale):
    """Trainings that have the acceptance of their steps, with the rounds that were asked for."""
    asked = []

    def finished(work, path, config, chains, title, precision):
        steps, before = config.training.steps, config.model.initial
        done = sum(one[1] for one in asked)
        assert chains == [] and (before is None) == (not asked)
        asked.append((path.name, steps, before, config.seed))
        own = np.arange(1, steps + 1)
        numbers = {
            "acceptance": float(acceptance(done + steps, scale)), "acceptance_error": 0.001,
            "seconds": 1.0, "cpu_seconds": 2.0, "parameters": 7,
        }  # fmt: skip
        metrics = {"step": own, "acceptance": acceptance(done + own, scale)}
        return FinishedRun(path, metrics, {"training": numbers})

    monkeypatch.setattr(_rounds, "finished", finished)
    return asked


def in_rounds(tmp_path, target):
    def round_of(number, steps, before):
        return _plan.round_run(_plan.QUICK, _plan.ENSEMBLES["E1"], number, steps, before, 3)

    work = Work(tmp_path, True, 3, Silent(), never, "test")
    return _rounds.trained_to(work, tmp_path, "E1", round_of, target, PRECISION)


def test_training_goes_on_until_the_acceptance_is_there(monkeypatch, tmp_path):
    asked = fake_rounds(monkeypatch, 400.0)
    found = in_rounds(tmp_path, _rounds.Target(0.5, 100, 4000))
    assert found.reached and 400 <= found.steps <= 440
    assert found.steps == sum(steps for _, steps, _, _ in asked)
    assert [name for name, *_ in asked] == [f"round-{n + 1:02d}" for n in range(len(asked))]
    # Each goes on from the one before, with random numbers of its own.
    assert [before for _, _, before, _ in asked[1:]] == [
        str(tmp_path / name) for name, *_ in asked[:-1]
    ]
    assert [seed for *_, seed in asked] == list(range(3, 3 + len(asked)))
    assert (found.seconds, found.cpu_seconds, found.parameters) == (1.0, 2.0, 7)
    assert found.curve[0][-1] <= found.steps and np.all(np.diff(found.curve[1]) > 0)


def test_a_training_that_does_not_get_there_ends_at_its_limit(monkeypatch, tmp_path):
    fake_rounds(monkeypatch, 4000.0)
    found = in_rounds(tmp_path, _rounds.Target(0.5, 100, 550))
    assert found.steps == 550 and not found.reached
    assert not trained(float("nan")).reached


def summary(tau=2.0):
    entry = {"value": 4.05, "error": 0.05, "tau_int": tau, "tau_int_error": 0.1}
    names = ("m", "chi2", "ising_energy", "mpL")
    return {
        "chains": {
            "flow": {
                "kernel": "independence", "n_chains": 64, "n_samples": 500, "thin": 1,
                "acceptance": 0.5, "seconds_per_sample": 1.0, "cpu_seconds_per_sample": 1e-5,
                "observables": dict.fromkeys(names, entry)
                | {"xi_2nd": {"value": 1.9, "error": None, "tau_int": None}},
                "reference": {"chi2": {"value": 4.0, "error": 0.0, "source": "a simulation"}},
                "warnings": [],
            }
        }
    }  # fmt: skip


def flow_of(monkeypatch, name, extent, tau, value=0.51, **about):
    content = summary(tau)
    content["chains"]["flow"] |= about
    monkeypatch.setattr(_points, "RunFolder", lambda path: SimpleNamespace(summary=lambda: content))
    hmc = _points.in_cpu_time(point(name, "hmc", extent, 3.0), 0.0, 1000)
    return _points.flow_point(trained(value), hmc, 1000), hmc


def test_the_chain_of_a_flow_is_a_point_with_costs_in_cpu_time(monkeypatch):
    flow, hmc = flow_of(monkeypatch, "E1", 6, 2.0)
    assert (flow.ensemble, flow.kernel, flow.extent) == ("E1", _points.FLOW, 6)
    assert set(flow.tau_int) == {"m", "chi2", "ising_energy"}
    assert flow.cost["m"].value == pytest.approx(2 * 2.0 * 1e-5)
    assert flow.cost_with_training["m"].value == pytest.approx(4e-5 + 50 / 1000)
    assert hmc.cost["m"].value == pytest.approx(2 * 3.0 * 2e-5) and hmc.training_seconds == 0
    beyond = _points.pays_off(flow, hmc)
    assert beyond["m"] == pytest.approx(50 / (12e-5 - 4e-5))
    slower, _ = flow_of(monkeypatch, "E1", 6, 6.5)
    assert _points.pays_off(slower, hmc)["m"] is None


def test_a_chain_whose_time_holds_compiling_has_no_cost(monkeypatch):
    unknown = {"seconds_per_sample": None, "cpu_seconds_per_sample": None}
    flow, hmc = flow_of(monkeypatch, "E1", 6, 2.0, **unknown)
    assert flow.cost == flow.cost_with_training == {}
    assert _points.pays_off(flow, hmc) == {}


def test_exponents_are_of_those_that_got_there(monkeypatch):
    flows = [flow_of(monkeypatch, f"E{n}", 4 + 2 * n, 2.0)[0] for n in (1, 2)]
    flows.append(flow_of(monkeypatch, "E3", 10, 9.0, value=0.4)[0])
    assert flows[-1].kernel == _points.BELOW
    scalings = _points.flow_scalings(flows)
    assert len(scalings) == 3
    entries = _entries.exponent_entries(scalings, flows)
    assert all(abs(entry.pull) < 1e-6 and entry.ours.error > 0 for entry in entries)
    assert "not reached: E3" in entries[0].note and "E1 0.500" in entries[0].note
    assert [entry.quantity for entry in entries] == [
        "z of τ(M), flow", "z of τ(M²), flow", "z of τ(E), flow"
    ]  # fmt: skip
    flat = _entries.flat_entries(flows)
    assert {entry.quantity.split(", ")[1] for entry in flat} == {"E2"}
    assert all(entry.pull == 0 for entry in flat)
    # One lattice has no exponent; none that got there, nothing at all.
    assert _points.flow_scalings(flows[1:]) == []
    assert _entries.flat_entries(flows[2:]) == []
    # A time that grows as L is not compatible with zero.
    grown = [flow_of(monkeypatch, f"E{n}", 4 + 2 * n, 4.0 + 2 * n)[0] for n in (1, 2, 3)]
    for entry in _entries.exponent_entries(_points.flow_scalings(grown), grown):
        assert entry.ours.value == pytest.approx(1.0) and not entry.agrees


def test_ledger_of_an_ensemble(monkeypatch):
    flow, hmc = flow_of(monkeypatch, "E3", 10, 2.0)
    made = {e.quantity: e for e in _entries.ensemble_entries("E3", trained(), flow, hmc)}
    # The correlation length is in doubt: it has no entry.
    assert set(made) == {"acceptance, E3", "mₚL, E3, flow", "χ₂, E3, flow", "E, E3, flow"}
    assert made["acceptance, E3"].pull == 0
    assert made["mₚL, E3, flow"].pull == pytest.approx(0.05 / np.hypot(0.04, 0.05))
    assert made["χ₂, E3, flow"].published.source == "a simulation"
    assert made["E, E3, flow"].published.source == "HMC of this recipe"
    below = _entries.acceptance_entry("E3", trained(0.4), 0.5, "aim", "note")
    assert not below.agrees and "after 100 steps" in below.note


def test_ledger_in_three_dimensions():
    made = _entries.space_entries("real NVP", trained(0.2, 0.3), summary())
    assert [entry.quantity for entry in made] == ["acceptance, 8³, real NVP", "χ₂, 8³, real NVP"]
    assert not made[0].agrees and str(made[0].published) == "0.3 … 1"


def test_figures_and_numbers(monkeypatch, tmp_path):
    axes = training_figure({"E1": trained(), "E2": trained(level=0.3)}).axes[0]
    assert len(axes.lines) == 2 + 2
    flow, hmc = flow_of(monkeypatch, "E1", 6, 2.0)
    below, _ = flow_of(monkeypatch, "E2", 8, 2.0, value=0.4)
    work = Work(tmp_path, True, 1, Silent(), never, "test")
    settings = Albergo2019Baselines().settings(True, 1)
    baselines = _recipe.ScanResult(settings, (hmc,), ())
    _recipe._draw(work, {"E1": trained()}, [flow, below], baselines)
    for name in ("tau", "cost", "training"):
        assert (tmp_path / f"{name}.pdf").is_file()
    content = json.loads((tmp_path / "albergo2019.json").read_text("utf-8"))
    one = content["trainings"]["E1"]
    assert (one["reached"], one["acceptance"], one["acceptance_error"]) == (True, 0.51, 0.002)
    assert [each["kernel"] for each in content["points"]] == ["flow", _points.BELOW, "hmc"]
    assert content["pays_off_beyond"]["E1"]["hmc"]["m"] > 0
    assert content["exponents"] == []


def test_every_run_can_be_built_and_is_that_of_the_line():
    line = {one.name: one.theory for one in Albergo2019Baselines().settings(False, 1).ensembles}
    assert set(_plan.QUICK.ensembles) < set(_plan.FULL.ensembles) == set(line) == set(MASS)
    for name, system in _plan.ENSEMBLES.items():
        config = config_from(_plan.round_run(_plan.FULL, system, 0, 100, None, 1))
        if name == "E1":
            check_buildable(config)
        theory = config.resolved()["theory"]
        assert {key: theory[key] for key in line[name]} == line[name]
        assert config.theory.build().known()["mpL"].source
    ours = load_config("aks-3d").resolved()["theory"]
    for system in _plan.THREE_DIMENSIONS.values():
        config = config_from(_plan.round_run(_plan.FULL, system, 0, 100, None, 1))
        check_buildable(config)
        assert config.resolved()["theory"] == ours
    assert config.theory.build().known()["chi2"].value == 1.96


@pytest.mark.slow
def test_short_trainings(tmp_path, monkeypatch):
    system = _plan.ENSEMBLES["E1"]._replace(
        model=_plan.dense_model(8, 2), target=_rounds.Target(0.05, 25, 100)
    )
    monkeypatch.setattr(_recipe, "ENSEMBLES", MappingProxyType({"E1": system}))
    space = _plan.THREE_DIMENSIONS["real NVP"]._replace(
        model=_plan.dense_model(4, 2), target=_rounds.Target(0.3, 25, 25), batch=32, micro_batch=32
    )
    monkeypatch.setattr(_recipe, "THREE_DIMENSIONS", MappingProxyType({"real NVP": space}))
    plan = _plan.Plan(("E1",), ("real NVP",), 512, 60, Precision(0.5, 100))
    monkeypatch.setattr(_recipe, "QUICK", plan)
    work = Work(tmp_path, True, 1, Silent(), never, "test")
    made = recipe_called("albergo2019").run(work)
    quantities = {entry.quantity for entry in made}
    assert {"acceptance, E1", "acceptance, 8³, real NVP"} <= quantities
    assert not any(quantity.startswith("z of") for quantity in quantities)
    content = json.loads((tmp_path / "albergo2019.json").read_text("utf-8"))
    assert {one["kernel"] for one in content["points"]} >= {"hmc", "metropolis"}
    assert (tmp_path / "training-3d.pdf").is_file()
    # What is there already is not done again.
    last = max((tmp_path / "runs" / "E1").glob("round-*/summary.json"))
    before = last.stat().st_mtime_ns
    assert recipe_called("albergo2019").run(work) == made
    assert last.stat().st_mtime_ns == before
