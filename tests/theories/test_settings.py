"""From a configuration block to a theory: what is built, and what is refused with which words."""

import equinox as eqx
import jax.numpy as jnp
import pytest
from pydantic import TypeAdapter, ValidationError

from latflow.errors import ConfigError
from latflow.lattice import Lattice
from latflow.theories import THEORIES, FreeScalar, FreeScalarSettings, Phi4, Phi4Settings

LATTICE = Lattice((3, 4))

SAME = [
    ({"beta": 0.6, "lam": 0.7}, Phi4.hopping(LATTICE, beta=0.6, lam=0.7)),
    (
        {"convention": "hopping", "beta": 0.6, "lam": 0.0, "shape": (4,)},
        Phi4.hopping(Lattice((4,)), beta=0.6, lam=0.0),
    ),
    (
        {"convention": "field-strength", "zeta": 0.8, "m2": -1.3, "g4": 0.4},
        Phi4.field_strength(LATTICE, zeta=0.8, m2=-1.3, g4=0.4),
    ),
    ({"convention": "aks", "m2": -4, "lam": 6}, Phi4.aks(LATTICE, m2=-4.0, lam=6.0)),
    ({"convention": "aks", "m2": 0.1, "lam": 0}, Phi4.aks(LATTICE, m2=0.1, lam=0.0)),
    ({"convention": "textbook", "m2": -1, "lam": 2}, Phi4.textbook(LATTICE, m2=-1.0, lam=2.0)),
    (
        {"convention": "kappa-lambda", "kappa": 0.3, "lam": 0.02},
        Phi4.kappa_lambda(LATTICE, kappa=0.3, lam=0.02),
    ),
]


@pytest.mark.parametrize(("block", "theory"), SAME, ids=lambda value: str(value)[:40])
def test_settings_build_the_named_constructor(block, theory):
    built = Phi4Settings(**({"shape": (3, 4)} | block)).build()
    assert eqx.tree_equal(built, theory)
    assert [c.dtype for c in (built.h, built.a, built.g)] == [jnp.float64] * 3


REFUSED = [
    ({"beta": 0.5, "lam": -0.1}, "theory.lam", "unbounded"),
    # Without a quartic term the softest mode, a = D h, must be massive.
    ({"beta": 0.6, "lam": 0.0}, "theory.lam", "unbounded"),
    ({"beta": 0.5, "lam": 0.0}, "theory.lam", "unbounded"),
    ({"convention": "aks", "m2": -4, "lam": 0}, "theory.lam", "unbounded"),
    ({"convention": "textbook", "m2": 1, "lam": -1e-9}, "theory.lam", "unbounded"),
    ({"convention": "kappa-lambda", "kappa": 0.3, "lam": -1}, "theory.lam", "unbounded"),
    (
        {"convention": "field-strength", "zeta": 1, "m2": 1, "g4": -1},
        "theory.g4",
        "unbounded",
    ),
    ({"beta": 0.5}, "theory.lam", "missing"),
    ({"lam": 0.5}, "theory.beta", "missing"),
    ({"beta": 0.5, "lam": 0.5, "m2": 1}, "theory.m2", "not a parameter"),
    ({"convention": "aks", "m2": -4, "lam": 6, "beta": 1}, "theory.beta", "not a parameter"),
    ({"convention": "aks", "lam": 6}, "theory.m2", "missing"),
    ({"convention": "field-strength", "zeta": 1, "m2": 1, "lam": 1}, "theory.lam", "not a"),
    ({"convention": "kappa-lambda", "beta": 0.3, "lam": 1}, "theory.beta", "not a"),
]


@pytest.mark.parametrize(("block", "key", "words"), REFUSED, ids=str)
def test_impossible_parameters_are_refused_by_name(block, key, words):
    with pytest.raises(ConfigError) as caught:
        Phi4Settings(shape=(3, 4), **block).build()
    assert caught.value.key == key
    assert str(caught.value).startswith(key) and words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "block",
    [
        {"shape": (3, 4), "beta": 0.5, "lam": 0.5, "colour": 1},
        {"shape": (), "beta": 0.5, "lam": 0.5},
        {"shape": (3, 0), "beta": 0.5, "lam": 0.5},
        {"shape": (3, 4), "beta": float("nan"), "lam": 0.5},
        {"shape": (3, 4), "beta": 0.5, "lam": 0.5, "convention": "hoping"},
    ],
    ids=str,
)
def test_malformed_blocks_are_refused(block):
    with pytest.raises(ValidationError):
        Phi4Settings(**block)


def test_free_field_settings():
    built = FreeScalarSettings(shape=(4, 5), m2=0.25, zeta=0.5).build()
    assert eqx.tree_equal(built, FreeScalar(Lattice((4, 5)), m2=0.25, zeta=0.5))
    for refused in ({"m2": 0.0}, {"m2": -1.0}, {"m2": 1.0, "zeta": 0.0}):
        with pytest.raises(ValidationError):
            FreeScalarSettings(shape=(4, 5), **refused)
    for key, refused in (("m2", {"m2": 0.0}), ("zeta", {"m2": 1.0, "zeta": -1.0})):
        with pytest.raises(ConfigError) as caught:
            FreeScalar(Lattice((4, 5)), **refused)
        assert caught.value.key == key


@pytest.mark.parametrize("settings", THEORIES)
def test_every_theory_can_be_told_by_its_kind(settings):
    kinds = [other.model_fields["kind"].default for other in THEORIES]
    assert kinds.count(settings.model_fields["kind"].default) == 1


@pytest.mark.parametrize(
    ("settings", "block"),
    [(Phi4Settings, {"beta": 0.5, "lam": 0.5}), (FreeScalarSettings, {"m2": 1.0})],
)
def test_blocks_become_theories(settings, block):
    theory = TypeAdapter(settings).validate_python({"shape": [2, 3]} | block).build()
    assert theory.space.lattice.shape == (2, 3)
    assert theory.action(jnp.ones((2, 3))).shape == ()
