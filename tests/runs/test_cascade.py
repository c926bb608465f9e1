"""Cascades: a run whose prior is the theory of another run, sampled by that run's flow HMC."""

import shutil

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from latflow.errors import ConfigError, RunFolderError
from latflow.fields import RealScalar
from latflow.lattice import Lattice
from latflow.priors import IndependentCopies, IndependentNormal
from latflow.pullback import Pullback
from latflow.runs import (
    Interrupted,
    RunFolder,
    build_model,
    build_theory,
    check_buildable,
    config_from,
    run,
    train,
    trained_model,
    training_progress,
)
from latflow.runs.pools import composed_model, flow_kernel, moving_model, prior_chains
from latflow.sublattices import interleave, sublattices
from latflow.theories import Phi4

from .test_resume import assert_same_run, run_in_pieces

BETAS = {2: 0.3, 4: 0.4, 8: 0.5}
FLOW_HMC = {
    "kernel": "flow-hmc", "trajectory": 0.8, "steps": 3, "n_chains": 4, "n_samples": 20,
    "warm_up": 10, "segment": 10, "configurations_every": 10,
}  # fmt: skip
TRAINING = {
    "steps": 8, "batch": 16, "micro_batch": 8, "warm_up": 2, "chunk": 3, "checkpoint_every": 3,
    "evaluation_samples": 64,
}  # fmt: skip
NET = {"kind": "single-convolution"}
FLOW = [{"kind": "affine-coupling", "layers": 2, "net": NET}, {"kind": "rescale"}]
BOTH = (
    {"name": "prior", **FLOW_HMC},
    {"name": "coarsest", **FLOW_HMC, "variables": "coarsest", "start": "prior"},
)


def couplings(extent):
    return {"kind": "phi4", "beta": BETAS[extent], "lam": 0.5}


def raw(extent, below=None, chains=BOTH, prior=None, training=None, flow=FLOW):
    model = {"flow": list(flow)}
    if below is not None:
        model["prior"] = {
            "kind": "interleaved", "theory": couplings(extent // 2), "kernel": "flow-hmc",
            "run": str(below), "chains": 8, "pool": 32, "warm_up": 40, **(prior or {}),
        }  # fmt: skip
    return {
        "seed": 3,
        "theory": {**couplings(extent), "shape": [extent, extent]},
        "model": model,
        "training": {**TRAINING, **(training or {})},
        "chains": list(chains),
    }


def config_of(*arguments, **options):
    return config_from(raw(*arguments, **options))


@pytest.fixture(scope="module")
def coarsest(tmp_path_factory):
    """2 x 2, from normal numbers; not to be changed."""
    block = {"name": "flow", **FLOW_HMC, "precision": "single"}
    config = config_of(2, chains=[block])
    folder = RunFolder.create(tmp_path_factory.mktemp("cascade") / "2", config)
    train(folder)
    return folder


@pytest.fixture(scope="module")
def finer(coarsest, tmp_path_factory):
    """4 x 4, from four fields of the coarsest run; not to be changed."""
    config = config_of(4, coarsest.path)
    check_buildable(config)
    folder = RunFolder.create(tmp_path_factory.mktemp("cascade") / "4", config)
    run(folder)
    return folder


@pytest.fixture(scope="module")
def finest(coarsest, finer, tmp_path_factory):
    """8 x 8: a run whose prior's chains move the coarsest variables, too; only a configuration."""
    shutil.copytree(finer.path, path := tmp_path_factory.mktemp("cascade") / "4")
    text = (path / "config.toml").read_text("utf-8")
    first, second = 'variables = "prior"', 'variables = "coarsest"'
    (path / "config.toml").write_text(text.replace(first, second), "utf-8")
    config = config_of(8, path)
    check_buildable(config)
    return config


@pytest.mark.slow
def test_the_prior_is_sampled_with_the_flow_of_the_run_behind_it(coarsest, finer):
    """As the block of that run says, but in single precision."""
    config = finer.config()
    theory = build_theory(coarsest.config())
    kernel = flow_kernel(config, theory, trained_model)
    model = trained_model(coarsest)
    assert (kernel.hmc.steps, kernel.hmc.precision) == (3, "single")
    assert float(kernel.hmc.step_size) == pytest.approx(0.8 / 3)
    assert eqx.tree_equal(kernel.latent_theory, Pullback(theory, model.cast("double").flow))
    about = finer.summary()["training"]["prior"]
    assert about["run"] == coarsest.path.name
    assert about["thin"] >= 2 * about["tau_int"] > 0


@pytest.mark.slow
def test_pools_compile_nothing_anew(coarsest, monkeypatch):
    """What is traced for the first two pools of training does for all that follow."""
    # Chains and a pool that no other test has: nothing is compiled yet.
    config = config_of(4, coarsest.path, prior={"chains": 4, "pool": 12})
    model = build_model(config)
    chains = prior_chains(config, model.prior, 12, "training", trained_model)
    traced, counts = [], []
    original = Pullback.force

    def counted(self, field):
        traced.append(field)
        return original(self, field)

    monkeypatch.setattr(Pullback, "force", counted)
    prior = model.prior
    for number in range(4):
        prior = chains.renewed(prior, "training", number)
        counts.append(len(traced))
    assert 0 < counts[0] == counts[1] == counts[2] == counts[3]


@pytest.mark.slow
def test_what_is_composed_is_the_flows_one_after_the_other(coarsest, finer):
    """Two levels by hand: the coarser flow on four sublattices, then the finer flow."""
    config = finer.config()
    model, below = trained_model(finer).cast("double"), trained_model(coarsest).cast("double")
    moving = moving_model(config, config.chain("coarsest"), trained_model(finer), trained_model)
    composed = moving.cast("double")
    z = jnp.asarray(np.random.default_rng(1).normal(size=(4, 4)))
    made = [below.flow.forward(part) for part in sublattices(z)]
    between = interleave(jnp.stack([field for field, _ in made]))
    expected, log_det = model.flow.forward(between)
    field, total = composed.flow.forward(z)
    np.testing.assert_allclose(field, expected, rtol=1e-12)
    assert float(total) == pytest.approx(float(log_det) + sum(float(d) for _, d in made), rel=1e-12)
    assert np.abs(field - z).max() > 1e-3
    assert eqx.tree_equal(
        composed.prior, IndependentCopies(IndependentNormal(RealScalar(Lattice((2, 2)))))
    )
    assert moving_model(config, config.chain("prior"), model, trained_model) is model


@pytest.mark.slow
def test_three_levels_are_composed_all_the_way_down(coarsest, finer, finest):
    """And the chains of the finest prior move the coarsest variables, as its run's block says."""
    kernel = flow_kernel(finest, build_theory(finer.config()), trained_model)
    once = IndependentCopies(IndependentNormal(RealScalar(Lattice((2, 2)))))
    assert eqx.tree_equal(kernel.prior, once)
    composed = composed_model(finest, build_model(finest), trained_model).cast("double")
    assert eqx.tree_equal(composed.prior, IndependentCopies(once))
    z = composed.prior.sample(jax.random.key(0), jnp.float64)
    expected = -0.5 * np.sum(np.square(z)) - 32 * np.log(2 * np.pi)
    assert float(composed.prior.log_prob(z)) == pytest.approx(float(expected), rel=1e-12)
    middle = kernel.latent_theory.flow
    parts = [middle.forward(part)[0] for part in sublattices(z)]
    field = build_model(finest).cast("double").flow.forward(interleave(jnp.stack(parts)))[0]
    np.testing.assert_allclose(composed.flow.forward(z)[0], field, rtol=1e-10, atol=1e-12)


def test_an_ensemble_is_composed_without_sublattices(coarsest):
    content = raw(4, coarsest.path, prior={"kind": "ensemble", "theory": couplings(2)})
    content["theory"]["shape"] = [2, 2]
    config = config_from(content)
    check_buildable(config)
    composed = composed_model(config, build_model(config), trained_model)
    assert eqx.tree_equal(composed.prior, IndependentNormal(RealScalar(Lattice((2, 2)))))
    z = jnp.asarray(np.random.default_rng(1).normal(size=(2, 2)), jnp.float32)
    between = trained_model(coarsest).flow.forward(z)[0]
    expected = build_model(config).flow.forward(between)[0]
    np.testing.assert_allclose(composed.flow.forward(z)[0], expected, rtol=1e-6)


@pytest.mark.slow
def test_a_run_in_pieces_is_the_run_in_one_piece(coarsest, finer, tmp_path):
    """To the last bit: training with pools from flow HMC, and chains of both variables."""
    assert {chain.variables for chain in finer.config().chains} == {"prior", "coarsest"}
    pieces = RunFolder.create(tmp_path / "pieces", finer.config())
    run_in_pieces(pieces, [2, 3, 9, 12])
    assert_same_run(finer, pieces)
    one, other = (finer.chain(name).measurements["m"] for name in ("prior", "coarsest"))
    assert not np.array_equal(one, other)


@pytest.mark.slow
def test_seconds_contain_those_of_the_runs_below(coarsest, finer, tmp_path):
    below = training_progress(coarsest)[1]
    assert below > 0
    fresh = RunFolder.create(tmp_path / "fresh", finer.config())
    assert training_progress(fresh)[1] == below
    spent = training_progress(finer)[1]
    assert finer.summary()["training"]["seconds"] == spent > below
    # The initial model's seconds contain those of the run that is behind both priors.
    content = raw(4, coarsest.path)
    content["model"]["initial"] = str(finer.path)
    again = RunFolder.create(tmp_path / "again", config_from(content))
    assert training_progress(again)[1] == spent


def test_a_model_trained_again_is_not_mixed_in(coarsest, tmp_path):
    shutil.copytree(coarsest.path, tmp_path / "2")
    folder = RunFolder.create(tmp_path / "4", config_of(4, tmp_path / "2"))
    with pytest.raises(Interrupted):
        train(folder, should_stop=lambda: True)
    training_progress(folder)
    shutil.rmtree(tmp_path / "2")
    other = config_of(2, chains=coarsest.config().model_dump()["chains"], training={"steps": 9})
    train(RunFolder.create(tmp_path / "2", other))
    with pytest.raises(RunFolderError, match=r"another .*model\.prior\.run"):
        training_progress(folder)


def test_in_a_stage_on_a_smaller_lattice_the_flow_is_moved(coarsest):
    config = config_of(4, coarsest.path, training={"stages": [{"shape": [4, 8]}]})
    check_buildable(config)
    theory = Phi4.hopping(Lattice((2, 4)), beta=BETAS[2], lam=0.5)
    kernel = flow_kernel(config, theory, trained_model)
    assert eqx.tree_equal(kernel.prior, IndependentNormal(RealScalar(Lattice((2, 4)))))
    moved = trained_model(coarsest).flow.moved_to(Lattice((2, 4)))
    z = np.random.default_rng(1).normal(size=(2, 4))
    np.testing.assert_allclose(
        kernel.latent_theory.flow.forward(jnp.asarray(z))[0],
        moved.forward(jnp.asarray(z, jnp.float32))[0],
        rtol=1e-5,
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"run": None}, r'kernel = "flow-hmc" needs run'),
        ({"kernel": "hmc"}, r'run goes with kernel = "flow-hmc", got "hmc"'),
    ],
)
def test_kernel_and_run_belong_together(coarsest, change, words):
    content = raw(4, coarsest.path, prior=change)
    content["model"]["prior"] = {k: v for k, v in content["model"]["prior"].items() if v}
    with pytest.raises(ConfigError, match=words) as error:
        config_from(content)
    assert error.value.key.startswith("model.prior")
    assert "\n" not in str(error.value)


def unfinished(folder, tmp_path):
    """A copy of a run that has not been trained."""
    return RunFolder.create(tmp_path / "unfinished", folder.config()).path


def without_flow_hmc(folder, tmp_path):
    """A copy of a run with another kernel."""
    shutil.copytree(folder.path, path := tmp_path / "without")
    text = (path / "config.toml").read_text("utf-8")
    text = text.replace('kernel = "flow-hmc"', 'kernel = "hmc"').replace('variables = "prior"', "")
    (path / "config.toml").write_text(text, "utf-8")
    return path


def without_model(folder, tmp_path):
    """A run that only samples."""
    content = raw(2, chains=[{"name": "hmc", "kernel": "hmc"}])
    del content["model"], content["training"]
    return RunFolder.create(tmp_path / "sampling", config_from(content)).path


@pytest.mark.parametrize(
    ("source", "prior", "words"),
    [
        (lambda folder, tmp_path: "nowhere", {}, "not a run folder"),
        (unfinished, {}, r"0 of 8 training steps; `latflow train"),
        (without_model, {}, r"has no model"),
        (without_flow_hmc, {}, r'no \[\[chains\]\] with kernel = "flow-hmc"'),
        (lambda folder, _: folder.path, {"theory": couplings(4)}, r"another theory.*\[2, 2\]"),
        (lambda folder, _: folder.path, {"kind": "ensemble"}, r"another theory.*\[4, 4\]"),
    ],
)
def test_what_is_wrong_with_the_run_is_said_before_any_work(
    coarsest, tmp_path, source, prior, words
):
    config = config_of(4, source(coarsest, tmp_path), prior=prior)
    with pytest.raises(ConfigError, match=words) as error:
        check_buildable(config)
    assert error.value.key == "model.prior.run"
    assert "\n" not in str(error.value)


def test_there_must_be_something_coarser():
    with pytest.raises(ConfigError, match=r'"coarsest".*model\.prior\.run.*"prior"') as error:
        check_buildable(config_of(2))
    assert error.value.key == "chains.coarsest.variables"


def test_chains_of_before_the_cascade_can_go_on():
    """A digest without a word about variables is that of chains that move the prior's."""
    first, second = config_of(2), config_of(2, chains=[{"name": "prior", **FLOW_HMC}])
    assert first.chain_digest("prior") == second.chain_digest("prior")
    moved = config_of(2, chains=[{"name": "prior", **FLOW_HMC, "variables": "coarsest"}])
    assert moved.chain_digest("prior") != second.chain_digest("prior")
