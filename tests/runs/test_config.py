"""Configurations: what is accepted, what is refused, and in which words."""

import tomllib

import equinox as eqx
import jax
import pytest

from latflow.errors import ConfigError
from latflow.runs import (
    apply_overrides,
    build_model,
    check_buildable,
    commented_config,
    config_from,
    load_config,
    parse_value,
    preset_names,
    to_toml,
)


@pytest.mark.parametrize("name", preset_names())
def test_preset_is_valid_and_survives_being_written_out(name):
    config = load_config(name)
    assert config_from(tomllib.loads(to_toml(config.resolved()))) == config


def test_the_issues_presets_are_there():
    expected = {"quickstart", "free-8x8", "aks-tutorial"}
    expected |= {f"aks-E{n}" for n in range(1, 6)}
    expected |= {f"hopping-L{n}" for n in (6, 8, 12, 16, 20)}
    assert expected <= set(preset_names())
    assert preset_names()[0] == "quickstart"


@pytest.mark.parametrize("name", ["psd-8x8", "psd-64x64"])
def test_the_papers_architecture_has_about_3400_parameters(name):
    config = load_config(name)
    model = eqx.filter_eval_shape(lambda: build_model(config))
    arrays = [leaf for leaf in jax.tree.leaves(model) if hasattr(leaf, "size")]
    assert sum(leaf.size for leaf in arrays) == 3361


def test_the_large_preset_grows_to_its_lattice():
    config = load_config("psd-64x64")
    extents = [stage.shape[0] for stage in config.training.stages]
    assert extents == sorted(extents) and extents[-1] < config.theory.shape[0] == 64


def test_commented_config_means_the_same_as_the_preset():
    assert config_from(tomllib.loads(commented_config("quickstart"))) == load_config("quickstart")


def test_missing_kinds_of_blocks_with_a_default_are_filled_in(tiny_config):
    assert tiny_config.model.prior.kind == "normal"
    assert tiny_config.model.flow[0].net.kind == "convolution"


def test_sampling_alone_needs_no_model():
    raw = {
        "theory": {"kind": "free", "shape": [3, 4], "m2": 1.0},
        "chains": [{"name": "hmc", "kernel": "hmc"}],
    }
    config = config_from(raw)
    assert config.model is None and config.training is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3),
        ("1e-3", 1e-3),
        ("true", True),
        ("[8, 8]", [8, 8]),
        ('"a b"', "a b"),
        ("path-gradient", "path-gradient"),
        ("{ kind = 'normal' }", {"kind": "normal"}),
    ],
)
def test_values_on_the_command_line(text, value):
    assert parse_value("key", text) == value


def test_overrides_find_elements_by_index_and_name_and_leave_the_original():
    raw = {"chains": [{"name": "a", "n": 1}, {"name": "b", "n": 1}]}
    changed = apply_overrides(raw, ["chains.b.n=2", "chains.0.n=3", "training.steps=4"])
    assert changed == {
        "chains": [{"name": "a", "n": 3}, {"name": "b", "n": 2}],
        "training": {"steps": 4},
    }
    assert raw["chains"][1]["n"] == 1


REFUSED = [
    ("theory.lamb=3", "theory.lamb", "did you mean lam?"),
    ("theory.lam=abc", "theory.lam", "number"),
    ('theory.lam="0.5"', "theory.lam", "number"),
    ("theory.lam=-1", "theory.lam", "unbounded below"),
    ("theory.kind=su9", "theory", '"phi4"'),
    ("theory.shape=[7, 8]", "theory.shape", "even extents"),
    ("theory.shape=[0, 8]", "theory.shape.0", "greater than or equal to 1"),
    ("theory.convention=aks", "theory.beta", "which takes m2, lam"),
    ("training.steps=0", "training.steps", "greater than or equal to 1"),
    ("training.steps=1.5", "training.steps", "integer"),
    ("training.micro_batch=100", "training", "micro_batch must divide batch"),
    ("model.flow.0.kind=x", "model.flow.0", '"affine-coupling"'),
    ("model.flow.0.net.hidden=[0]", "model.flow.0.net.hidden.0", "greater than or equal to 1"),
    ("model.flow.0.net.activation=silu", "model.flow.0.net.activation", "odd activation"),
    ("chains.hmc.kernel=magic", "chains.hmc", '"independence"'),
    ("chains.hmc.stepz=1", "chains.hmc.stepz", "did you mean steps?"),
    ("chains.flow.name=hmc", "chains", 'two blocks are called "hmc"'),
    ("chains.hmc.start=prior", "chains.hmc.start", '"hot" or "cold"'),
    ("chains.nobody.n_samples=3", "chains.nobody", "flow, hmc"),
    ("seed=-1", "seed", "greater than or equal to 0"),
    ("colour=1", "colour", "allowed: seed, theory"),
    ("theory.lam", "--set", "key.path=value"),
    ("theory.lam=1 2", "theory.lam", "valid number"),
]


@pytest.mark.parametrize(("change", "key", "words"), REFUSED)
def test_a_mistake_names_its_key_and_what_is_allowed(change, key, words):
    with pytest.raises(ConfigError) as caught:
        load_config("hopping-L8", [change])
    assert caught.value.key == key
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_models_that_are_of_use_untrained_need_no_steps():
    """Flows that do something as they start, and priors alone; not flows at the identity."""
    assert load_config("gradient-su3-4d").training.steps == 0
    assert load_config("u1-prior-64x64").training.steps == 0
    for change in ('model.flow.0.start="identity"', 'model.flow=[{kind="residual"}]'):
        with pytest.raises(ConfigError, match="do not start at the identity") as caught:
            load_config("gradient-su3-4d", [change])
        assert caught.value.key == "training.steps"


def test_what_earlier_stages_have_trained_needs_no_steps():
    assert load_config("continuous-64x64").training.steps == 0
    for stages in ("[]", "[{shape=[8, 8]}]"):
        with pytest.raises(ConfigError, match=r"training\.stages") as caught:
            load_config("continuous-64x64", [f"training.stages={stages}"])
        assert caught.value.key == "training.steps"


def _raw_without(*keys):
    raw = load_config("quickstart").resolved()
    return {key: value for key, value in raw.items() if key not in keys}


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (_raw_without("model"), "[training] needs [model]"),
        (_raw_without("training"), "[model] needs [training]"),
        (_raw_without("model", "training", "chains"), "nothing to do"),
        (_raw_without("theory"), "theory: missing"),
    ],
)
def test_parts_that_need_each_other(raw, words):
    with pytest.raises(ConfigError, match=words.replace("[", r"\[")):
        config_from(raw)


def test_independence_sampling_needs_a_model(tmp_path):
    path = tmp_path / "no-model.toml"
    path.write_text(to_toml(_raw_without("model", "training")))
    with pytest.raises(ConfigError, match=r"chains\.flow\.kernel.*needs a model"):
        load_config(path)


def test_digests_tell_what_matters():
    config = load_config("quickstart")
    longer = load_config("quickstart", ["chains.hmc.n_samples=5000"])
    other = load_config("quickstart", ["training.learning_rate=0.1"])
    steps = load_config("quickstart", ["chains.hmc.steps=11"])
    assert longer.chain_digest("hmc") == config.chain_digest("hmc")
    assert steps.chain_digest("hmc") != config.chain_digest("hmc")
    assert steps.training_digest() == config.training_digest()
    assert other.training_digest() != config.training_digest()
    assert other.chain_digest("flow") != config.chain_digest("flow")


def test_a_kernel_that_does_not_fit_names_its_chain():
    """Kernels know their own keys; where their block stands is said by the run."""
    config = config_from(
        {
            "theory": {"kind": "phi4", "convention": "hopping", "shape": [4, 4], "beta": 0.5,
                       "lam": 0.5},
            "model": {"flow": [{"kind": "rescale"}]},
            "training": {},
            "chains": [{"name": "patchwork", "kernel": "block-updating", "blocks": 5}],
        }
    )  # fmt: skip
    with pytest.raises(ConfigError, match=r"chains\.patchwork\.blocks: .* 1, 2, 4, 8 or 16"):
        check_buildable(config)
