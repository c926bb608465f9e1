"""Running a scan: every ensemble with every kernel, then tables, fits and figures."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from latflow.errors import RunFolderError
from latflow.runs import (
    Progress,
    RunFolder,
    ShouldStop,
    Silent,
    finite,
    locked,
    never,
    remove_leftovers,
    stop_if,
    to_toml,
    write_json,
    write_text,
)
from latflow.scans._document import check_scan
from latflow.scans._figures import cost_figure, tau_figure
from latflow.scans._fits import Scaling, scalings
from latflow.scans._result import PointResult, point_result
from latflow.scans._sampling import PointRun
from latflow.scans._save import save_figure
from latflow.scans._settings import ScanSettings
from latflow.scans._tables import to_csv


@dataclass(frozen=True)
class ScanResult:
    """Everything that a scan found.

    Attributes:
        settings: of the scan.
        points: every ensemble with every kernel.
        scalings: the fits of tau_int against L and correlation lengths.
    """

    settings: ScanSettings
    points: tuple[PointResult, ...]
    scalings: tuple[Scaling, ...]

    def as_dict(self) -> dict[str, Any]:
        """The content of ``scan.json``."""
        return finite(
            {
                "format": 1,
                "seed": self.settings.seed,
                "target_error": self.settings.target_error,
                "training_spread": self.settings.training_spread,
                "points": [point.as_dict() for point in self.points],
                "fits": [_plain(scaling) for scaling in self.scalings],
            }
        )


def run_scan(
    settings: ScanSettings,
    folder: Path,
    progress: Progress | None = None,
    should_stop: ShouldStop = never,
    command: str = "",
) -> ScanResult:
    """Do all that is missing of a scan, and write its results.

    Every point is an ordinary run below ``folder/runs``. In ``folder`` itself are ``scan.toml``
    (the settings), ``scan.json``, ``scan.csv``, and the figures ``tau`` and ``cost``.

    Args:
        settings: what to do.
        folder: a new place, or that of a scan to go on with.
        progress: who wants to see how it goes.
        should_stop: asked after every segment of every run.
        command: what was typed, for the provenance of the runs.

    Raises:
        Interrupted: ``should_stop`` said so; everything done is saved.
        ConfigError: an ensemble or kernel is wrong, or they do not go together.
        RunFolderError: something else is in the way, or a file is damaged.
    """
    points = check_scan(settings)
    _open(folder, settings)
    shown = progress or Silent()
    with locked(folder):
        remove_leftovers(folder)
        write_text(
            folder / "scan.toml", to_toml(settings.model_dump(mode="json", exclude_none=True))
        )
        results = []
        for number, point in enumerate(points, start=1):
            run = PointRun(point, settings, folder, command)
            title = f"{point.ensemble.name}, {point.kernel_name} ({number} of {len(points)})"
            if not run.finished():
                stop_if(should_stop)
                run.run(_Titled(shown, title, point.chain_name), should_stop)
                shown.message(f"{title}: done")
            path = run.path.relative_to(folder).as_posix()
            results.append(point_result(point, settings, RunFolder(run.path), path))
        result = ScanResult(settings, tuple(results), scalings(results))
        write_results(folder, result)
    return result


def write_results(folder: Path, result: ScanResult) -> None:
    """Write ``scan.json``, ``scan.csv`` and the figures."""
    write_json(folder / "scan.json", result.as_dict())
    write_text(folder / "scan.csv", to_csv(result.points))
    save_figure(tau_figure(result.points, result.scalings), folder, "tau")
    save_figure(cost_figure(result.points, result.settings.training_spread), folder, "cost")


def _open(folder: Path, settings: ScanSettings) -> None:
    """Make the folder, or refuse one that holds something else.

    Raises:
        RunFolderError: there is something else, or it cannot be written to.
    """
    try:
        strange = folder.exists() and (not folder.is_dir() or any(folder.iterdir()))
        if strange and not (folder / "scan.toml").is_file():
            raise RunFolderError(f"{folder}: already exists and is no scan; choose another --out")
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunFolderError(f"{folder}: cannot be used ({error.strerror or error})") from None


class _Titled:
    """Progress of one point, with its title in place of the chain's name."""

    def __init__(self, progress: Progress, title: str, chain_name: str):
        self._progress, self._title, self._chain_name = progress, title, chain_name

    def stage(self, name: str, total: int, done: int) -> None:
        """Pass on, with the title."""
        chain, _, part = name.partition(": ")
        if chain.startswith(self._chain_name):
            pilot = "pilot" if chain != self._chain_name else ""
            part = " ".join(filter(None, (pilot, part))) or "sampling"
        else:
            part = name
        self._progress.stage(f"{self._title}: {part}", total, done)

    def advance(self, done: int, live: Mapping[str, float]) -> None:
        """Pass on."""
        self._progress.advance(done, live)

    def message(self, text: str) -> None:
        """Pass on, with the title."""
        self._progress.message(f"{self._title}: {text}")


def _plain(scaling: Scaling) -> dict[str, Any]:
    content = asdict(scaling)
    fit = content.pop("fit")
    return {**content, "z": fit.pop("exponent"), "z_error": fit.pop("exponent_error"),
            **{key: value for key, value in fit.items() if key != "covariance"}}  # fmt: skip
