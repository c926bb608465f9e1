"""Other letters for streams that cannot write all: tau for τ, ^2 for ²."""

import unicodedata
from itertools import groupby

_PLAIN = {
    "−": "-", "—": "-", "–": "-", "×": "x", "·": "*", "…": "...", "≥": ">=", "≤": "<=", "±": "+/-",
    "≈": "~", "≠": "!=", "→": "->", "⟨": "<", "⟩": ">", "∂": "d", "∞": "inf", "µ": "u",
    "⁄": "/",
}  # fmt: skip
_SIGNS = {"SUPERSCRIPT": "^", "SUBSCRIPT": "_"}


def writable(text: str, encoding: str) -> str:
    """The text in letters that an encoding has; what it has stays as it is."""
    if _can_write(text, encoding):
        return text
    parts = []
    for sign, letters in groupby(text, key=lambda letter: _sign_of(letter, encoding)):
        parts.append(sign + "".join(_replaced(letter, encoding) for letter in letters))
    return "".join(parts)


def _can_write(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _sign_of(letter: str, encoding: str) -> str:
    """What stands before a run of raised or lowered letters."""
    if _can_write(letter, encoding):
        return ""
    words = unicodedata.name(letter, "").split()
    return next((sign for word, sign in _SIGNS.items() if word in words), "")


def _replaced(letter: str, encoding: str) -> str:
    if _can_write(letter, encoding):
        return letter
    if letter in _PLAIN:
        return _PLAIN[letter]
    plain = "".join(_PLAIN.get(part, part) for part in unicodedata.normalize("NFKD", letter))
    name = unicodedata.name(plain[0], "")
    if name.startswith("GREEK"):
        return name.split()[-1].lower().replace("lamda", "lambda")
    return plain.encode("ascii", "ignore").decode() or "?"
