"""What is measured: the theory's observables, chosen ones, and the user's own from a file."""

import numpy as np
import pytest

from latflow.analysis import gamma_method
from latflow.errors import ConfigError, RunFolderError
from latflow.observables import Doubt, Measurement, Observable, Quantity, SlowSeries
from latflow.runs import (
    ChainData,
    RunFolder,
    check_buildable,
    config_from,
    known_numbers,
    observables_of,
    quantities_of,
    run,
    slow_series_of,
)
from latflow.runs.results import summarise_chain

OWN = '''
"""The mean of the sixth power."""

import jax.numpy as jnp

from latflow.analysis import gamma_method
from latflow.observables import Observable, Quantity


class Sixth(Observable):
    """The sixth power."""

    name = "sixth"

    @property
    def quantities(self):
        return (Quantity("phi6", "phi6", "phi6", "mean sixth power"),)

    def measure(self, theory, field):
        return {"phi6": jnp.mean(field.astype(jnp.float64) ** 6)}

    def results(self, theory, series):
        return {"phi6": gamma_method(series["phi6"])}
'''


def raw(**observables):
    return {
        "theory": {"kind": "free", "shape": [4], "m2": 1.0},
        "observables": observables,
        "chains": [
            {
                "name": "hmc", "kernel": "hmc", "n_chains": 2, "n_samples": 8, "warm_up": 0,
                "segment": 4, "configurations_every": 1, "jitter": 0.2,
            }
        ],
    }  # fmt: skip


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "own.py"
    path.write_text(OWN)
    return path


def test_the_theory_chooses_unless_the_user_does():
    every = [one.name for one in observables_of(config_from(raw()))]
    assert every == ["magnetisation", "local-moments", "two-point"]
    chosen = config_from(raw(measure=["two-point"], extra=["action"]))
    assert [one.name for one in observables_of(chosen)] == ["two-point", "action"]
    assert list(quantities_of(chosen)) == ["xi_2nd", "mpL", "mpL_all", "action"]
    assert list(slow_series_of(chosen)) == ["action"]
    assert chosen.chain_digest("hmc") != config_from(raw()).chain_digest("hmc")


@pytest.mark.parametrize(
    ("observables", "key", "words"),
    [
        ({"measure": ["m"]}, "observables.measure", '"magnetisation", "local-moments"'),
        ({"extra": ["m"]}, "observables.extra", 'no observable is called "m"'),
        ({"files": ["nowhere.py"]}, "observables", "nowhere.py cannot be read"),
        ({"extra": ["local-moments", "action"]}, "observables", "records action too"),
        ({"colour": 1}, "observables.colour", "allowed: measure"),
    ],
)
def test_what_cannot_be_measured_is_refused(observables, key, words):
    with pytest.raises(ConfigError) as error:
        check_buildable(config_from(raw(**observables)))
    assert error.value.key == key
    assert words in str(error.value)
    assert "\n" not in str(error.value)


def test_an_observable_of_ones_own(file, tmp_path):
    config = config_from(raw(files=[str(file)]))
    check_buildable(config)
    folder = RunFolder.create(tmp_path / "run", config)
    summary = run(folder)
    assert folder.config() == config
    fields = folder.chain("hmc").configurations["field"]
    entry = summary["chains"]["hmc"]["observables"]["phi6"]
    assert entry["value"] == pytest.approx(np.mean(fields**6))
    assert entry["error"] > 0
    assert list(quantities_of(config))[-1] == "phi6"


def test_a_file_that_has_changed_is_refused(file, tmp_path):
    folder = RunFolder.create(tmp_path / "run", config_from(raw(files=[str(file)])))
    file.write_text(OWN + "\n# changed\n")
    with pytest.raises(ConfigError, match="not the file that this was made with") as error:
        run(folder)
    assert "\n" not in str(error.value)
    other = config_from(raw(files=[str(file)]))
    file.write_text(OWN)
    assert other.chain_digest("hmc") != config_from(raw(files=[str(file)])).chain_digest("hmc")


@pytest.mark.parametrize("where", ["inside", "relative", "unpinned"])
def test_a_run_folder_brings_no_code(file, tmp_path, monkeypatch, where):
    folder = RunFolder.create(tmp_path / "run", config_from(raw(files=[str(file)])))
    (folder.path / "own.py").write_text(OWN)
    path = folder.path / "config.toml"
    text = path.read_text()
    if where == "inside":
        text = text.replace(str(file), str(folder.path / "own.py"))
    if where == "relative":
        monkeypatch.chdir(tmp_path)
        text = text.replace(str(file), "own.py")
    if where == "unpinned":
        text = "\n".join(line for line in text.splitlines() if not line.startswith("sha256"))
    path.write_text(text)
    with pytest.raises(RunFolderError, match="not run as code") as error:
        folder.config()
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1 / 0", "ZeroDivisionError"),
        ("x = 1", "defines no class derived from"),
        (OWN.replace('"sixth"', '"magnetisation"'), "that there is already"),
        (OWN.replace("field.astype", "field['spin'].astype"), "cannot be measured on RealScalar"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_in_one_line(file, text, words):
    file.write_text(text)
    with pytest.raises(ConfigError) as error:
        check_buildable(config_from(raw(files=[str(file)])))
    assert words in str(error.value)
    assert error.value.key.startswith("observables")
    assert "\n" not in str(error.value)


def quantity(name, **about):
    return Quantity(name, name, name, name, **about)


class Series(Observable):
    """Series by name, without a field behind them."""

    name = "series"
    names: tuple[str, ...]
    doubted: tuple[str, ...] = ()
    fails: bool = False

    @property
    def quantities(self):
        return tuple(quantity(name, identity=0.0) for name in self.names)

    @property
    def slow(self):
        return tuple(SlowSeries(n, n, n, n, lambda s, n=n: s[n]) for n in self.names)

    def measure(self, theory, field):
        return {}

    def results(self, theory, series):
        if self.fails:
            raise KeyError("something\nof mine")
        return {name: gamma_method(series[name]) for name in self.names if name in series}

    def doubts(self, theory, series):
        return [Doubt("frozen: never changed", self.doubted, 50.0)] if self.doubted else []


def summary_of(*observables, **series):
    config = config_from(raw())
    theory = config.theory.build()
    data = ChainData(
        name="hmc", measurements=series, infos={"acceptance": np.ones((4, 100))},
        configurations={}, tuned={}, seconds=1.0, seconds_per_sample=0.1, warm_up_seconds=0.0,
    )  # fmt: skip
    numbers = known_numbers(theory, observables)
    return summarise_chain(data, config.chain("hmc"), Measurement(theory, observables), numbers)


NOISE = np.random.default_rng(1).normal(size=(2, 4, 100))


def test_a_doubt_takes_error_pull_and_cost():
    both = {"a": NOISE[0], "b": NOISE[1]}
    sure = summary_of(Series(("a", "b")), **both)
    assert sure["observables"]["a"]["error"] > 0
    assert sure["seconds_per_independent_sample"] > 0
    doubtful = summary_of(Series(("a", "b"), ("a",)), **both)
    entry = doubtful["observables"]["a"]
    assert entry["value"] == sure["observables"]["a"]["value"]
    assert (entry["error"], entry["tau_int"], entry["pull"]) == (None, None, None)
    assert (entry["in_doubt"], entry["tau_int_at_least"]) == (True, 50.0)
    assert doubtful["observables"]["b"] == sure["observables"]["b"]
    assert doubtful["seconds_per_independent_sample"] is None
    assert "frozen: never changed" in doubtful["warnings"]


def test_what_never_fluctuated_has_no_error():
    for constant in (0.0, 0.1, -7.0):
        summary = summary_of(Series(("a",)), a=np.full((4, 100), constant))
        entry = summary["observables"]["a"]
        assert entry["value"] == pytest.approx(constant)
        assert (entry["error"], entry["tau_int"], entry["pull"]) == (None, None, None)
        assert summary["seconds_per_independent_sample"] is None


def test_what_cannot_be_computed_is_unknown_and_said():
    class Fine(Series):
        name = "fine"

    summary = summary_of(Series(("a",), fails=True), Fine(("b",)), a=NOISE[0], b=NOISE[1])
    assert list(summary["observables"]) == ["b"]
    (warning,) = (w for w in summary["warnings"] if "cannot be computed" in w)
    assert "series" in warning and "KeyError" in warning and "\n" not in warning
    broken = NOISE[0].copy()
    broken[0, 0] = np.nan
    summary = summary_of(Series(("a", "b")), a=broken, b=NOISE[1])
    assert list(summary["observables"]) == ["b"]
    assert any("samples of a are not finite" in warning for warning in summary["warnings"])
