"""info, list, compare: runs looked at from outside."""

import json
import shutil

import pytest

import latflow as lf
from latflow.cli._errors import run_command
from latflow.errors import ConfigError, RunFolderError
from latflow.library import list_runs, state_of
from latflow.runs import Interrupted, RunFolder, config_from, run, session

CONFIG = {
    "seed": 3,
    "theory": {
        "kind": "phi4", "convention": "hopping", "shape": [4, 4], "beta": 0.4, "lam": 0.5
    },
    "chains": [
        {
            "name": "local", "kernel": "metropolis", "n_chains": 2, "n_samples": 200,
            "warm_up": 20, "segment": 100, "configurations_every": 0,
        }
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Two finished runs with other seeds, one that was stopped after the first segment."""
    parent = tmp_path_factory.mktemp("look") / "runs"
    for name, seed in (("one", 3), ("two", 4)):
        folder = RunFolder.create(parent / "deep" / name, config_from(CONFIG | {"seed": seed}))
        with session(folder, "test"):
            run(folder)
    folder = RunFolder.create(parent / "stopped", config_from(CONFIG))
    with pytest.raises(Interrupted), session(folder, "test"):
        run(folder, None, lambda: folder.has_samples("local"))
    return parent


def test_state(runs):
    one = state_of(RunFolder(runs / "deep" / "one"))
    assert one.outcome == "complete" and one.last
    assert "chain local, samples: 200 of 200" in one.has
    assert one.missing == ("report.html",)
    stopped = state_of(RunFolder(runs / "stopped"))
    assert stopped.outcome == "interrupted" and not stopped.is_finished
    assert stopped.missing[0] == "chain local, samples: 100 of 200"
    assert stopped.seconds_left > 0
    size = sum(p.stat().st_size for p in (runs / "stopped").rglob("*") if p.is_file())
    assert stopped.size == size


def test_state_of_a_new_run_has_no_pace(tmp_path):
    state = state_of(RunFolder.create(tmp_path / "new", config_from(CONFIG)))
    assert state.outcome == "new" and state.seconds_left is None
    assert state.missing == ("chain local, samples: 0 of 200", "summary.json", "report.html")


def test_list(runs, tmp_path):
    states = list_runs(runs)
    assert [state.path.name for state in states] == ["one", "two", "stopped"]
    assert [bool(state.missing) for state in states] == [False, False, True]
    shutil.copytree(runs / "stopped", tmp_path / "old")
    (tmp_path / "old" / "config.toml").write_text("format = 1\n")
    (state,) = list_runs(tmp_path)
    assert state.outcome.startswith("cannot be read: a run folder of format 1")
    with pytest.raises(RunFolderError, match="no such folder"):
        list_runs(tmp_path / "absent")


def test_compare(runs):
    paths = [runs / "deep" / "one", runs / "deep" / "two"]
    comparison = lf.compare(paths)
    assert comparison.columns == ("one/local", "two/local")
    first, second = (lf.load(path).results("local")["phi2"] for path in paths)
    wanted = abs(first["value"] - second["value"])
    wanted /= (first["error"] ** 2 + second["error"] ** 2) ** 0.5
    assert comparison.differences["phi2"] == pytest.approx(wanted)
    assert comparison.theory_differs == ()
    assert comparison.costs["one/local"]["kernel"] == "metropolis"
    assert "phi2" in comparison._repr_html_()
    with pytest.raises(ConfigError, match="twice"):
        lf.compare([paths[0], paths[0]])
    with pytest.raises(ConfigError, match="nothing to compare"):
        lf.compare(paths[:1])
    with pytest.raises(RunFolderError, match="latflow measure"):
        lf.compare([paths[0], runs / "stopped"])


def test_commands(runs, capsys):
    def said(*arguments, code=0):
        assert run_command([str(each) for each in arguments]) == code
        captured = capsys.readouterr()
        return captured.out if code == 0 else captured.err

    text = said("info", runs / "stopped")
    assert "missing  chain local, samples: 100 of 200" in text and "latflow resume" in text
    assert json.loads(said("info", runs / "stopped", "--json"))["outcome"] == "interrupted"
    text = said("list", runs)
    assert "interrupted, not measured" in text and "4 x 4" in text
    assert len(json.loads(said("list", runs, "--json"))) == 3
    text = said("compare", runs / "deep" / "one", runs / "deep" / "two")
    assert "largest difference" in text and "phi2" in text and "metropolis" in text
    assert json.loads(said("compare", runs / "deep" / "one", runs / "deep" / "two", "--json"))
    for arguments in (("info", runs), ("list", runs / "no"), ("compare", runs / "stopped")):
        assert len(said(*arguments, code=2).splitlines()) == 1
    for command in ("info", "list", "compare"):
        assert "Example" in said(command, "--help")
