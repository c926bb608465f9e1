"""Observables from the user's own Python files, run only if they are what was agreed on."""

import importlib.abc
import importlib.util
import inspect
import sys
from functools import cache
from pathlib import Path
from types import ModuleType

from latflow.errors import ConfigError
from latflow.observables import Observable
from latflow.runs.configuration import ObservablesSettings, bytes_with_digest

_KEY = "observables.files"


def own_observables(block: ObservablesSettings) -> tuple[Observable, ...]:
    """One of every class derived from ``Observable`` that the files define, in their order.

    Raises:
        ConfigError: a file has changed, cannot be run, or defines no observable.
    """
    found: list[Observable] = []
    for file, digest in zip(block.files, block.sha256, strict=True):
        found += _observables_in(file, digest)
    return tuple(found)


@cache
def _observables_in(file: str, digest: str) -> tuple[Observable, ...]:
    """Once for each content: what is compiled for a class is not compiled again."""
    module = _run(file, digest)
    classes = [
        member
        for member in vars(module).values()
        if isinstance(member, type)
        and issubclass(member, Observable)
        and member.__module__ == module.__name__
        and not inspect.isabstract(member)
    ]
    if not classes:
        raise ConfigError(
            _KEY, f"{file} defines no class derived from latflow.observables.Observable"
        )
    try:
        return tuple(observable() for observable in classes)
    except Exception as error:
        raise ConfigError(
            _KEY, f"{file}: {_one_line(error)}; observables take no arguments"
        ) from None


def _run(file: str, digest: str) -> ModuleType:
    try:
        content = bytes_with_digest(Path(file), digest)
    except ValueError as error:
        raise ConfigError(_KEY, str(error)) from None
    name = f"latflow_observables_{digest[:16]}"
    spec = importlib.util.spec_from_loader(name, _CheckedSource(file, content), origin=file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Dataclasses, which Equinox modules are, look their module up.
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        raise ConfigError(_KEY, f"{file} cannot be run ({_one_line(error)})") from None
    return module


class _CheckedSource(importlib.abc.SourceLoader):
    """Runs the very bytes whose digest was checked, not what stands in the file a moment later."""

    def __init__(self, path: str, content: bytes):
        self._path, self._content = path, content

    def get_filename(self, fullname: str) -> str:
        """For tracebacks."""
        return self._path

    def get_data(self, path: str) -> bytes:
        """The checked source; nothing else is ever read."""
        if path != self._path:
            raise OSError(f"{path}: only the source itself is read")
        return self._content


def _one_line(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())
