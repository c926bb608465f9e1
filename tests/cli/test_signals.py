"""Ctrl-C and SIGTERM: the state is saved, and the run goes on as if nothing had happened."""

import signal
import subprocess
import time

import pytest

from latflow.runs import RunFolder, run

from .commands import LATFLOW, TINY

DEADLINE = 120.0


def start(*arguments, cwd):
    return subprocess.Popen(
        [*LATFLOW, *map(str, arguments)],
        cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def wait_for(path, process):
    begin = time.monotonic()
    while not path.exists():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() - begin < DEADLINE
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("number", "code", "when"),
    [
        (signal.SIGINT, 130, "training/metrics.jsonl"),
        (signal.SIGTERM, 143, "chains/hmc/warm-up.h5"),
    ],
)
def test_stopped_from_outside(tmp_path, number, code, when, finished):
    process = start("run", TINY, "--out", "run", cwd=tmp_path)
    wait_for(tmp_path / "run" / when, process)
    process.send_signal(number)
    _, error = process.communicate(timeout=DEADLINE)
    assert process.returncode == code, error
    assert "latflow resume run" in error.splitlines()[-1]
    assert "Traceback" not in error
    folder = RunFolder(tmp_path / "run")
    assert folder.provenance()["sessions"][-1]["outcome"] == "interrupted"
    summary = run(folder)
    assert summary["log_z"] == finished["log_z"]
    for name in ("flow", "hmc"):
        assert summary["chains"][name]["observables"] == finished["chains"][name]["observables"]


def test_a_second_signal_stops_at_once(tmp_path):
    code = (
        "import time; from latflow.cli._signals import StopSignals\n"
        "with StopSignals() as signals:\n"
        "    print('ready', flush=True)\n"
        "    while not signals.requested(): time.sleep(0.01)\n"
        "    print('asked', flush=True)\n"
        "    time.sleep(60)\n"
    )
    process = subprocess.Popen(
        [LATFLOW[0], "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGINT)
    assert process.stdout.readline() == "asked\n"
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=10)
    assert process.returncode == -signal.SIGINT
