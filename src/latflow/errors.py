"""The errors that latflow raises on purpose: each says what is wrong and what to do about it."""

import unicodedata
from pathlib import Path

_LONGEST_MESSAGE = 1500
_LONGEST_KEY = 200
_LONGEST_VALUE = 80
# Control characters, what turns the direction of writing, halves of characters, line separators.
_NOT_PRINTED = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def one_line(text: str, longest: int = _LONGEST_MESSAGE) -> str:
    """A text from anywhere as one line that a terminal can be shown.

    Args:
        text: any; spaces and line ends become single spaces, control characters are escaped.
        longest: characters; the middle of a longer text is left out.
    """
    # What would be cut off anyway need not be looked at letter by letter.
    text = _without_middle(text, 2 * longest)
    return _without_middle("".join(map(_printable, " ".join(text.split()))), longest)


def shown(value: object, longest: int = _LONGEST_VALUE) -> str:
    """A value of a configuration as it stands in a message: strings in quotes, not too long."""
    try:
        text = f'"{value}"' if isinstance(value, str) else str(value)
    except (ValueError, RecursionError):  # thousands of digits, or of brackets
        return f"an unprintable {type(value).__name__}"
    return one_line(text, longest)


def _printable(letter: str) -> str:
    if unicodedata.category(letter) in _NOT_PRINTED:
        return letter.encode("unicode_escape", "backslashreplace").decode("ascii")
    return letter


def _without_middle(text: str, longest: int) -> str:
    if len(text) <= longest:
        return text
    tail = (longest - 3) // 2
    return f"{text[: longest - 3 - tail]}...{text[-tail:]}"


class LatflowError(Exception):
    """Base class: a mistake that the user can mend. The CLI prints it as one line and exits 2.

    Args:
        message: what is wrong and what to do; it may quote strangers, and is made one line.
    """

    def __init__(self, message: str = ""):
        super().__init__(one_line(message))


class LatflowWarning(UserWarning):
    """Something that the user should know, though nothing is wrong; the CLI prints one line."""


class ConfigError(LatflowError):
    """A configuration value that cannot be used.

    Args:
        key: dotted path of the configuration key, such as ``theory.lam``.
        message: what is wrong and what is allowed, in one sentence.
    """

    def __init__(self, key: str, message: str):
        key, message = one_line(key, _LONGEST_KEY), one_line(message)
        super().__init__(f"{key}: {message}" if key else message)
        self.key, self.message = key, message


class PrecisionError(LatflowError):
    """Double precision was asked for while JAX's x64 mode is off."""


class DivergenceError(LatflowError):
    """Training came to numbers that are not finite."""


class FlagError(LatflowError):
    """A flag of JAX that decides numbers is set to something else than latflow needs."""


class FieldError(LatflowError):
    """A field that does not belong to the space it was given to: structure, shape or dtype."""


class RunFolderError(LatflowError):
    """A run folder, or a file in it, that is missing, in the way, or damaged."""


class DamagedFileError(RunFolderError):
    """A file of a run whose content is not what was written.

    Args:
        path: the file.
        message: what is wrong with it and what to do, in one sentence.
    """

    def __init__(self, path: Path, message: str):
        super().__init__(f"{path}: {message}")
        self.path = path


class ForeignFileError(LatflowError):
    """A file of another program that cannot be read, or an output file that cannot be written.

    Args:
        path: the file.
        message: what is wrong with it and what to do, in one sentence.
    """

    def __init__(self, path: Path, message: str):
        super().__init__(f"{path}: {message}")
        self.path = path
