"""The runs below a folder."""

from collections.abc import Iterator
from pathlib import Path

from latflow.errors import LatflowError, RunFolderError
from latflow.library._state import RunState, outcome_of, size_of
from latflow.runs import RunFolder, build_theory

_DEEPEST = 4


def list_runs(parent: Path | str = "runs") -> list[RunState]:
    """All runs below a folder, by name; of each only what can be told without reading its chains.

    A run that this version cannot read is listed with the reason as its outcome.

    Raises:
        RunFolderError: there is no such folder.
    """
    parent = Path(parent)
    if not parent.is_dir():
        raise RunFolderError(f"{parent}: no such folder; runs are made by `latflow run`")
    return [_state(path) for path in sorted(_folders(parent, _DEEPEST))]


def _folders(parent: Path, depth: int) -> Iterator[Path]:
    """Folders with a ``config.toml`` in them; nothing is looked for inside of a run."""
    if (parent / "config.toml").is_file():
        yield parent
    elif depth:
        try:
            below = [path for path in parent.iterdir() if path.is_dir() and not path.is_symlink()]
        except OSError:
            return
        for path in below:
            yield from _folders(path, depth - 1)


def _state(path: Path) -> RunState:
    try:
        folder = RunFolder(path)
        config = folder.config()
        theory = build_theory(config).space.description
        outcome, last = outcome_of(folder)
    except LatflowError as error:
        text = str(error).removeprefix(f"{path}: ")
        return RunState(path, "", f"cannot be read: {text}", "", size_of(path))
    there = (folder.results_path / "summary.json").exists()
    return RunState(path, theory, outcome, last, size_of(path), (), () if there else ("results",))
