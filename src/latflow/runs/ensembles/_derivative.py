"""Derivatives of a run's results with respect to a coupling, from its stored configurations."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from latflow.analysis import Response, log_z_response, response
from latflow.errors import ConfigError, RunFolderError
from latflow.fields import from_named_arrays
from latflow.observables import Measurement
from latflow.runs._resolved import ResolvedRun, resolve
from latflow.runs.ensembles._tangent import theory_tangent
from latflow.runs.store import ChainData, RunFolder
from latflow.sampling.response import response_series

_AT_ONCE = 32
_FEWEST = 8


@dataclass(frozen=True)
class Derivatives:
    """Of one chain.

    Attributes:
        chain: its name.
        n_configurations: how many were used.
        log_z: d log Z / dc, of the action without its constant.
        recorded: d<O>/dc for everything that is one number for each configuration, by name.
    """

    chain: str
    n_configurations: int
    log_z: Response
    recorded: dict[str, Response]


def derivatives(
    run: RunFolder | ResolvedRun,
    coupling: str,
    names: Sequence[str] | None = None,
    required: bool = True,
) -> list[Derivatives]:
    """d<O>/dc and d log Z / dc by connected correlators, see ``docs/correlated-samples.md``.

    Args:
        run: with stored configurations.
        coupling: a key of its ``[theory]`` block.
        names: of chains; all that have configurations if not given.
        required: whether there must be some.

    Raises:
        ConfigError: no such coupling or chain.
        RunFolderError: there are too few configurations.
    """
    run = resolve(run)
    tangent = theory_tangent(run.config.theory, coupling)
    known = [chain.name for chain in run.config.chains]
    for name in names or ():
        if name not in known:
            raise ConfigError("--chain", f'no chain is called "{name}"; there are {known}')
    found = []
    for chain in run.config.chains:
        wanted = names is None or chain.name in names
        if wanted and chain.configurations_every and run.folder.has_samples(chain.name):
            data = run.chain(chain.name)
            if data.n_kept * data.n_chains >= _FEWEST:
                found.append(_of_chain(run, tangent, data))
    if not found and required:
        raise RunFolderError(
            f"{run.folder.path}: too few stored configurations; give the chains a smaller "
            "configurations_every, in a new run"
        )
    return found


def _of_chain(run: ResolvedRun, tangent, data: ChainData) -> Derivatives:
    series = _series(run, tangent, data)
    recorded = {
        name: response(
            series.values[name],
            series.explicit[name],
            series.score,
            series.along[name],
            series.stein,
        )
        for name in series.values
    }
    log_z = log_z_response(series.score, series.stein)
    return Derivatives(data.name, data.n_kept * data.n_chains, log_z, recorded)


def _series(run: ResolvedRun, tangent, data: ChainData) -> Any:
    """A ``ResponseSeries`` of all configurations, of NumPy arrays (chains, kept, ...)."""
    theory = run.theory
    arrays: dict[str, Array | np.ndarray] = {
        name: jnp.asarray(np.asarray(a).reshape(-1, *a.shape[2:]))
        for name, a in data.configurations.items()
    }
    fields = from_named_arrays(theory.space.structure(jnp.float64), arrays)

    def measure(theory, field):
        measured = Measurement(theory, run.observables)(field)
        return {
            name: jnp.asarray(value, jnp.float64)
            for name, value in measured.items()
            if jnp.ndim(value) == 0
        }

    @jax.jit
    def all_of_them(fields):
        def one(field):
            return response_series(theory, tangent, measure, field)

        return jax.lax.map(one, fields, batch_size=_AT_ONCE)

    return jax.tree.map(
        lambda a: np.asarray(a).reshape(data.n_chains, data.n_kept, *a.shape[1:]),
        all_of_them(fields),
    )
