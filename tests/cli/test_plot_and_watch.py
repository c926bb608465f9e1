"""``latflow plot``, ``latflow report --watch``, unfinished runs, shell completion."""

import os
import re
import subprocess
import sys

import pytest
from matplotlib.figure import Figure

from latflow.cli._signals import StopSignals
from latflow.cli._watch import watch
from latflow.errors import ConfigError, RunFolderError
from latflow.reports.page._paper import _fit
from latflow.runs import Interrupted, RunFolder, config_from, run, session

CONFIG = {
    "seed": 3,
    "theory": {
        "kind": "phi4", "convention": "hopping", "shape": [4, 4], "beta": 0.4, "lam": 0.5
    },
    "chains": [
        {
            "name": "local", "kernel": "metropolis", "n_chains": 2, "n_samples": 40,
            "warm_up": 20, "segment": 10, "configurations_every": 0,
        }
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A finished run, and one that was stopped after 10 of 40 samples."""
    parent = tmp_path_factory.mktemp("plot")
    done = RunFolder.create(parent / "done", config_from(CONFIG))
    with session(done, "test"):
        run(done)
    stopped = RunFolder.create(parent / "stopped", config_from(CONFIG))
    with pytest.raises(Interrupted), session(stopped, "test"):
        run(stopped, None, lambda: stopped.has_samples("local"))
    return parent


@pytest.fixture
def latflow(tmp_path, monkeypatch, capsys):
    """Run a command in an empty folder; gives exit code and output."""
    from latflow.cli._errors import run_command

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XLA_FLAGS", os.environ.get("XLA_FLAGS", ""))
    monkeypatch.setenv("COLUMNS", "160")

    def command(*arguments):
        code = run_command([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return command


def test_plot(latflow, runs, tmp_path):
    code, out, _ = latflow("plot", runs / "done")
    names = [line.split()[0] for line in out.splitlines()]
    assert code == 0 and {"autocorrelation", "correlator"} <= set(names)
    code, out, _ = latflow("plot", runs / "done", "autocorrelation", "--pdf")
    first = (tmp_path / "done-autocorrelation.pdf").read_bytes()
    assert code == 0 and out.startswith("done-autocorrelation.pdf\n")
    assert first.startswith(b"%PDF")
    latflow("plot", runs / "done", "autocorrelation")
    assert (tmp_path / "done-autocorrelation.pdf").read_bytes() == first


def test_size_and_fonts_are_those_that_were_asked_for(latflow, runs, tmp_path):
    command = ("plot", runs / "done", "correlator", "-o", "c.svg")
    code, _, err = latflow(*command, "--width", "8.6", "--font-size", "7", "--font", "serif")
    text = (tmp_path / "c.svg").read_text()
    assert code == 0, err
    # 8.6 cm in points.
    assert f'width="{8.6 / 2.54 * 72:.3f}'[:11] in text
    assert "serif" in text and "7px" in text


def test_panels_beside_each_other_are_stacked_in_a_column(latflow, runs, tmp_path):
    """Each as wide as the column, with its own labels; nothing is drawn over something else."""
    sizes = {}
    for width in ("17", "8.6"):
        path = tmp_path / f"{width}.svg"
        code, _, err = latflow("plot", runs / "done", "correlator", "--width", width, "-o", path)
        assert code == 0, err
        (box,) = re.findall(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', path.read_text())
        sizes[width] = tuple(map(float, box))
    assert sizes["8.6"][0] == pytest.approx(8.6 / 2.54 * 72, abs=0.1)
    # Two panels.
    assert sizes["8.6"][1] == pytest.approx(2 * 0.62 * sizes["8.6"][0], rel=0.01)
    assert sizes["17"][1] < 0.6 * sizes["17"][0]


def test_images_that_belong_together_are_not_taken_apart():
    figure = Figure(figsize=(8, 3), layout="constrained")
    for axes in figure.subplots(1, 3):
        axes.imshow([[0.0, 1.0]])
    with pytest.raises(
        ConfigError, match=r"8\.6 cm are too little for this figure: it takes 11\.4 cm"
    ):
        _fit(figure, 8.6 / 2.54, 1.0, "serif")
    assert tuple(figure.get_size_inches()) == (8, 3)


def test_wrong_plots_are_refused_in_one_line(latflow, runs):
    for arguments, words in (
        (("nothing",), 'FIGURE: "nothing" is none; there are '),
        (("topological-charge",), "has nothing for the figure"),
        (("correlator", "-o", "c.eps"), "--out: c.eps must end in one of .pdf, .svg, .png"),
        (("correlator", "--font", "comic"), '--font: "comic" is none'),
        (("correlator", "--pdf", "-o", "c.svg"), "--pdf: c.svg does not end in .pdf"),
        (("correlator", "--width", "1"), "--width"),
    ):
        code, _, err = latflow("plot", runs / "done", *arguments)
        assert code == 2 and words in err and len(err.splitlines()) == 1, err


def test_unfinished_runs_say_how_far_they_are(latflow, runs, tmp_path):
    code, out, _ = latflow("measure", runs / "stopped", "--out", tmp_path / "there")
    assert code == 0 and "missing  chain local, samples: 10 of 40" in out
    code, out, _ = latflow("measure", runs / "done")
    assert code == 0 and "missing" not in out


def test_watching_a_finished_run_writes_one_report(latflow, runs):
    code, out, err = latflow("report", runs / "done", "--watch")
    page = (runs / "done-watch" / "report.html").read_text()
    assert code == 0 and "done-watch/report.html: finished" in err and "http-equiv" not in page
    assert "report: " in out


def test_a_report_follows_a_run(runs, tmp_path):
    """Three looks: the run grows between the first and the second, then somebody stops."""
    looks = []

    class Signals(StopSignals):
        def requested(self):
            looks.append(1)
            return len(looks) > 6

    folder = watch(runs / "stopped", tmp_path / "live", 0.01, Signals(), quiet=True)
    page = (tmp_path / "live" / "report.html").read_text()
    assert '<meta http-equiv="refresh" content="1">' in page
    assert folder.summary()["chains"]["local"]["n_samples"] == 10
    assert not (runs / "stopped" / "summary.json").exists()


def test_reports_of_no_run_are_refused(tmp_path):
    with pytest.raises(RunFolderError, match="not a run folder"):
        watch(tmp_path, None, 1.0, StopSignals(), quiet=True)


def test_shell_completion():
    done = subprocess.run(
        [sys.executable, "-m", "latflow"],
        env={**os.environ, "_LATFLOW_COMPLETE": "complete_bash", "COMP_WORDS": "latflow ex",
             "COMP_CWORD": "1"},
        capture_output=True, text=True,
    )  # fmt: skip
    assert {"export", "extend"} == set(done.stdout.split())
