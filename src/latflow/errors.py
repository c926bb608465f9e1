"""The errors that latflow raises on purpose: each says what is wrong and what to do about it."""

from pathlib import Path


class LatflowError(Exception):
    """Base class: a mistake that the user can mend. The CLI prints it as one line and exits 2."""


class LatflowWarning(UserWarning):
    """Something that the user should know, though nothing is wrong; the CLI prints one line."""


class ConfigError(LatflowError):
    """A configuration value that cannot be used.

    Args:
        key: dotted path of the configuration key, such as ``theory.lam``.
        message: what is wrong and what is allowed, in one sentence.
    """

    def __init__(self, key: str, message: str):
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
