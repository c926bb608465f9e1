"""Where the numbers of a run come from: a record of every session that worked on it."""

import math
import platform
import subprocess
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import jax

import latflow
from latflow.errors import LatflowError, LatflowWarning, RunFolderError
from latflow.flags import changed_flags, deciding_flags
from latflow.runs.store._folder import RunFolder
from latflow.runs.store._machine_load import machine_load
from latflow.runs.store._progress import Interrupted
from latflow.runs.store._sessions import PROVENANCE_FILE, sessions_to_continue
from latflow.runs.store.files import locked, remove_leftovers, write_json

_PACKAGES = ("jax", "jaxlib", "equinox", "optax", "numpy", "scipy", "h5py", "pydantic")


@contextmanager
def session(folder: RunFolder, command: str) -> Iterator[None]:
    """Work on a run: hold its lock, and record who did what, when, and how it ended.

    Args:
        folder: the run.
        command: what was typed, or called.

    Raises:
        RunFolderError: another process is working on the run, or it cannot be written to.
    """
    with locked(folder.path):
        remove_leftovers(folder.path)
        path = folder.path / PROVENANCE_FILE
        earlier = sessions_to_continue(path)
        entry = {"command": command, "started": _now(), "finished": None, "outcome": "running"}
        entry |= _environment() | {"load": _load(), "load_at_end": None}
        seed = folder.config().seed

        def record(outcome: str, finished: str | None) -> None:
            entry["outcome"], entry["finished"] = outcome, finished
            entry["load_at_end"] = None if finished is None else _load()
            content = {"seed": seed, "sessions": [*earlier, entry]}
            write_json(path, content)

        _warn_of_changes(earlier)
        record("running", None)
        try:
            yield
        except BaseException as error:
            with suppress(RunFolderError):  # what went wrong before is worth more
                record(_outcome(error), _now())
            raise
        record("complete", _now())


def _warn_of_changes(earlier: list[dict[str, Any]]) -> None:
    """What goes on elsewhere rounds otherwise: say so."""
    flags = earlier[-1].get("flags") if earlier else None
    changes = changed_flags(flags) if isinstance(flags, dict) else []
    if changes:
        warnings.warn(
            f"this run was begun with other settings of JAX ({'; '.join(changes)}): what is added "
            "now rounds otherwise, and is not bit-identical to an undisturbed run",
            LatflowWarning,
            stacklevel=3,
        )


def _outcome(error: BaseException) -> str:
    if isinstance(error, Interrupted | KeyboardInterrupt):
        return "interrupted"
    return f"failed: {error}" if isinstance(error, LatflowError) else f"failed: {error!r}"


def _environment() -> dict[str, Any]:
    return {
        "latflow": latflow.__version__,
        "git_revision": git_revision(),
        "python": sys.version.split()[0],
        "packages": {name: _version(name) for name in _PACKAGES},
        "platform": platform.platform(),
        "host": platform.node(),
        "flags": deciding_flags(),
        "devices": [str(device) for device in jax.local_devices()],
        "device_kind": jax.local_devices()[0].device_kind,
    }


def git_revision() -> str | None:
    """Revision of the source tree that latflow runs from, if it is a git checkout.

    ``+changes`` is appended where tracked files differ from it.
    """
    source = Path(latflow.__file__).parent

    def git(*arguments: str) -> str:
        done = subprocess.run(
            ["git", "-C", str(source), *arguments],
            capture_output=True, text=True, timeout=5, check=True,
        )  # fmt: skip
        return done.stdout.strip()

    try:
        # Only if this very file is part of the checkout, not of some folder around it.
        git("ls-files", "--error-unmatch", "__init__.py")
        revision = git("rev-parse", "HEAD")
        changed = git("status", "--porcelain", "--untracked-files=no", "--", ".")
    except (OSError, subprocess.SubprocessError):
        return None
    return f"{revision}+changes" if changed else revision


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _load() -> float | None:
    """The load of this machine, as the figure that people look at."""
    load = machine_load()
    return round(load, 2) if math.isfinite(load) else None


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
