"""A run on disk, as a notebook sees it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, PyTree, Shaped

from latflow.errors import ConfigError
from latflow.exchange import export
from latflow.fields import FieldSpace
from latflow.library._html import result_rows
from latflow.models import Proposer
from latflow.random import key_for
from latflow.reports import html_table
from latflow.runs import (
    ChainData,
    RunConfig,
    RunFolder,
    quantities_of,
    resolve,
    run_path,
    trained_model,
)
from latflow.theories import Theory


@dataclass(frozen=True)
class Draws:
    """Fresh configurations of a trained model.

    Attributes:
        fields: arrays with a leading axis of draws, as the field space has them.
        log_weight: log w = -S - log q of each, in double precision: weights of expectation values
            of the theory.
    """

    fields: PyTree[Shaped[np.ndarray, "draws ..."]]
    log_weight: Float[np.ndarray, " draws"]


class Run:
    """A run: its model, chains, results and provenance, read when they are asked for.

    Everything is read-only but :meth:`export`, which writes where it is told.

    Args:
        folder: of the run.
    """

    def __init__(self, folder: RunFolder):
        self.folder = folder
        self._resolved = resolve(folder)
        self._chains: dict[str, ChainData] = {}

    @property
    def path(self) -> Path:
        """Where it lies."""
        return self.folder.path

    @property
    def config(self) -> RunConfig:
        """Its checked configuration."""
        return self._resolved.config

    @property
    def theory(self) -> Theory:
        """The target."""
        return self._resolved.theory

    @property
    def space(self) -> FieldSpace:
        """Of the fields."""
        return self.theory.space

    @cached_property
    def model(self) -> Proposer:
        """The trained model: ``sample_and_log_prob(key)``, ``log_prob(field)``, ``cast``.

        It acts on one configuration; ``jax.vmap`` and ``jax.jit`` are yours.

        Raises:
            ConfigError: the run has none.
            RunFolderError: its training is not finished, or its checkpoint is damaged.
        """
        model = trained_model(self._resolved)
        if model is None:
            raise ConfigError("", f"{self.path}: a run without [model]")
        return model

    def draw(self, n: int, seed: int = 0) -> Draws:
        """Fresh configurations of the model with their weights.

        Args:
            n: how many; the first ones do not depend on it.
            seed: of the random numbers.
        """
        key = key_for(seed, "draw")
        keys = jax.vmap(lambda index: jax.random.fold_in(key, index))(jnp.arange(n))
        fields, log_weight = _propose(self.model, self.theory, keys)
        return Draws(jax.tree.map(np.asarray, fields), np.asarray(log_weight))

    @property
    def chain_names(self) -> tuple[str, ...]:
        """Names of the chains that have samples."""
        return self.folder.chain_names()

    def chain(self, name: str) -> ChainData:
        """All samples of one chain: ``measurements`` and ``infos`` (chains, samples, ...), and
        ``configurations`` (chains, kept, ...), by name, in lattice units; read once.

        Raises:
            RunFolderError: there is no such chain, or a file of it is damaged.
        """
        if name not in self._chains:
            self._chains[name] = self.folder.chain(name)
        return self._chains[name]

    @cached_property
    def words(self) -> dict[str, str]:
        """What the quantities are, by name; all of them in lattice units."""
        return {name: quantity.words for name, quantity in quantities_of(self.config).items()}

    @cached_property
    def summary(self) -> dict[str, Any]:
        """Every result (``docs/summary.md``).

        Raises:
            RunFolderError: the run has not been measured.
        """
        return self.folder.summary()

    def results(self, chain: str) -> Mapping[str, Mapping[str, Any]]:
        """``value``, ``error``, ``tau_int``, ``tau_int_error``, ``pull`` by quantity.

        Raises:
            RunFolderError: the run has not been measured.
            ConfigError: there is no such chain.
        """
        chains = self.summary["chains"]
        if chain not in chains:
            raise ConfigError("", f'{self.path}: no chain "{chain}"; there are {list(chains)}')
        return chains[chain]["observables"]

    @cached_property
    def provenance(self) -> dict[str, Any]:
        """Versions, command lines, start and end of every session."""
        return self.folder.provenance()

    def export(self, form: str, path: Path | str, **options: Any) -> Path:
        """Write samples, results or a configuration for another program.

        Args:
            form: ``hdf5``, ``npz``, ``csv``, ``pyerrors``, ``netcdf``, ``gvar``, ``nersc``,
                ``ildg``.
            path: of the file.
            options: as of :func:`latflow.exchange.export`.
        """
        return export(self._resolved, form, Path(path), **options)

    def __repr__(self) -> str:
        return f"<latflow run {self.path}: {self.space.description}>"

    def _repr_html_(self) -> str:
        """A table of the results of every chain."""
        tables = [
            html_table(name, ["quantity", "value", "τ_int"], result_rows(content["observables"]))
            for name, content in self.summary["chains"].items()
        ]
        return f"<p>{self.space.description}</p>{''.join(tables)}"


def load(path: Path | str) -> Run:
    """A run on disk, or a trained model that comes with latflow.

    Args:
        path: the run's folder, or ``latflow:NAME`` with the name of a preset.

    Raises:
        RunFolderError: there is no run, or it is of another version.
        ConfigError: its configuration is not valid, or there is no such model.
    """
    return Run(RunFolder(run_path(str(path))))


@eqx.filter_jit
def _propose(model, theory, keys):
    return jax.lax.map(lambda key: model.propose(theory, key), keys)
