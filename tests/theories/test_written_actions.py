"""The action that a report shows is the one that is sampled."""

import re

import jax
import numpy as np
import pytest

from latflow.theories import known_theories
from latflow.theories.scalar import FreeScalarSettings, Phi4Settings
from latflow.theories.scalar._conventions import PARAMETERS

NUMBERS = {"beta": 0.7, "lam": 0.3, "m2": 1.3, "zeta": 0.6, "g4": 0.4, "kappa": 0.35}
_ARRAYS = {
    "Σμ (φx+μ − φx)²": "gradient",
    "Σμ φxφx+μ": "hops",
    "φx²": "square",
    "φx⁴": "fourth",
    "½": "0.5",
}
_FACTOR = re.compile(r"[\d.]+|\w+")


def summand(text, symbols):
    """The summand as Python: names for arrays and letters, products written out."""
    for written, name in [*_ARRAYS.items(), *((letter, name) for name, letter in symbols.items())]:
        text = text.replace(written, f" {name} ")
    tokens = re.findall(r"[\d.]+|\w+|[()+−]", text)
    python = ""
    for before, token in zip(["", *tokens], tokens, strict=False):
        ends = before == ")" or _FACTOR.fullmatch(before)
        begins = token == "(" or _FACTOR.fullmatch(token)
        python += ("*" if ends and begins else "") + token.replace("−", "-")
    return python


@pytest.mark.parametrize(
    "settings",
    [
        *(
            Phi4Settings(shape=(3, 4), convention=name, **{key: NUMBERS[key] for key in keys})
            for name, keys in PARAMETERS.items()
        ),
        FreeScalarSettings(shape=(3, 4), m2=0.8, zeta=0.6),
    ],
    ids=lambda settings: getattr(settings, "convention", "free"),
)
def test_scalar_actions_give_the_numbers_of_the_theory(settings):
    text = re.sub(r"<[^>]+>", "", settings.action_html())
    inner = re.fullmatch(r"Σx \[ (.*) \]", text).group(1)
    field = np.asarray(jax.random.normal(jax.random.key(1), (3, 4), "float64"))
    ahead = [np.roll(field, -1, axis) for axis in (0, 1)]
    names = {key: value for key, value in settings.model_dump().items() if key in NUMBERS}
    names |= {
        "gradient": sum((other - field) ** 2 for other in ahead),
        "hops": sum(other * field for other in ahead),
        "square": field**2,
        "fourth": field**4,
    }
    letters = {name: letter for name, letter in settings.symbols.items() if name in names}
    found = np.sum(eval(summand(inner, letters), {}, names))
    np.testing.assert_allclose(found, settings.build().action(jax.numpy.asarray(field)), rtol=1e-12)


def test_every_theory_has_its_action_written():
    for kind in known_theories():
        for example in kind.examples:
            text = kind(**example).action_html()
            assert text.count("<sub>") == text.count("</sub>") > 0, kind
