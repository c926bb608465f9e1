"""The same numbers and no traceback, whatever surrounds the process."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from .configurations import FAMILIES
from .processes import SLOWNESS, fresh_process
from .results import numbers_in

LATFLOW = [sys.executable, "-c", "from latflow.cli import main; main()"]
slow = pytest.mark.slow


def run_hmc(tmp_path, *options, **popen):
    (tmp_path / "it.toml").write_text(FAMILIES["hmc"], "utf-8")
    return fresh_process("run", "it.toml", "--out", "it", *options, cwd=tmp_path, **popen)


ENVIRONMENTS = {
    "other random bits": {"JAX_THREEFRY_PARTITIONABLE": "0"},
    "other generator": {"JAX_DEFAULT_PRNG_IMPL": "rbg"},
    "unsafe generator": {"JAX_DEFAULT_PRNG_IMPL": "unsafe_rbg"},
    "latin-1": {"PYTHONIOENCODING": "latin-1"},
    "ascii": {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "LC_ALL": "C"},
    "no home": {"HOME": None, "XDG_CACHE_HOME": None, "JAX_COMPILATION_CACHE_DIR": None},
    "home is nowhere": {"HOME": "/nowhere", "JAX_COMPILATION_CACHE_DIR": None},
    "cache is no folder": {"JAX_COMPILATION_CACHE_DIR": "/dev/null"},
    "narrow": {"COLUMNS": "40"},
    "no columns": {"COLUMNS": "0"},
    "single precision": {"JAX_ENABLE_X64": "0"},
    "strict promotion": {"JAX_NUMPY_DTYPE_PROMOTION": "strict"},
    "low precision": {"JAX_DEFAULT_MATMUL_PRECISION": "bfloat16"},
    "no compilation": {"JAX_DISABLE_JIT": "0"},
    "one device": {"XLA_FLAGS": "--xla_force_host_platform_device_count=1"},
    "three devices": {"XLA_FLAGS": "--xla_force_host_platform_device_count=3"},
    "no colours": {"NO_COLOR": "1", "TERM": "dumb"},
    "warnings": {"PYTHONWARNINGS": "default"},
    "optimised": {"PYTHONOPTIMIZE": "2"},
    "backend": {"MPLBACKEND": "nonsense"},
}
FEW = ("other random bits", "other generator")


@pytest.mark.parametrize("what", [name if name in FEW else pytest.param(name, marks=slow)
                                  for name in ENVIRONMENTS])  # fmt: skip
def test_numbers_do_not_depend_on_the_environment(what, tmp_path, undisturbed):
    ended = run_hmc(tmp_path, environment=ENVIRONMENTS[what]).check()
    if ended.code == 0:
        assert numbers_in(tmp_path / "it") == undisturbed("hmc").numbers
    else:
        assert what == "backend", ended.said


OTHERS = ("other random bits", "other generator", "ascii")


@pytest.mark.slow
@pytest.mark.parametrize("what", ["latin-1", *OTHERS])
def test_training_does_not_depend_on_the_environment(what, tmp_path, undisturbed):
    (tmp_path / "it.toml").write_text(FAMILIES["model"], "utf-8")
    environment = ENVIRONMENTS[what]
    ended = fresh_process("run", "it.toml", "--out", "it", cwd=tmp_path, environment=environment)
    assert ended.check().code == 0, ended.err
    assert numbers_in(tmp_path / "it") == undisturbed("model").numbers


def test_a_device_that_is_not_there(tmp_path):
    ended = run_hmc(tmp_path, environment={"JAX_PLATFORMS": "cuda"}).check()
    assert ended.code == 2
    assert "JAX_PLATFORMS" in ended.err or "cuda" in ended.err


@pytest.mark.first_cases(1)
@pytest.mark.parametrize("closed", ["1", "2", "0"])
def test_closed_streams(closed, tmp_path, undisturbed):
    """Started by something that closed a standard stream (``>&-``)."""
    (tmp_path / "it.toml").write_text(FAMILIES["hmc"], "utf-8")
    shell = f'exec "$0" "$@" {closed}>&-'
    python = ["sh", "-c", shell, *LATFLOW]
    ended = fresh_process("run", "it.toml", "--out", "it", cwd=tmp_path, python=python).check()
    assert ended.code in (0, 1), ended.said
    assert numbers_in(tmp_path / "it") == undisturbed("hmc").numbers


def test_whoever_reads_has_gone(tmp_path):
    """``latflow presets | head -1`` is no error."""
    reader, writer = os.pipe()
    os.close(reader)
    ended = fresh_process("presets", cwd=tmp_path, stdout=writer)
    os.close(writer)
    assert ended.code == 0
    assert ended.err == ""


def test_a_disk_without_room_for_the_output(tmp_path):
    with open("/dev/full", "w") as full:
        ended = fresh_process("presets", cwd=tmp_path, stdout=full)
    assert ended.code in (1, 2)
    assert ended.err.startswith("latflow: error: ")
    assert ended.err.count("\n") == 1


def test_tables_are_whole_in_a_file(latflow, tmp_path):
    """Seven chains: wider than any terminal, and yet no number is cut."""
    text = FAMILIES["hmc"]
    head, _, block = text.partition("[[chains]]")
    blocks = [f"[[chains]]{block}".replace('"hmc"', f'"hmc-number-{n}"', 1) for n in range(7)]
    (tmp_path / "it.toml").write_text(head + "\n".join(blocks), "utf-8")
    assert latflow("train", "it.toml", "--out", "it", "-q").code == 0
    assert latflow("sample", "it", "-q").code == 0
    for columns in ("160", "40"):
        ended = latflow("measure", "it", COLUMNS=columns)
        assert "…" not in ended.out
        for n in range(7):
            assert f"hmc-number-{n}" in ended.out
        for name in ("schwinger_dyson", "ising_energy"):
            assert name in ended.out


def test_locks_are_not_for_every_file_system(latflow, tmp_path, undisturbed):
    """Without ``flock`` (some network file systems) the run goes on, with a warning."""
    (tmp_path / "it.toml").write_text(FAMILIES["hmc"], "utf-8")
    first = latflow("run", "it.toml", "--out", "it", fault={"kind": "no locks"})
    assert first.code == 0, first.err
    assert "lock" in first.err
    assert numbers_in(tmp_path / "it") == undisturbed("hmc").numbers


STOPS = {"SIGHUP": 129, "SIGUSR1": 138, "SIGTERM": 143, "SIGINT": 130}


@pytest.mark.first_cases(2)
@pytest.mark.parametrize("name", STOPS)
def test_a_signal_saves(name, tmp_path, latflow, heeded_hangups):
    """A closed terminal and a batch system's warning save like Ctrl-C."""
    text = FAMILIES["hmc"].replace("n_samples = 40", "n_samples = 400000")
    (tmp_path / "it.toml").write_text(text, "utf-8")
    process = subprocess.Popen(
        [*LATFLOW, "run", "it.toml", "--out", "it"], cwd=tmp_path, stderr=subprocess.PIPE, text=True
    )
    segment = tmp_path / "it" / "chains" / "hmc" / "segment-000001.h5"
    while not segment.exists() and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(getattr(signal, name))
    _, error = process.communicate(timeout=60 * SLOWNESS)
    assert process.returncode in (STOPS[name], 143, 130), error
    assert "latflow resume it" in error


def test_a_time_limit(tmp_path, latflow):
    text = FAMILIES["hmc"].replace("n_samples = 40", "n_samples = 400000")
    (tmp_path / "it.toml").write_text(text, "utf-8")
    ended = latflow("run", "it.toml", "--out", "it", "--time-limit", "5s")
    assert ended.code in (130, 143)
    assert "latflow resume it" in ended.err
    assert ended.seconds < 40 * SLOWNESS


def test_a_library_run_is_locked_and_recorded(tmp_path):
    """``run(folder)`` in a script leaves the same traces as the command."""
    (tmp_path / "it.toml").write_text(FAMILIES["hmc"], "utf-8")
    code = (
        "from latflow.runs import RunFolder, load_config, run; import jax;"
        "jax.config.update('jax_enable_x64', True);"
        "run(RunFolder.create('it', load_config('it.toml')))"
    )
    ended = fresh_process(cwd=tmp_path, python=[sys.executable, "-c", code])
    assert ended.code == 0, ended.err
    record = json.loads((tmp_path / "it" / "provenance.json").read_text("utf-8"))
    assert record["sessions"][-1]["outcome"] == "complete"


def test_a_library_run_in_single_precision_is_refused_or_the_same(tmp_path, undisturbed):
    """JAX's own default has no double precision: it must not give other numbers silently."""
    (tmp_path / "it.toml").write_text(FAMILIES["hmc"], "utf-8")
    code = (
        "from latflow.runs import RunFolder, load_config, run; import json;"
        "run(RunFolder.create('it', load_config('it.toml')))"
    )
    ended = fresh_process(cwd=tmp_path, python=[sys.executable, "-W", "ignore", "-c", code])
    if ended.code == 0:
        assert numbers_in(tmp_path / "it") == undisturbed("hmc").numbers
    else:
        assert "jax_enable_x64" in ended.err or "double precision" in ended.err
