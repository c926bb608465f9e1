"""Pools of priors that are theories, and of the target: chains, restarts, summary, refusals."""

import json
from functools import partial

import numpy as np
import pytest

from latflow.analysis import log_partition_function
from latflow.errors import ConfigError
from latflow.fields import RealScalar
from latflow.flows import Identity
from latflow.lattice import Lattice
from latflow.models import Model
from latflow.priors import EnsembleSettings, InterleavedSettings
from latflow.runs import Interrupted, RunFolder, check_buildable, config_from, run, train
from latflow.runs.pools import PoolChains, Pools, evaluate_with_chains, prior_kernel
from latflow.runs.store import checkpoint_paths
from latflow.sublattices import sublattices
from latflow.theories import FreeScalar, Phi4

from .test_resume import StopAfter, assert_same_run

FREE = {"kind": "free", "m2": 0.45, "zeta": 0.55}
BLOCK = {"kernel": "flow-hmc", "n_chains": 4, "n_samples": 20, "warm_up": 10, "segment": 10}


def config_of(kind="interleaved", prior=None, training=None, **chain):
    theory = {"kind": "phi4", "beta": 0.4, "lam": 0.5}
    small = {"theory": theory, "chains": 8, "pool": 64, "warm_up": 40}
    block = {"name": "flow", **BLOCK, "configurations_every": 10, **chain}
    return config_from(
        {
            "seed": 3,
            "theory": {"kind": "phi4", "shape": [4, 4], "beta": 0.537, "lam": 0.5},
            "model": {
                "prior": {"kind": kind, **small, **(prior or {})},
                "flow": [
                    {"kind": "affine-coupling", "layers": 2, "net": {"kind": "single-convolution"}}
                ],
            },
            "training": {
                "steps": 20, "batch": 16, "micro_batch": 8, "warm_up": 2, "chunk": 3,
                "checkpoint_every": 6, "evaluation_samples": 160, **(training or {}),
            },
            "chains": [block],
        }
    )  # fmt: skip


def chains_of(settings, lattice, batch=16):
    prior = settings.build(RealScalar(lattice))
    kernel = partial(prior_kernel, settings, prior.theory)
    chains = PoolChains(
        settings, prior.theory, prior.n_parts, batch, 1, "prior/test", kernel, "model.prior"
    )
    return prior, chains


@pytest.mark.slow
@pytest.mark.parametrize("kernel", ["cluster", "hmc"])
def test_weights_give_the_ratio_of_two_known_partition_functions(kernel):
    """L = 2: log Z by quadrature over log Z' of the free field. 4 errors, false alarm 6e-5."""
    lattice = Lattice((2, 2))
    settings = EnsembleSettings(theory=FREE, kernel=kernel, pool=8192, chains=256, warm_up=400)
    prior, chains = chains_of(settings, lattice)
    prior = chains.renewed(prior, "training", 0)
    target = Phi4.hopping(lattice, beta=0.537, lam=0.5)
    done = []
    result = evaluate_with_chains(
        Model(prior, Identity(prior.space)), target, chains, 40_000, 10, done.append
    )
    assert done == [8192, 16384, 24576, 32768, 40_000]
    assert result["fields"].shape == (10, 2, 2)
    assert result["log_weight"].shape == (40_000,)
    ratio = log_partition_function(result["log_weight"])
    free = FreeScalar(lattice, m2=0.45, zeta=0.55).log_partition_function()
    assert ratio.error < 0.01
    assert abs(ratio.value - (3.81427178 - free)) < 4 * ratio.error


def test_the_right_theory_without_a_flow_has_equal_weights():
    theory = {"kind": "phi4", "beta": 0.537, "lam": 0.5}
    settings = EnsembleSettings(theory=theory, pool=64, chains=8, warm_up=20)
    prior, chains = chains_of(settings, Lattice((4, 4)))
    prior = chains.renewed(prior, "training", 0)
    result = evaluate_with_chains(
        Model(prior, Identity(prior.space)), prior.theory, chains, 64, 0, lambda done: None
    )
    np.testing.assert_allclose(result["log_weight"], 0, atol=1e-12)
    assert "fields" not in result


def test_pools_are_new_and_depend_on_their_number_and_use_alone():
    settings = InterleavedSettings(theory=FREE, pool=16, chains=8, warm_up=20)
    prior, chains = chains_of(settings, Lattice((4, 4)))
    first = chains.renewed(prior, "training", 0)
    second = chains.renewed(first, "training", 1)
    other = chains.renewed(first, "evaluation", 1)
    _, again = chains_of(settings, Lattice((4, 4)))
    np.testing.assert_array_equal(
        again.renewed(first, "training", 1).pool.fields, second.pool.fields
    )
    parts = [sublattices(field) for p in (first, second, other) for field in p.pool.fields]
    # Of the theory's configurations, no two are the same.
    assert len(np.unique(np.reshape(parts, (-1, 4)), axis=0)) == 3 * 16 * 4


def test_a_pool_is_due_when_it_is_used_up():
    for pool, reuse, steps in ((64, 1.0, 4), (64, 2.5, 10), (8, 1.0, 1)):
        settings = EnsembleSettings(theory=FREE, pool=pool, chains=8, warm_up=20, reuse=reuse)
        _, chains = chains_of(settings, Lattice((4, 4)))
        assert chains.steps_per_pool == steps
        assert [chains.steps_left(step) for step in (0, steps - 1, steps)] == [steps, 1, steps]


@pytest.mark.parametrize(
    ("per_pool", "longest", "lengths"),
    [(32, 25, [16] * 4), (10, 25, [10] * 4), (50, 25, [25] * 4), (33, 25, [11] * 6),
     (31, 25, [16, 15] * 2), (3, 2, [2, 1] * 2), (4, 1, [1] * 4), (1, 25, [1] * 4)],
)  # fmt: skip
def test_steps_between_pools_are_equal_pieces(per_pool, longest, lengths):
    """As few programs as possible, and none goes on beyond the end of a pool."""
    settings = EnsembleSettings(theory=FREE, pool=16 * per_pool, chains=8, warm_up=20)
    _, chains = chains_of(settings, Lattice((4, 4)))
    chains = Pools(None, chains)
    step, done = 0, []
    for _ in lengths:
        done.append(chains.steps_at_once(step, longest))
        step += done[-1]
    assert done == lengths


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["ensemble", "interleaved"])
def test_a_run_in_pieces_is_the_run_in_one_piece(kind, tmp_path):
    """To the last bit, with pools that fall on checkpoints and between them."""
    whole = RunFolder.create(tmp_path / "whole", config_of(kind))
    summary = run(whole)
    pieces = RunFolder.create(tmp_path / "pieces", config_of(kind))
    for n in (2, 3, 4):
        with pytest.raises(Interrupted):
            train(pieces, should_stop=StopAfter(n))
    # A crash: the last checkpoint is lost, and the run goes on from the one before.
    checkpoint_paths(pieces.training_path)[-1].unlink()
    run(pieces)
    assert_same_run(whole, pieces)
    about = summary["training"]["prior"]
    assert about == json.loads((pieces.training_path / "prior.json").read_text("utf-8"))["content"]
    assert about["thin"] >= 2 * about["tau_int"] >= 1
    assert about["pool"] == 64 and about["reuse"] == 1
    # Two couplings of four weights for scale and shift each: the pool is no parameter.
    assert summary["training"]["parameters"] == 16
    assert "log_z" not in summary
    assert np.isfinite(summary["log_z_ratio"]["value"])


@pytest.mark.slow
def test_recycling_and_correlations_are_not_silent(tmp_path):
    config = config_of("ensemble", {"reuse": 4.0, "thin": 1}, {"steps": 4})
    folder = RunFolder.create(tmp_path / "run", config)
    about = run(folder)["training"]["prior"]
    assert about["reuse"] == 4
    assert any(text.startswith("recycled: each was used 4 times") for text in about["warnings"])
    assert (about["tau_int"] > 0.5) == any(t.startswith("correlated") for t in about["warnings"])


def test_what_cannot_work_is_refused_before_any_work():
    with pytest.raises(ConfigError, match=r'chains\.flow\.kernel: "independence".*"flow-hmc"'):
        check_buildable(config_of(kernel="independence"))
    odd = config_of().model_dump(exclude_none=True) | {
        "theory": {"kind": "phi4", "shape": (6, 6), "beta": 0.5, "lam": 0.5}
    }
    with pytest.raises(ConfigError, match=r"model\.prior\.kernel.*even"):
        check_buildable(config_from(odd))


@pytest.mark.slow
def test_stages_on_a_smaller_lattice_have_chains_of_their_own(tmp_path):
    stage = {"shape": [4, 2], "steps": 4, "evaluation_samples": 32}
    config = config_of("ensemble", training={"steps": 4, "stages": [stage]})
    folder = RunFolder.create(tmp_path / "run", config)
    train(folder)
    assert (folder.stage_path(0) / "prior.json").exists()
    assert folder.evaluation(0)["log_weight"].shape == (32,)
    assert folder.evaluation()["fields/field"].shape == (64, 4, 4)


def with_forward_kl(**changes):
    """Stages, a prior that is a theory, and a share of the forward divergence at once."""
    block = {"share": 0.4, "chains": 4, "pool": 40, "warm_up": 40, **changes}
    stages = [{"shape": [2, 2], "steps": 10, "evaluation_samples": 160}]
    return config_of("ensemble", training={"forward_kl": block, "stages": stages})


def test_configurations_of_the_target_are_renewed_and_survive_a_restart(tmp_path):
    """To the last bit, with two pools that end at different steps."""
    whole = RunFolder.create(tmp_path / "whole", with_forward_kl())
    summary = run(whole)["training"]
    pieces = RunFolder.create(tmp_path / "pieces", with_forward_kl())
    for n in (2, 6, 4):
        with pytest.raises(Interrupted):
            train(pieces, should_stop=StopAfter(n))
    run(pieces)
    assert_same_run(whole, pieces)
    about = summary["target"]
    assert about == json.loads((whole.training_path / "target.json").read_text("utf-8"))["content"]
    # A pool of 40 is good for two steps of 16, and each configuration for 0.8 of a use.
    assert (about["pool"], about["reuse"]) == (40, 0.8)
    assert summary["prior"]["pool"] == 64
    for quality in (summary, *summary["stages"]):
        assert quality["target_samples"] == 40
        assert 0 < quality["ess_from_target"] <= 1
        assert quality["jeffreys_divergence"] > -3 * quality["jeffreys_divergence_error"]


def test_it_is_the_forward_divergence_that_is_minimised(tmp_path):
    """The divergence in both directions falls, with all of the loss from configurations of p."""
    short = {"steps": 2, "learning_rate": 1e-6}
    results = []
    for name, rest in (("before", short), ("after", {"steps": 200, "learning_rate": 0.02})):
        block = {"share": 1.0, "chains": 16, "pool": 512, "warm_up": 40}
        content = config_of(training={"forward_kl": block, "chunk": 25, **rest}).resolved()
        content |= {"model": {"flow": content["model"]["flow"]}, "chains": []}
        config = config_from(content)
        results.append(run(RunFolder.create(tmp_path / name, config))["training"])
    before, after = (result["jeffreys_divergence"] for result in results)
    assert after < 0.5 * before


def test_a_kernel_that_cannot_sample_the_target_is_refused():
    """The local updates between the cluster flips go over a checkerboard."""
    content = config_of(training={"forward_kl": {}}).resolved()
    content["theory"]["shape"] = [3, 3]
    content |= {"model": {"flow": [{"kind": "rescale"}]}, "chains": []}
    with pytest.raises(ConfigError, match=r"training\.forward_kl\.kernel: .*target's theory"):
        check_buildable(config_from(content))
