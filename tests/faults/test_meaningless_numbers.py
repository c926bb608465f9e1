"""Where nothing is known, nothing is printed: no value, no pull, no verdict from what failed."""

import json
import re

import pytest

from latflow.analysis import effective_sample_size
from latflow.runs import RunFolder

from .configurations import CHAIN, FLOW, THEORY


def summary_of(latflow, tmp_path, text, steps=("train", "sample")):
    (tmp_path / "it.toml").write_text(text, "utf-8")
    target = ("it.toml", "--out", "it")
    for step in steps:
        ended = latflow(step, *target, "-q")
        assert ended.code == 0, ended.err
        target = ("it",)
    printed = latflow("measure", "it").out
    return json.loads((tmp_path / "it" / "summary.json").read_text("utf-8")), printed


def hmc(more, chain=CHAIN):
    return f'{THEORY}\n[[chains]]\nname = "hmc"\nkernel = "hmc"\n{more}\n{chain}'


STUCK = hmc("trajectory = 1000.0\nsteps = 1")


def test_a_chain_that_never_moved_has_no_errors(latflow, tmp_path):
    """Every proposal of such a long step is refused."""
    summary, printed = summary_of(latflow, tmp_path, STUCK, steps=("sample",))
    chain = summary["chains"]["hmc"]
    assert chain["acceptance"] == 0
    for name, entry in chain["observables"].items():
        assert entry["error"] is None, name
        assert entry["tau_int"] is None and entry["tau_int_error"] is None, name
        assert entry.get("pull") is None, name
    assert not re.search(r"\(0\)", printed.replace("0(0)", "").replace("1(0)", ""))
    assert any("accepted" in warning for warning in chain["warnings"])


def test_a_chain_that_never_moved_costs_nothing_and_proves_nothing(latflow, tmp_path):
    summary, _ = summary_of(latflow, tmp_path, STUCK, steps=("sample",))
    assert summary["chains"]["hmc"]["seconds_per_independent_sample"] is None
    for name, entry in summary["reference"].items():
        assert entry["pull"] is None, name


def test_a_chain_that_never_moved_enters_no_break_even(latflow, tmp_path):
    block = STUCK.partition("[[chains]]")[2]
    flow = f'\n[[chains]]\nname = "flow"\nkernel = "independence"\n{CHAIN}'
    text = f"{THEORY}\n[model]\n{FLOW}{flow}\n[[chains]]{block}"
    summary, printed = summary_of(latflow, tmp_path, text)
    assert summary["break_even"] is None
    assert "break-even" not in printed


def test_a_chain_in_which_some_never_moved(latflow, tmp_path):
    """Frozen each at its own value: no autocorrelation time with an error of zero."""
    chain = CHAIN.replace("n_chains = 2", "n_chains = 8").replace("warm_up = 10", "warm_up = 0")
    text = hmc("trajectory = 1000.0\nsteps = 1", chain)
    summary, _ = summary_of(latflow, tmp_path, text, steps=("sample",))
    for name, entry in summary["chains"]["hmc"]["observables"].items():
        assert entry["tau_int"] is None or entry["tau_int_error"] > 0, name


# Deep in the broken phase, a model without the symmetry sees one of the two signs.
BROKEN = """
seed = 3

[theory]
kind = "phi4"
convention = "aks"
shape = [4, 4]
m2 = -6.0
lam = 1.0

[model]

[[model.flow]]
kind = "affine-coupling"
equivariance = "none"
layers = 4
net = { hidden = [8] }

[training]
steps = 1000
batch = 64
micro_batch = 64
warm_up = 10
learning_rate = 0.01
evaluation_samples = 4096
"""


@pytest.fixture(scope="module")
def collapsed(server, tmp_path_factory):
    """A model that draws one sign only, without and with chains."""
    folder = tmp_path_factory.mktemp("collapsed")
    flow = f'\n[[chains]]\nname = "flow"\nkernel = "independence"\n{CHAIN}'
    (folder / "it.toml").write_text(BROKEN + flow, "utf-8")
    assert server.run("train", "it.toml", "--out", "it", "-q", cwd=folder).check().code == 0
    bare = server.run("measure", "it", cwd=folder).check().out
    without = json.loads((folder / "it" / "summary.json").read_text("utf-8"))
    assert server.run("resume", "it", "-q", cwd=folder).check().code == 0
    full = json.loads((folder / "it" / "summary.json").read_text("utf-8"))
    report = (folder / "it" / "report.html").read_text("utf-8")
    weights = RunFolder(folder / "it").evaluation()["log_weight"]
    return without, bare, full, report, effective_sample_size(weights).value


def test_a_model_of_one_sign_is_noticed_without_chains(collapsed):
    without, printed, _, _, ess = collapsed
    assert ess > 0.9, "the example has to look good"
    assert without["training"]["ess"] is None
    assert "warning" in printed
    assert "sign" in printed or "symmetr" in printed


def test_a_model_of_one_sign_has_no_log_z(collapsed):
    without, printed, full, _, _ = collapsed
    for summary in (without, full):
        assert (summary.get("log_z") or {"value": None})["value"] is None
    assert not re.search(r"log Z = \S*\d", printed)


def test_a_model_of_one_sign_gets_no_verdict(collapsed):
    _, _, full, report, ess = collapsed
    assert full["break_even"] is None
    assert "close to the target" not in report
    assert "pays off" not in report
    assert f"{ess:.4f}(" not in report and "ESS =" not in report


# Splines are bounded and survive such a rate: exponentials are not.
DIVERGING = f"""{THEORY}
[model]

[[model.flow]]
kind = "affine-coupling"
layers = 2
net = {{ hidden = [2] }}

[training]
steps = 100
batch = 16
micro_batch = 16
warm_up = 1
learning_rate = 10.0
gradient_clip = 1e9
chunk = 10
checkpoint_every = 10
evaluation_samples = 64
"""


@pytest.fixture(scope="module")
def diverged(server, tmp_path_factory):
    """A training that breaks down."""
    folder = tmp_path_factory.mktemp("diverged")
    (folder / "it.toml").write_text(DIVERGING, "utf-8")
    return folder / "it", server.run("train", "it.toml", "--out", "it", "-q", cwd=folder).check()


def losses_in(folder):
    """Loss of every step, ``None`` where it or its gradient was not finite."""
    lines = (folder / "training" / "metrics.jsonl").read_text("utf-8").splitlines()
    entries = [json.loads(line) for line in lines]
    return [None if e["gradient_norm"] is None else e["loss"] for e in entries]


def test_training_stops_where_it_diverged(diverged):
    folder, ended = diverged
    assert ended.code in (1, 2), "exit code 0 although the loss is not a number"
    losses = losses_in(folder)
    assert losses[-1] is None and None not in losses[:-1]
    assert f"step {len(losses)}" in ended.err


def test_divergence_is_told_with_step_and_remedy(diverged):
    _, ended = diverged
    assert re.search(r"step \d+", ended.err)
    assert "learning_rate" in ended.err


def test_the_last_good_checkpoint_is_kept(diverged):
    folder, _ = diverged
    checkpoints = sorted((folder / "training").glob("checkpoint-*"))
    steps = int(re.search(r"\d+", checkpoints[-1].name)[0])
    losses = losses_in(folder)
    assert all(loss is not None and loss == loss for loss in losses[:steps])


@pytest.mark.slow
def test_a_loss_below_its_bound_is_told(server, tmp_path_factory):
    """Where forward and inverse disagree, the reverse divergence may seem to undercut -log Z."""
    folder = tmp_path_factory.mktemp("bound")
    text = DIVERGING.replace("learning_rate = 10.0", "learning_rate = 0.5")
    text = text.replace("affine-coupling", "spline-coupling")
    (folder / "it.toml").write_text(text, "utf-8")
    ended = server.run("train", "it.toml", "--out", "it", cwd=folder).check()
    # The bound of this small lattice is known to lie above -50.
    lowest = min((loss for loss in losses_in(folder / "it") if loss is not None), default=0)
    assert lowest > -50 or ended.code in (1, 2) or "warning" in ended.said, lowest


def test_a_run_that_diverged_stays_one(server, diverged):
    """Resuming comes to the same end, and nothing is evaluated or sampled."""
    folder, _ = diverged
    before = losses_in(folder)
    ended = server.run("resume", folder, "-q", cwd=folder.parent).check()
    assert ended.code == 2
    assert "learning_rate" in ended.err
    assert losses_in(folder) == before
    assert not (folder / "training" / "evaluation.h5").exists()
