"""The commands ``latflow scan`` and ``latflow reproduce``."""

import json
import os

import pytest

from latflow.analysis import Estimate
from latflow.cli._errors import run_command
from latflow.cli._signals import StopSignals
from latflow.reproduce import RECIPES, LedgerEntry, PublishedValue, Recipe, _reproduce
from latflow.scans import line_names, load_scan

TINY = """
seed = 3
[[ensembles]]
name = "A"
theory = { kind = "phi4", shape = [2, 2], beta = 0.5, lam = 0.5 }
[[kernels]]
kernel = "hmc"
n_chains = 4
n_samples = 40
warm_up = 20
trajectory = 0.3
steps = 3
"""


@pytest.fixture
def latflow(tmp_path, monkeypatch, capsys):
    """Run a command in an empty folder of its own; gives exit code, output and errors."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XLA_FLAGS", os.environ.get("XLA_FLAGS", ""))
    (tmp_path / "tiny.toml").write_text(TINY)

    def run(*arguments):
        code = run_command(list(arguments))
        return code, *capsys.readouterr()

    return run


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["scan", "nowhere"], "nowhere: neither a file nor a line"),
        (["scan", "aks", "--set", "target_eror=0.1"], "target_eror: unknown key"),
        (["scan", "aks", "--set", "kernels.hmc.steps=0"], "kernels.hmc.steps: "),
        (["scan", "aks", "--set", "ensembles.E1.theory.lam=-1"], "ensembles.E1.theory.lam: "),
        (["scan", "aks", "--kernels", "hmc,magic"], '--kernels: "magic" is unknown'),
        (["scan", "aks", "--kernels", "independence"], "kernels.independence.kernel: "),
        (["scan", "tiny.toml", "--out", "."], ".: already exists and is no scan"),
        (["reproduce"], "recipe: give the name of one"),
        (["reproduce", "nobody1999"], 'recipe: "nobody1999" is unknown'),
        (["reproduce", "albandea2023-hmc", "--out", "tiny.toml"], "tiny.toml: is a file"),
        (["reproduce", "albandea2023-hmc", "--figure", "1"], "--figure: albandea2023-hmc has no"),
        (["reproduce", "komijani2022", "--figure", "7"], "--figure: komijani2022 has the"),
        (["reproduce", "komijani2022", "--table", "1"], "--table: komijani2022 has no tables"),
        (["reproduce", "albandea2023", "--table", "2"], "--table: albandea2023 has the table 1"),
    ],
)
def test_mistakes_end_with_one_line_that_names_the_key(latflow, tmp_path, arguments, words):
    code, out, err = latflow(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith("latflow: error: ") and err.count("\n") == 1
    assert words in err
    assert [path.name for path in tmp_path.iterdir()] == ["tiny.toml"]


@pytest.mark.parametrize("line", line_names())
def test_a_commented_file_is_the_line(latflow, tmp_path, line):
    code, out, err = latflow("scan", "init", line)
    assert (code, err) == (0, "")
    assert "# relative error of the largest autocorrelation time" in out
    (tmp_path / "mine.toml").write_text(out)
    mine = load_scan(tmp_path / "mine.toml")
    assert mine.model_dump(exclude={"line"}) == load_scan(line).model_dump(exclude={"line"})


def test_a_scan_is_checked_without_being_run(latflow, tmp_path):
    code, out, err = latflow("scan", "validate", "tiny.toml")
    assert (code, err) == (0, "")
    assert out == "tiny.toml: valid; 1 runs; ensembles: A; kernels: hmc\n"
    code, out, err = latflow("scan", "validate", "tiny.toml", "--set", "kernels.hmc.stepz=3")
    assert (code, out) == (2, "")
    assert err.startswith("latflow: error: kernels.hmc.stepz: unknown key (did you mean steps?)")
    assert [path.name for path in tmp_path.iterdir()] == ["tiny.toml"]


def test_stopped_by_a_signal_and_gone_on_with(latflow, tmp_path, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(StopSignals, "requested", lambda self: True)
        code, out, err = latflow("scan", "tiny.toml", "--quiet")
    assert (code, out) == (130, "")
    assert "go on with: " in err
    code, out, err = latflow("scan", "tiny.toml", "--json")
    assert (code, err) == (0, "")
    content = json.loads(out)
    assert content == json.loads((tmp_path / "runs" / "scan-tiny" / "scan.json").read_text())
    code, out, err = latflow("scan", "tiny.toml")
    assert code == 0
    assert "A         hmc" in out and "warning: A, hmc: " in out
    # One lattice has no exponent: no table without rows.
    assert "no fits" in out and "χ²/dof" not in out


def test_the_list_of_recipes(latflow):
    code, out, err = latflow("reproduce", "--list")
    assert (code, err) == (0, "")
    for recipe in RECIPES:
        assert recipe.name in out and recipe.paper in out


def test_one_figure_of_a_recipe(latflow, tmp_path, monkeypatch):
    class Stub(Recipe):
        name, title, paper, figures = "stub", "a stub", "nobody", (1, 2, 3)

        def run(self, work):
            return [
                LedgerEntry(f"x{n}", PublishedValue(1.0, 0.1, "nobody"), Estimate(1.0, 0.1))
                for n in work.figures
            ]

    monkeypatch.setattr(_reproduce, "RECIPES", (Stub(),))
    code, out, err = latflow("reproduce", "stub", "--figure", "3", "--figure", "2", "--out", "x")
    assert (code, err) == (0, "")
    assert "x2" in out and "x3" in out and "2 of 2 agree" in out
    assert "figure 2: x/figure-2.pdf" in out
    assert out.splitlines()[-1] == "ledger: x/ledger-figure-2-figure-3.json"
    assert json.loads((tmp_path / "x" / "ledger-figure-2-figure-3.json").read_text())["figures"]
    code, out, err = latflow("reproduce", "stub", "--out", "x", "--quick")
    assert (code, err) == (0, "") and "agree" not in out
    assert (tmp_path / "x" / "ledger.json").exists()
    assert not (tmp_path / "x" / "ledger.pdf").exists()
