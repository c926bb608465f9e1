"""The rules of docs/architecture.md that import-linter does not know: a look at every module."""

import ast
import importlib
import statistics
from pathlib import Path

import pytest

import latflow
from latflow.flows import FlowSettings
from latflow.observables import OBSERVABLES, Observable
from latflow.pullback import Pullback
from latflow.sampling import KERNELS
from latflow.theories import Interpolation, Theory, TheorySettings

SOURCE = Path(latflow.__file__).parent
MODULES = sorted(path for path in SOURCE.rglob("*.py"))
# Floors that know no theory, flow or observable by name; of the reports only the figures may.
GENERAL = ("runs", "training", "scans", "cli", "reports")
FREE = ("reports/figures",)
# What a floor of GENERAL may say only where a registry says which theories it serves.
WORDS = ("gauge", "plaquette", "magneti", "susceptib", "z2", "su(", "u(1)")
# Theories made of theories and flows, whatever these are.
GENERAL_CLASSES = (Theory, Observable, Interpolation, Pullback)
LONGEST, MEDIAN, MOST_IN_A_ROOM = 500, 150, 24


def place(path: Path) -> str:
    return path.relative_to(SOURCE).as_posix()


def imports(path: Path):
    """(module, name) of everything that a module imports from latflow."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "latflow":
            yield from ((node.module, alias.name) for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from ((a.name, "") for a in node.names if a.name.split(".")[0] == "latflow")


def package_of(path: Path) -> str:
    return ".".join(("latflow", *path.relative_to(SOURCE).parent.parts))


def test_no_private_module_of_another_room_is_imported():
    """A private module serves its own room, and the rooms inside of that room."""
    foreign = []
    for path in MODULES:
        own = package_of(path)
        for module, name in imports(path):
            parts = [*module.split("."), name]
            hidden = next((i for i, part in enumerate(parts) if part.startswith("_")), None)
            if hidden is None or parts[hidden].startswith("__"):
                continue
            room = ".".join(parts[:hidden])
            if own != room and not own.startswith(f"{room}."):
                foreign.append(f"{place(path)}: from {module} import {name}")
    assert not foreign, "\n".join(foreign)


def general_modules():
    for path in MODULES:
        where = place(path)
        if where.split("/")[0] in GENERAL and not where.startswith(FREE):
            yield path


def test_general_floors_name_no_concrete_part():
    """runs, training, scans, cli and the reports without their figures."""
    concrete = set()
    for path in general_modules():
        for module, name in imports(path):
            thing = getattr(importlib.import_module(module), name, None)
            if not isinstance(thing, type) or thing in GENERAL_CLASSES:
                continue
            names_itself = "kind" in getattr(thing, "model_fields", {})
            if issubclass(thing, Theory | Observable) or (
                issubclass(thing, TheorySettings | FlowSettings) and names_itself
            ):
                concrete.add(f"{place(path)}: {name}")
    assert not concrete, "\n".join(sorted(concrete))


@pytest.mark.parametrize("floor", ["runs", "scans", "training", "sampling", "cli", "reports"])
def test_general_floors_speak_of_no_kind_of_theory(floor):
    """Words of one kind of theory stand where a registry says which theories are served."""
    found = []
    for path in sorted((SOURCE / floor).rglob("*")):
        if path.suffix not in (".py", ".html", ".css") or place(path).startswith(FREE):
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if any(word in line.lower() for word in WORDS):
                found.append(f"{place(path)}:{number}: {line.strip()}")
    assert not found, "\n".join(found)


def test_rooms_are_small():
    """Median and longest module, and the number of modules in a folder."""
    lines = {place(path): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    assert max(lines.values()) <= LONGEST, max(lines, key=lambda name: lines[name])
    assert statistics.median(lines.values()) <= MEDIAN
    folders = {}
    for path in MODULES:
        folders.setdefault(path.parent, []).append(path)
    crowded = [place(folder) for folder, inside in folders.items() if len(inside) > MOST_IN_A_ROOM]
    assert not crowded, crowded


def test_every_part_has_a_name_of_its_own():
    """No two observables, and no two kernels, go by one name."""
    names = [observable.name for observable in OBSERVABLES]
    assert len(set(names)) == len(names)
    kernels = [kernel.model_fields["kernel"].default for kernel in KERNELS]
    assert len(set(kernels)) == len(kernels)
    assert all(kernel.label for kernel in KERNELS), "every kernel has a label for people"
