"""Parts from installed packages: theories, flows, kernels, priors, nets and observables of others.

A package names them in its entry points of the group ``latflow.parts``; each is a settings class
(or an :class:`~latflow.observables.Observable` class), or a list of such. What kind of part it is
follows from the class that it derives from.
"""

from functools import cache
from importlib.metadata import entry_points
from typing import Any, TypeVar

from latflow.errors import ConfigError

GROUP = "latflow.parts"

Part = TypeVar("Part")


def registered(base: type[Part], built_in: tuple[type[Part], ...]) -> tuple[type[Part], ...]:
    """The parts of one kind: those that come with latflow, then those of installed packages.

    Args:
        base: the class that all parts of this kind derive from.
        built_in: the registry of latflow.

    Raises:
        ConfigError: an installed package names a part that cannot be loaded.
    """
    return (*built_in, *(part for part in installed_parts() if issubclass(part, base)))


@cache
def installed_parts() -> tuple[type[Any], ...]:
    """Every part that an installed package names, looked up once.

    Raises:
        ConfigError: one cannot be loaded, or is no class.
    """
    found: list[type[Any]] = []
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        try:
            loaded = entry.load()
        except Exception as error:
            raise ConfigError(
                f"entry point {GROUP}:{entry.name}",
                f"{entry.value} cannot be loaded ({type(error).__name__}: {error}); mend or "
                "uninstall the package that names it",
            ) from None
        parts = loaded if isinstance(loaded, list | tuple) else [loaded]
        for part in parts:
            if not isinstance(part, type):
                raise ConfigError(
                    f"entry point {GROUP}:{entry.name}",
                    f"{entry.value} must be a class or a list of classes, got {part!r:.60}",
                )
            found.append(part)
    return tuple(found)
