"""A scan's file explained, to start from, and a scan checked without being run."""

from pathlib import Path

from latflow.runs import to_toml
from latflow.scans._lines import line_description, line_names
from latflow.scans._load import load_scan
from latflow.scans._point import Point, points_of
from latflow.scans._settings import ScanEnsembleSettings, ScanSettings

_ABOUT_KERNELS = (
    "a kernel: the keys of a [[chains]] block of a run, as docs/config.md lists them; what is not "
    "given is\nchosen by the scan (n_chains, n_samples, thin, warm_up, start)"
)


def commented_scan(line: str) -> str:
    """A line with all its ensembles and kernels written out and every key explained, as TOML.

    Args:
        line: name of a built-in line, or the path of a scan's file.

    Raises:
        ConfigError: there is no such line.
    """
    content = load_scan(line).model_dump(mode="json", exclude_none=True)
    # Its ensembles are written out: with the line they would be there twice.
    content.pop("line", None)
    name = line_description(line) if line in line_names() else f"the scan {Path(line).name}"
    return f"# {name}\n\n{to_toml(content, _remark)}"


def check_scan(settings: ScanSettings) -> list[Point]:
    """Build every ensemble with every kernel abstractly, so that all mistakes show.

    Args:
        settings: of the scan.

    Returns:
        the points that it would run.

    Raises:
        ConfigError: an ensemble or a kernel is wrong, or they do not go together; the message
            names the key as it stands in the scan.
    """
    points = points_of(settings)
    for point in points:
        point.check()
    return points


def _remark(path: tuple[str | int, ...]) -> str | None:
    if len(path) == 1:
        field = ScanSettings.model_fields.get(str(path[0]))
        return None if field is None else field.description
    if path == ("kernels", 0, "name"):
        return _ABOUT_KERNELS
    # Of the first block only: the others are like it.
    if len(path) == 3 and path[:2] == ("ensembles", 0):
        field = ScanEnsembleSettings.model_fields.get(str(path[2]))
        return None if field is None else field.description
    return None
