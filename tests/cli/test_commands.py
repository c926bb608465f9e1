"""What the commands do and print."""

import json
import re
import subprocess
import tomllib

import pytest

from latflow.cli.process import cache_folder, usable_cores
from latflow.runs import RunFolder, config_from, load_config, preset_names

from .commands import LATFLOW, TINY, bare_environment

COMMANDS = (
    "run", "resume", "train", "sample", "measure", "report", "presets", "init", "validate", "scan",
)  # fmt: skip


@pytest.mark.parametrize("command", [None, *COMMANDS])
def test_help_shows_an_example(latflow, command):
    result = latflow(*([command] if command else []), "--help")
    assert result.code == 0
    assert f"Example: latflow {command or 'run'}" in result.out


def test_no_command_at_all_shows_the_help(latflow):
    result = latflow()
    assert result.code == 0
    assert "Usage: latflow" in result.out


def test_help_and_version_do_not_wake_jax():
    code = (
        "import sys; from latflow.cli._errors import run_command; "
        "assert run_command(['run', '--help']) == 0; assert run_command(['--version']) == 0; "
        "sys.exit('jax' in sys.modules)"
    )
    done = subprocess.run([LATFLOW[0], "-c", code], capture_output=True, text=True, check=True)
    assert re.search(r"latflow \d+\.\d+\.\d+", done.stdout)


def test_presets_and_init_and_validate(latflow, tmp_path):
    listed = latflow("presets").out.splitlines()
    assert [line.split()[0] for line in listed] == list(preset_names())
    (tmp_path / "my.toml").write_text(latflow("init", "aks-E2").out)
    assert config_from(tomllib.loads((tmp_path / "my.toml").read_text())) == load_config("aks-E2")
    valid = latflow("validate", "my.toml", "--set", "seed=5")
    assert valid.code == 0
    assert "phi4 on 8 x 8" in valid.out
    assert list(tmp_path.iterdir()) == [tmp_path / "my.toml"]


def test_run_prints_a_table_and_json_prints_only_the_summary(latflow, tmp_path):
    result = latflow("run", TINY, "--out", "one", "--set", "training.steps=10")
    assert result.code == 0, result.err
    assert re.search(r"^observable +flow +tau_int +pull +hmc", result.out)
    for words in ("chi2", "ESS = ", "log Z = ", "break-even: ", "report: one/report.html"):
        assert words in result.out
    assert re.search(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ training: 0 of 10", result.err)
    assert (tmp_path / "one" / "report.html").stat().st_size > 1000
    written = (tmp_path / "one" / "report.html").stat().st_mtime_ns
    again = latflow("resume", "one", "--json")
    assert (tmp_path / "one" / "report.html").stat().st_mtime_ns == written
    assert again.err == ""
    assert json.loads(again.out) == RunFolder("one").summary()
    assert json.loads(again.out)["training"]["steps"] == 10
    assert json.loads(latflow("measure", "one", "--json").out)["seed"] == 3
    assert latflow("measure", "one", "--quiet").out == ""


def test_the_table_has_a_line_per_stage_of_training(latflow, tmp_path):
    stage = "training.stages=[{ shape = [2, 2], steps = 10, couplings = { beta = 0.3 } }]"
    result = latflow("train", TINY, "--out", "one", "--set", stage, "--set", "training.steps=10")
    assert result.code == 0, result.err
    out = latflow("measure", "one").out
    assert re.search(r"^stage 2 x 2, beta = 0\.3: 10 steps in .* s, ESS = .*, Var", out, re.M)
    assert re.search(r"^training: 10 steps in", out, re.M)


def test_the_steps_one_by_one(latflow):
    changes = ("--set", "training.steps=10", "--set", "chains.flow.n_samples=20")
    assert latflow("train", TINY, "--out", "run", "--seed", "5", *changes).code == 0
    folder = RunFolder("run")
    assert folder.config().seed == 5
    assert folder.chain_names() == ()
    assert latflow("sample", "run", "--chain", "flow").code == 0
    assert folder.chain_names() == ("flow",)
    assert "flow" in latflow("measure", "run").out
    unknown = latflow("sample", "run", "--chain", "nobody")
    assert unknown.code == 2
    assert "nobody" in unknown.err
    report = latflow("report", "run")
    assert report.out == "missing  chain hmc, samples: 0 of 60\nreport: run/report.html\n"


def test_sampling_waits_for_training(latflow, tmp_path, tiny_config):
    RunFolder.create(tmp_path / "run", tiny_config)
    result = latflow("sample", "run")
    assert result.code == 2
    assert "`latflow train run` finishes it" in result.err


def test_a_run_without_out_gets_a_place_of_its_own(latflow, tmp_path):
    alone = ("--set", "chains.hmc.n_samples=4", "--set", "chains.hmc.n_chains=2")
    config = tmp_path / "mine.toml"
    config.write_text(
        '[theory]\nkind = "free"\nshape = [4]\nm2 = 1.0\n'
        '[[chains]]\nname = "hmc"\nkernel = "hmc"\nwarm_up = 0\n'
    )
    result = latflow("run", "mine.toml", "--quiet", *alone)
    assert (result.code, result.out, result.err) == (0, "", "")
    (folder,) = (tmp_path / "runs").iterdir()
    assert re.fullmatch(r"mine-\d{8}T\d{6}Z", folder.name)


def test_the_cache_is_in_the_users_cache_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder().is_relative_to(tmp_path / "latflow")
    assert usable_cores() >= 1


def test_the_users_own_settings_are_respected(tmp_path):
    code = (
        "import os; from latflow.cli.process import wake_jax; wake_jax(); import jax; "
        "print(jax.device_count(), jax.config.jax_enable_x64, os.environ['XLA_FLAGS'], "
        "jax.config.jax_compilation_cache_dir)"
    )
    fusions = "--xla_cpu_experimental_ynn_fusion_type"
    flags = f"--xla_force_host_platform_device_count=3 {fusions}="
    environment = bare_environment(XLA_FLAGS=flags, JAX_COMPILATION_CACHE_DIR=str(tmp_path))
    done = subprocess.run(
        [LATFLOW[0], "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["3", "True", *flags.split(), str(tmp_path)]
    own = "--xla_cpu_enable_fast_math=false"
    environment = bare_environment(XLA_FLAGS=own, XDG_CACHE_HOME=str(tmp_path))
    done = subprocess.run(
        [LATFLOW[0], "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    count, x64, first, second, third, cache = done.stdout.split()
    assert (count, x64) == (str(usable_cores()), "True")
    assert (first, second) == (own, f"{fusions}=LIBRARY_FUSION_TYPE_INDIVIDUAL_DOT")
    assert third.endswith(f"device_count={usable_cores()}")
    assert cache.startswith(str(tmp_path))
