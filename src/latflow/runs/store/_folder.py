"""A run on disk: where everything lies, and how to read it back.

The layout is that of ``docs/architecture.md``. Everything that writes into a run lives in the
modules of the steps; whoever wants to look at a run (reports, recipes, notebooks) needs this
class only.
"""

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Shaped

from latflow.errors import ConfigError, RunFolderError
from latflow.runs.configuration import (
    FORMAT,
    RunConfig,
    config_from,
    parse_toml,
    stored_in,
    to_toml,
)
from latflow.runs.store._sessions import PROVENANCE_FILE, read_provenance
from latflow.runs.store.chains import ChainData, ChainOrigin, WantedChain, read_chain
from latflow.runs.store.files import contents, is_leftover, locked, make_folder_inside, write_text
from latflow.runs.store.training import (
    EVALUATION_FILE,
    LAYERS_FILE,
    LayerView,
    checkpoint_header,
    checkpoint_identity,
    read_evaluation,
    read_layer_view,
    read_metrics,
    steps_saved,
)


class RunFolder:
    """The folder of one run.

    Args:
        path: the folder; it must have been made by :meth:`create`.
        results: where ``summary.json`` and ``report.html`` are written and read, if not in the
            run's folder: for a run that may be read only.

    Raises:
        RunFolderError: there is no run there, or ``results`` is another run.
    """

    def __init__(self, path: Path | str, results: Path | str | None = None):
        self.path = Path(path)
        self.results_path = self.path if results is None else Path(results)
        if not (self.path / "config.toml").is_file():
            raise RunFolderError(f"{self.path}: not a run folder (it has no config.toml)")
        if results is not None and (self.results_path / "config.toml").exists():
            raise RunFolderError(
                f"{self.results_path}: is a run folder, not a place for results; choose another"
            )

    @classmethod
    def create(cls, path: Path | str, config: RunConfig) -> "RunFolder":
        """Make the folder of a new run and write its resolved configuration.

        The model that training is to start from is pinned by its digest.

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
                write_text(
                    path / "config.toml", to_toml(stored_in(with_pinned_model(config), path))
                )
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

    def made(self, path: Path) -> Path:
        """A folder inside of the run, made if it is missing; nothing is written elsewhere.

        Raises:
            RunFolderError: something on the way is a link or no folder, or cannot be made.
        """
        return make_folder_inside(self.path, path)

    def config(self) -> RunConfig:
        """The resolved configuration of the run.

        Raises:
            RunFolderError: ``config.toml`` is not TOML, is of another version of the layout, or
                names files of observables that a run folder must not name.
            ConfigError: it is not a valid configuration.
        """
        path = self.path / "config.toml"
        try:
            content = parse_toml(contents(path, "restore it, or start a new run"))
        except ConfigError as error:
            raise RunFolderError(f"{path}: cannot be read ({error})") from None
        version = content.get("format", 1)
        if version != FORMAT:
            raise RunFolderError(
                f"{self.path}: a run folder of format {version}, of another version of latflow; "
                f"this one reads format {FORMAT}: go on with that version, or start a new run"
            )
        self._check_files(content.get("observables", {}))
        try:
            return config_from(content, self.path)
        except ConfigError as error:
            raise ConfigError(error.key, f"{error.message} (in {path})") from None

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
        path, maker = self.results_path / "summary.json", f"`latflow measure {self.path}`"
        if not os.path.lexists(path):
            raise RunFolderError(f"{path}: not there yet; {maker} makes it")
        try:
            content = json.loads(contents(path, f"{maker} makes it again"))
        except (ValueError, RecursionError) as error:
            raise RunFolderError(f"{path}: damaged ({error}); {maker} makes it again") from None
        if not isinstance(content, dict):
            raise RunFolderError(f"{path}: damaged; {maker} makes it again")
        return content

    def provenance(self) -> dict[str, Any]:
        """Where the numbers come from: seed, and a record per session; empty if it was lost."""
        return read_provenance(self.path / PROVENANCE_FILE)

    def training_metrics(self, stage: int | None = None) -> dict[str, Shaped[np.ndarray, " steps"]]:
        """Training metrics per step by name (``step``, ``loss``, ``ess``, ...); empty if none.

        Args:
            stage: number of an earlier stage; the last one if not given.
        """
        return read_metrics(self._training_path(stage) / "metrics.jsonl")

    def model_identity(self, stage: int | None = None) -> str:
        """Identifies the model of the latest checkpoint, to the last bit of its parameters.

        Args:
            stage: number of an earlier stage; the last one if not given.

        Raises:
            RunFolderError: there is no checkpoint, it is damaged, or was made with another
                configuration than the run has.
        """
        folder = self._training_path(stage)
        header = checkpoint_header(folder)
        if header is None:
            raise RunFolderError(
                f"{folder}: has no checkpoint; `latflow resume {self.path}` trains the model"
            )
        if not self.config().has_trained(header.digest):
            raise RunFolderError(
                f"{folder}: trained with another [theory], [model], [training] or seed than "
                "config.toml says; restore config.toml, or start a new run"
            )
        return checkpoint_identity(folder)

    def model_digest(self, stage: int | None = None) -> str:
        """SHA-256 of the numbers of the latest checkpoint, whatever made them.

        Args:
            stage: number of an earlier stage; the last one if not given.

        Raises:
            RunFolderError: as :meth:`model_identity`.
        """
        return self.model_identity(stage).rpartition(" ")[2]

    def evaluation(self, stage: int | None = None) -> dict[str, Shaped[np.ndarray, "..."]] | None:
        """Fresh samples of the trained model, or ``None`` where there is no trained model.

        Args:
            stage: number of an earlier stage, whose model is then meant.

        Returns:
            ``log_weight``, ``log_prob`` (of the model, where it has a density) and ``action`` of
            shape (samples,), and ``fields/NAME``, the arrays of a few of its configurations, of
            shape (stored, ...); where the loss has a share of the forward divergence
            ``target_log_weight`` of fresh configurations of the target, of shape (pool,).

        Raises:
            RunFolderError: the file is damaged, or of another model than the run has.
        """
        path = self._training_path(stage) / EVALUATION_FILE
        if not os.path.lexists(path):
            return None
        return read_evaluation(path, self.model_identity(stage), self._remedy)

    def layers(self) -> LayerView | None:
        """The field after every block of layers of the trained model, or ``None``.

        Raises:
            RunFolderError: the file is damaged, or of another model than the run has.
        """
        path = self.training_path / LAYERS_FILE
        if not os.path.lexists(path):
            return None
        return read_layer_view(path, self.model_identity(), self._remedy)

    def chain_names(self) -> tuple[str, ...]:
        """Names of the chains that have samples, in the order of the configuration."""
        return tuple(c.name for c in self.config().chains if self.has_samples(c.name))

    def has_samples(self, name: str) -> bool:
        """Whether a chain has samples."""
        return any(self.chain_path(name).glob("segment-*.h5"))

    def chain(self, name: str) -> ChainData:
        """All samples of one chain: as many as the configuration asks for, or has so far.

        Raises:
            RunFolderError: there are none, a segment is missing or damaged, or something was
                sampled with another configuration or model than the run has.
        """
        return read_chain(self.chain_path(name), self.wanted_chain(name))

    def wanted_chain(self, name: str) -> WantedChain:
        """What the configuration says about the files of a chain.

        Raises:
            RunFolderError: there is no such chain, or not the trained model that it draws on.
        """
        config = self.config()
        if name not in (known := [chain.name for chain in config.chains]):
            raise RunFolderError(f'{self.path}: has no chain "{name}"; its chains are {known}')
        chain = config.chain(name)
        model = self.model_identity() if chain.kernel_settings.needs_model else ""
        return WantedChain(
            ChainOrigin(name, config.chain_digest(name), model),
            chain.n_chains,
            chain.n_samples,
            chain.configurations_every,
        )

    def _training_path(self, stage: int | None) -> Path:
        return self.training_path if stage is None else self.stage_path(stage)

    @property
    def _remedy(self) -> str:
        return f"`latflow resume {self.path}` keeps it aside and makes it again"


def with_pinned_model(config: RunConfig) -> RunConfig:
    """The configuration with the digest of the model that training is to start from.

    As it is without such a model, with a digest already, and where the model cannot be read or is
    not finished: whoever needs it says why.
    """
    model = config.model
    if model is None or model.initial is None or model.initial_sha256 is not None:
        return config
    source = model.initial_run
    assert source is not None  # as it has a name
    try:
        digest = _digest_of_finished(RunFolder(source[0]), source[1])
    except (RunFolderError, ConfigError):
        return config
    if digest is None:
        return config
    pinned = model.model_copy(update={"initial_sha256": digest})
    return config.model_copy(update={"model": pinned})


def _digest_of_finished(folder: RunFolder, stage: int | None) -> str | None:
    training = folder.config().training
    if training is None or (stage is not None and stage >= len(training.stages)):
        return None
    steps = training.steps if stage is None else training.of_stage(stage).steps
    there = folder.training_path if stage is None else folder.stage_path(stage)
    return folder.model_digest(stage) if steps_saved(there) >= steps else None


def check_free(path: Path) -> None:
    """Refuse a place for a new run where something already is.

    Raises:
        RunFolderError: ``path`` is a file or a folder that is not empty.
    """
    try:
        if path.is_dir():
            occupied = any(not is_leftover(entry) for entry in path.iterdir())
        else:
            occupied = path.exists()
    except OSError as error:
        raise RunFolderError(f"{path}: cannot be read ({error.strerror or error})") from None
    if occupied:
        raise RunFolderError(
            f"{path}: already exists and is not empty; choose another --out, "
            f"or go on with `latflow resume {path}`"
        )


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
