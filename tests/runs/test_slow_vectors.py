"""The memory of every Fourier mode in a summary: zero mode and slowest one, or no number."""

import math

import numpy as np
import pytest
from scipy.signal import lfilter

from latflow.observables import OBSERVABLES, Measurement, SlowVector
from latflow.observables.scalar import Modes, mode_orbits
from latflow.runs import ChainData, RunFolder, config_from, run
from latflow.runs.results import summarise_chain

SHAPE = (4, 4)
# tau_int = 1/2 + a/(1 - a) of a^t.
COEFFICIENTS = np.array([0.6, 0.8, 0.3, 0.0, 0.0, 0.5])
SLOWEST = 1
MODES = (Modes(),)


def raw(**observables):
    return {
        "theory": {"kind": "free", "shape": list(SHAPE), "m2": 1.0},
        "observables": observables,
        "chains": [
            {
                "name": "hmc", "kernel": "hmc", "n_chains": 2, "n_samples": 8, "warm_up": 0,
                "segment": 4, "configurations_every": 1, "jitter": 0.2,
            }
        ],
    }  # fmt: skip


def series(chains=20, samples=2000, seed=1):
    rng = np.random.default_rng(seed)
    columns = []
    for a in COEFFICIENTS:
        noise = rng.standard_normal((chains, samples)) * np.sqrt(1 - a * a)
        noise[:, 0] /= np.sqrt(1 - a * a)
        columns.append(5 + lfilter([1.0], [1.0, -a], noise, axis=1))
    return np.stack(columns, axis=-1)


def summary_of(power, acceptance=1.0, observables=MODES):
    config = config_from(raw(extra=["modes"]))
    theory = config.theory.build()
    data = ChainData(
        name="hmc", measurements={"mode_power": power},
        infos={"acceptance": np.full(power.shape[:2], acceptance)}, configurations={}, tuned={},
        seconds=1.0, seconds_per_sample=0.1, warm_up_seconds=0.0, cpu_seconds_per_sample=0.3,
    )  # fmt: skip
    return summarise_chain(data, config.chain("hmc"), Measurement(theory, observables), {})


def test_zero_mode_and_slowest_mode_with_their_costs():
    summary = summary_of(series())
    entry = summary["slow_vectors"]["mode_power"]
    assert entry["axis"] == ["n_1", "n_2"]
    assert entry["at"] == [list(n) for n in mode_orbits(SHAPE)]
    exact = 0.5 + COEFFICIENTS / (1 - COEFFICIENTS)
    tau, error = np.array(entry["tau_int"]), np.array(entry["tau_int_error"])
    # Six numbers at 4.5 sigma: false alarm 4e-5.
    assert np.all(np.abs(tau - exact) < 4.5 * error)
    assert np.all(np.abs(np.array(entry["value"]) - 5) < 4.5 * np.array(entry["error"]))
    zero, slowest = entry["costs"]["zero mode"], entry["costs"]["slowest mode"]
    assert zero["at"] == [0, 0] and slowest["at"] == [1, 0] == entry["at"][SLOWEST]
    assert zero["tau_int"] == tau[0] and slowest["tau_int"] == tau[SLOWEST]
    assert slowest["seconds_per_independent_sample"] == pytest.approx(0.2 * tau[SLOWEST])
    assert slowest["cpu_seconds_per_independent_sample"] == pytest.approx(0.6 * tau[SLOWEST])
    assert not [text for text in summary["warnings"] if "mode_power" in text]


def unknown(cost):
    numbers = {key: value for key, value in cost.items() if key != "at"}
    return all(math.isnan(value) for value in numbers.values())


def test_a_stuck_chain_has_no_number():
    power = series(chains=4, samples=100)
    everything = np.broadcast_to(power[:, :1], power.shape).copy()
    one = power.copy()
    one[0] = power[0, 0]
    for stuck, acceptance in ((everything, 0.0), (one, 0.9)):
        summary = summary_of(stuck, acceptance)
        assert any("there is no result" in text for text in summary["warnings"])
        entry = summary["slow_vectors"]["mode_power"]
        assert entry["in_doubt"] is True
        assert entry["tau_int"] is None and entry["error"] is None
        assert all(unknown(cost) for cost in entry["costs"].values())


def test_one_mode_that_is_not_known_may_be_the_slowest():
    frozen, apart = series(), series()
    frozen[..., 3] = 2.0
    # Chains at different values: their memory does not decay.
    apart[::2, :, 3] += 3.0
    for power in (frozen, apart):
        summary = summary_of(power)
        entry = summary["slow_vectors"]["mode_power"]
        assert math.isnan(entry["tau_int"][3]) and math.isnan(entry["error"][3])
        assert entry["tau_int"][0] > 0 and entry["costs"]["zero mode"]["tau_int"] > 0
        assert unknown(entry["costs"]["slowest mode"])
        assert entry["costs"]["slowest mode"]["at"] is None
        assert any("of 6 modes 1 have no" in text for text in summary["warnings"])


def test_chains_that_are_in_no_equilibrium_in_one_mode():
    drifting, apart = series(), series()
    drifting[..., 3] += np.arange(2000.0) / 500
    apart[::2, :, 3] += 8.0
    for power, words in ((drifting, "first halves"), (apart, "in different places")):
        summary = summary_of(power)
        (said,) = (text for text in summary["warnings"] if "mode_power" in text)
        assert words in said and "mode (2, 0)" in said
        entry = summary["slow_vectors"]["mode_power"]
        assert entry["in_doubt"] is True and entry["tau_int"] is None
        assert all(unknown(cost) for cost in entry["costs"].values())


def test_short_chains_are_said_to_be_so():
    warnings = summary_of(series(chains=2, samples=40))["warnings"]
    assert any("fewer than 100 tau_int" in text and "mode_power" in text for text in warnings)


def test_what_cannot_be_computed_is_said():
    class Broken(Modes):
        name = "broken"

        def slow_vectors(self, theory):
            (one,) = super().slow_vectors(theory)
            return (SlowVector(**{**vars(one), "of": lambda series: 1 / 0}),)

    summary = summary_of(series(chains=2, samples=40), observables=(Broken(),))
    assert "slow_vectors" not in summary
    assert any("broken cannot be computed" in text for text in summary["warnings"])


def test_a_run_has_them_only_when_asked(tmp_path):
    assert "modes" in [one.name for one in OBSERVABLES]
    plain = run(RunFolder.create(tmp_path / "plain", config_from(raw())))
    asked = run(RunFolder.create(tmp_path / "asked", config_from(raw(extra=["modes"]))))
    assert "slow_vectors" not in plain["chains"]["hmc"]
    folder = RunFolder(tmp_path / "asked")
    entry = asked["chains"]["hmc"]["slow_vectors"]["mode_power"]
    data = folder.chain("hmc")
    fields = data.configurations["field"]
    power = np.abs(np.fft.fftn(fields, axes=(2, 3))) ** 2 / 16
    expected = power.mean(axis=(0, 1))
    np.testing.assert_allclose(entry["value"][0], expected[0, 0], rtol=1e-6)
    images = [expected[1, 0], expected[3, 0], expected[0, 1], expected[0, 3]]
    np.testing.assert_allclose(entry["value"][1], np.mean(images), rtol=1e-6)
    # Whatever else was measured before is what it was.
    for name, known in plain["chains"]["hmc"]["observables"].items():
        assert asked["chains"]["hmc"]["observables"][name]["value"] == known["value"]
