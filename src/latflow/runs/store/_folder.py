"""A run on disk: where everything lies, and how to read it back.

The layout is that of ``docs/architecture.md``. Everything that writes into a run lives in the
modules of the steps; whoever wants to look at a run (reports, recipes, notebooks) needs this
class only.
"""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Shaped

from latflow.errors import ConfigError, RunFolderError
from latflow.runs.configuration import FORMAT, RunConfig, config_from, read_toml, stored_in, to_toml
from latflow.runs.store._arrays import read_arrays
from latflow.runs.store._atomic import is_leftover, write_text
from latflow.runs.store._chain_data import ChainData
from latflow.runs.store._layer_view import LayerView, read_layer_view
from latflow.runs.store._lock import LOCK, locked
from latflow.runs.store._metrics import read_metrics
from latflow.runs.store._segments import read_chain


class RunFolder:
    """The folder of one run.

    Args:
        path: the folder; it must have been made by :meth:`create`.

    Raises:
        RunFolderError: there is no run there.
    """

    def __init__(self, path: Path | str):
        self.path = Path(path)
        if not (self.path / "config.toml").is_file():
            raise RunFolderError(f"{self.path}: not a run folder (it has no config.toml)")

    @classmethod
    def create(cls, path: Path | str, config: RunConfig) -> "RunFolder":
        """Make the folder of a new run and write its resolved configuration.

        Raises:
            RunFolderError: something is in the way, or the place cannot be written to.
        """
        path = Path(path)
        check_free(path)
        try:
            path.mkdir(parents=True, exist_ok=True)
            # Somebody else may be making a run in the same place at the same moment.
            with locked(path):
                check_free(path)
                write_text(path / "config.toml", to_toml(stored_in(config, path)))
        except OSError as error:
            reason = error.strerror or error
            raise RunFolderError(f"{path}: cannot be written to ({reason})") from None
        return cls(path)

    def rewrite(self, config: RunConfig) -> None:
        """Replace ``config.toml``, as when chains are lengthened."""
        write_text(self.path / "config.toml", to_toml(stored_in(config, self.path)))

    @property
    def training_path(self) -> Path:
        """The folder of checkpoints, metrics and the evaluation of the model."""
        return self.path / "training"

    def stage_path(self, number: int) -> Path:
        """The folder of an earlier stage of training, the first one being number 0."""
        return self.training_path / f"stage-{number}"

    def chain_path(self, name: str) -> Path:
        """The folder of one chain's segments."""
        return self.path / "chains" / name

    def config(self) -> RunConfig:
        """The resolved configuration of the run.

        Raises:
            RunFolderError: ``config.toml`` is not TOML, is of another version of the layout, or
                names files of observables that a run folder must not name.
            ConfigError: it is not a valid configuration.
        """
        path = self.path / "config.toml"
        try:
            content = read_toml(path)
        except ConfigError as error:
            raise RunFolderError(str(error)) from None
        except FileNotFoundError:
            raise RunFolderError(f"{path}: is not there any more") from None
        version = content.get("format", 1)
        if version != FORMAT:
            raise RunFolderError(
                f"{self.path}: a run folder of format {version}, of another version of latflow; "
                f"this one reads format {FORMAT}: go on with that version, or start a new run"
            )
        self._check_files(content.get("observables", {}))
        return config_from(content, self.path)

    def _check_files(self, observables: Any) -> None:
        """A run folder is data: whoever made it must not make us run a file of theirs."""
        block = observables if isinstance(observables, dict) else {}
        files, digests = block.get("files", []), block.get("sha256", [])
        own = self.path.absolute().resolve()
        for file in files:
            path = Path(str(file))
            if not path.is_absolute() or path.resolve().is_relative_to(own):
                raise RunFolderError(
                    f"{self.path}: observables.files names {file}, inside of a run folder or "
                    "relative to one: not run as code; keep such files elsewhere"
                )
        if len(files) != len(digests):
            raise RunFolderError(
                f"{self.path}: observables.files without observables.sha256 for each: not run as "
                "code; start a new run"
            )

    def summary(self) -> dict[str, Any]:
        """Every result, as documented in ``docs/summary.md``.

        Raises:
            RunFolderError: the run has not been measured yet.
        """
        return self._json("summary.json", "latflow measure")

    def provenance(self) -> dict[str, Any]:
        """Where the numbers come from: seed, and a record per session; empty if it was lost."""
        if not (self.path / "provenance.json").exists():
            return {}
        return self._json("provenance.json", "latflow resume")

    def training_metrics(self, stage: int | None = None) -> dict[str, Shaped[np.ndarray, " steps"]]:
        """Training metrics per step by name (``step``, ``loss``, ``ess``, ...); empty if none.

        Args:
            stage: number of an earlier stage; the last one if not given.
        """
        return read_metrics(self._training_path(stage) / "metrics.jsonl")

    def evaluation(self, stage: int | None = None) -> dict[str, Shaped[np.ndarray, "..."]] | None:
        """Fresh samples of the trained model, or ``None`` where there is no trained model.

        Args:
            stage: number of an earlier stage, whose model is then meant.

        Returns:
            ``log_weight``, ``log_prob`` (of the model, where it has a density) and ``action`` of
            shape (samples,), and ``fields/NAME``, the arrays of a few of its configurations, of
            shape (stored, ...); where the loss has a share of the forward divergence
            ``target_log_weight`` of fresh configurations of the target, of shape (pool,).
        """
        path = self._training_path(stage) / "evaluation.h5"
        if not path.exists():
            return None
        return read_arrays(path, "delete it and resume the run").arrays

    def layers(self) -> LayerView | None:
        """The field after every block of layers of the trained model, or ``None``.

        Raises:
            RunFolderError: the file is damaged.
        """
        path = self.training_path / "layers.h5"
        return read_layer_view(path) if path.exists() else None

    def chain_names(self) -> tuple[str, ...]:
        """Names of the chains that have samples, in the order of the configuration."""
        return tuple(c.name for c in self.config().chains if self.has_samples(c.name))

    def has_samples(self, name: str) -> bool:
        """Whether a chain has samples."""
        return any(self.chain_path(name).glob("segment-*.h5"))

    def chain(self, name: str) -> ChainData:
        """All samples of one chain.

        Raises:
            RunFolderError: there are none, or a segment is missing or damaged.
        """
        return read_chain(self.chain_path(name), name)

    def _training_path(self, stage: int | None) -> Path:
        return self.training_path if stage is None else self.stage_path(stage)

    def _json(self, name: str, maker: str) -> dict[str, Any]:
        path = self.path / name
        try:
            return json.loads(path.read_text())
        except FileNotFoundError:
            raise RunFolderError(f"{path}: not there yet; `{maker} {self.path}` makes it") from None
        except (OSError, ValueError) as error:
            raise RunFolderError(
                f"{path}: cannot be read ({error}); delete it, then `{maker} {self.path}`"
            ) from None


def check_free(path: Path) -> None:
    """Refuse a place for a new run where something already is.

    Raises:
        RunFolderError: ``path`` is a file or a folder that is not empty.
    """
    try:
        if path.is_dir():
            occupied = any(not _is_nothing(entry) for entry in path.iterdir())
        else:
            occupied = path.exists()
    except OSError as error:
        raise RunFolderError(f"{path}: cannot be read ({error.strerror or error})") from None
    if occupied:
        raise RunFolderError(
            f"{path}: already exists and is not empty; choose another --out, "
            f"or go on with `latflow resume {path}`"
        )


def _is_nothing(entry: Path) -> bool:
    """What may lie in a folder that counts as empty."""
    return entry.name == LOCK or is_leftover(entry)


def claimed_path(name: str, parent: Path | str = "runs") -> Path:
    """A new, empty folder for a run: ``runs/NAME-TIME`` with the time in UTC.

    It is claimed by making it, so that no two processes get the same.

    Raises:
        RunFolderError: the place cannot be written to.
    """
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    path = Path(parent) / f"{name}-{stamp}"
    number = 1
    try:
        Path(parent).mkdir(parents=True, exist_ok=True)
        while True:
            try:
                path.mkdir()
                return path
            except FileExistsError:
                number += 1
                path = Path(parent) / f"{name}-{stamp}-{number}"
    except OSError as error:
        reason = error.strerror or error
        raise RunFolderError(f"{path}: cannot be written to ({reason}); give --out") from None
