"""Derivatives that stay in the run's folder, so that its report shows them."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from latflow.analysis import Response
from latflow.runs.configuration import to_toml
from latflow.runs.ensembles._derivative import Derivatives
from latflow.runs.store import finite, read_record, write_record

KEPT = "derivative-{}.json"
"""What the files are called, by coupling."""


@runtime_checkable
class HasResults(Protocol):
    """What is needed of a run: :class:`latflow.runs.RunFolder` has it."""

    path: Path
    results_path: Path

    def config(self) -> Any:
        """Its configuration: a :class:`latflow.runs.RunConfig`."""
        ...


def derivative_content(
    coupling: str, model: Response | None, chains: Sequence[Derivatives]
) -> dict[str, Any]:
    """Derivatives as plain values, as ``latflow derivative --json`` prints them.

    Args:
        coupling: the key.
        model: of log Z from draws of the model, if there is one.
        chains: from configurations.
    """
    of_chains = {
        each.chain: {
            "n_configurations": each.n_configurations,
            "log_z": _numbers(each.log_z),
            "recorded": {name: _numbers(one) for name, one in each.recorded.items()},
        }
        for each in chains
    }
    of_model = None if model is None else {"log_z": _numbers(model)}
    return {"coupling": coupling, "model": of_model, "chains": of_chains}


def _numbers(one: Response) -> dict[str, Any]:
    return {
        "value": float(one.improved.value),
        "error": float(one.improved.error),
        "plain": {"value": float(one.plain.value), "error": float(one.plain.error)},
        "variance_ratio": one.variance_ratio,
        "variance_ratio_error": one.variance_ratio_error,
    }


def keep_derivative(run: HasResults, content: dict[str, Any]) -> Path:
    """Write derivatives with respect to one coupling among the results; older ones are replaced.

    Args:
        run: whose they are.
        content: as :func:`derivative_content` makes it.
    """
    path = run.results_path / KEPT.format(content["coupling"])
    write_record(path, {"of": _configuration(run), **finite(content)}, str(content["coupling"]))
    return path


def kept_derivatives(run: HasResults) -> list[dict[str, Any]]:
    """All that were kept and that belong to the run as it is: not those of fewer samples.

    Raises:
        DamagedFileError: a file is damaged.
    """
    found = []
    for path in sorted(run.results_path.glob(KEPT.format("*"))):
        coupling = path.stem.removeprefix(KEPT.split("{")[0])
        remedy = f"`latflow derivative {run.path} --coupling {coupling} --keep` makes it again"
        content = read_record(path, coupling, remedy)
        if content.get("of") == _configuration(run):
            found.append(content)
    return found


def _configuration(run: HasResults) -> str:
    return hashlib.sha256(to_toml(run.config().resolved()).encode()).hexdigest()
