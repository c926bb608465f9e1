"""Which files a run should have, and which it has beside them."""

import re
from collections.abc import Iterator
from pathlib import Path

from latflow.errors import RunFolderError
from latflow.runs._resolved import ResolvedRun
from latflow.runs.ensembles import KEPT
from latflow.runs.store import is_leftover
from latflow.runs.verification._check import Checks

_OF_A_RUN = ("config.toml", "provenance.json", "summary.json", "report.html", ".lock")
_OF_TRAINING = re.compile(
    r"checkpoint-\d{8,12}\.eqx|metrics\.jsonl|evaluation\.h5|layers\.h5|prior\.json|target\.json"
)
_OF_A_CHAIN = re.compile(r"segment-\d{6,9}\.h5|warm-up\.h5")
_ASIDE = re.compile(r".*\.damaged-\d+")
_DERIVATIVE = re.compile(re.escape(KEPT).replace(r"\{\}", r"\w+"))
_CRASH = re.compile(r"crash.*\.(txt|log)")
_MOST = 100_000


def check_layout(run: ResolvedRun, checks: Checks) -> None:
    """Note what is no file of the run, and refuse links, which may lead anywhere."""
    folder = run.folder.path
    for path in _all(folder):
        if path.is_symlink():
            checks.attempt(path, "layout", lambda path=path: _refuse(path))
        elif path.is_dir() and _is_folder_of(run, path):
            continue
        elif _ASIDE.fullmatch(path.name):
            checks.note(path, "layout", "was damaged, and kept aside")
        elif _is_file_of(run, path):
            continue
        elif is_leftover(path):
            checks.note(path, "layout", "left behind by a process that was killed")
        else:
            checks.note(path, "layout", "is no file of this run")


def _refuse(path: Path) -> None:
    raise RunFolderError(f"{path}: is a link; put the file itself there")


def _all(folder: Path) -> Iterator[Path]:
    """Everything below a folder, but below strange ones; links are not followed."""
    pending, count = [folder], 0
    while pending:
        for path in sorted(pending.pop().iterdir()):
            count += 1
            if count > _MOST:
                raise RunFolderError(f"{folder}: holds more than {_MOST} files")
            yield path
            if path.is_dir() and not path.is_symlink() and not _ASIDE.fullmatch(path.name):
                pending.append(path)


def _is_folder_of(run: ResolvedRun, path: Path) -> bool:
    folder = run.folder
    chains = [folder.chain_path(chain.name) for chain in run.config.chains]
    stages = [stage.path for stage in run.stages]
    own = {*chains, *stages, *(path.parent for path in chains)}
    return path in own or (bool(stages) and path == folder.training_path)


def _is_file_of(run: ResolvedRun, path: Path) -> bool:
    folder = run.folder
    if path.parent == folder.path:
        others = (_CRASH, _DERIVATIVE)
        return path.name in _OF_A_RUN or any(one.fullmatch(path.name) for one in others)
    if path.parent in [stage.path for stage in run.stages]:
        return bool(_OF_TRAINING.fullmatch(path.name))
    chains = [folder.chain_path(chain.name) for chain in run.config.chains]
    return path.parent in chains and bool(_OF_A_CHAIN.fullmatch(path.name))
