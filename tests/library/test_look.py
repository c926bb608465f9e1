"""info, list, compare: runs looked at from outside."""

import json
import re
import shutil

import pytest

import latflow as lf
from latflow.cli._errors import run_command
from latflow.errors import ConfigError, RunFolderError
from latflow.library import list_runs, state_of
from latflow.reports import value_with_error, write_comparison
from latflow.reports.comparison._figures import _marks
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


def test_page_of_a_comparison(runs, tmp_path):
    """Self-contained, with symbols, units and descriptions; every number of the comparison."""
    paths = [runs / "deep" / "one", runs / "deep" / "two"]
    comparison = write_comparison(paths, tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert text.startswith("<!DOCTYPE html>")
    assert not re.search(r"https?:|<script|<link|@import|url\((?!#)", text)
    assert "prefers-color-scheme: dark" in text and "@media print" in text
    words = re.sub(r"<[^>]+>", "", text)
    for entries in comparison.results.values():
        for entry in entries.values():
            if entry["error"] is not None:
                assert value_with_error(entry["value"], entry["error"]) in words
    assert "⟨<i>M</i>⟩" in text and "τ<sub>int</sub>" in text and "[a]" in words
    assert "β = 0.4, λ = 0.5 (hopping convention)" in words and "4 × 4" in words
    # Both figures are described for those who cannot see them.
    drawings = re.findall(r'<svg[^>]*role="img" aria-labelledby="(\S+) (\S+)">', text)
    assert [title for title, _ in drawings] == ["pulls-title", "costs-title"]
    for _, description in drawings:
        assert len(re.search(rf'<desc id="{description}">([^<]+)</desc>', text).group(1)) > 100


def test_many_chains_are_several_tables_and_marks(runs, tmp_path):
    """What is one row too wide is shown below; every chain has a mark of its own."""
    columns = [f"run/chain{i}" for i in range(8)]
    marks = [tuple(sorted(mark.items())) for mark in _marks(columns).values()]
    assert len(set(marks)) == len(columns)
    paths = []
    for name in ("a", "b", "c", "d"):
        paths.append(tmp_path / name)
        shutil.copytree(runs / "deep" / "one", paths[-1])
    comparison = write_comparison(paths, tmp_path / "page.html")
    assert len(comparison.columns) == 4
    assert set(comparison.differences.values()) <= {0.0, None}
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    first, second = (text.index(f'id="results-{number}"') for number in (1, 2))
    assert first < text.index("c/local</th>") < second < text.index("d/local</th>")
    assert 'id="results-3"' not in text


def test_other_theories_are_not_marked_as_tension(runs, tmp_path):
    changed = CONFIG | {"theory": CONFIG["theory"] | {"lam": 5.0}}
    other = lf.run(changed, tmp_path / "other")
    comparison = write_comparison([runs / "deep" / "one", other.path], tmp_path / "page.html")
    assert comparison.theory_differs == ("lam",)
    assert comparison.differences["phi2"] > 5
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "The theories differ in lam" in text and '<td class="disagreement">' not in text


def test_commands(runs, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

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
    assert "page: comparison.html" in text and (tmp_path / "comparison.html").stat().st_size > 1e4
    (tmp_path / "comparison.html").unlink()
    for option in ("--json", "--no-page"):
        text = said("compare", runs / "deep" / "one", runs / "deep" / "two", option)
        assert "phi2" in text and not list(tmp_path.iterdir())
    assert json.loads(said("compare", runs / "deep" / "one", runs / "deep" / "two", "--json"))
    for arguments in (
        ("info", runs),
        ("list", runs / "no"),
        ("compare", runs / "stopped"),
        ("compare", runs / "deep" / "one", runs / "deep" / "one"),
        ("compare", runs / "deep" / "one", runs / "deep" / "two", "-o", "no/such/page.html"),
    ):
        assert len(said(*arguments, code=2).splitlines()) == 1
    for command in ("info", "list", "compare"):
        assert "Example" in said(command, "--help")
