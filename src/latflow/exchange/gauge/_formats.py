"""Which format a file has, and the table of all of them."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from latflow.errors import ForeignFileError
from latflow.exchange.gauge import _ildg, _nersc
from latflow.exchange.gauge._checks import check_free
from latflow.exchange.gauge._configuration import GaugeConfiguration


@dataclass(frozen=True)
class ConfigurationFormat:
    """A format of gauge configurations.

    Attributes:
        name: for the command line.
        suffix: of its files.
        words: what it is.
        start: the first bytes of its files.
        read: from a path to a configuration.
        write: a path and links; options by name.
    """

    name: str
    suffix: str
    words: str
    start: bytes
    read: Callable[[Path], GaugeConfiguration]
    write: Callable[..., None]


CONFIGURATION_FORMATS: tuple[ConfigurationFormat, ...] = (
    ConfigurationFormat(
        "nersc", ".nersc", "NERSC archive, SU(3)", _nersc.START, _nersc.read_nersc,
        _nersc.write_nersc,
    ),
    ConfigurationFormat(
        "ildg", ".ildg", "ILDG in LIME, SU(N)", _ildg.START, _ildg.read_ildg, _ildg.write_ildg
    ),
)  # fmt: skip


def format_of(path: Path | str) -> ConfigurationFormat:
    """The format of a file, by its first bytes.

    Raises:
        ForeignFileError: it is none that latflow reads, or cannot be opened.
    """
    path = Path(path)
    try:
        with open(path, "rb") as file:
            start = file.read(max(len(each.start) for each in CONFIGURATION_FORMATS))
    except OSError as error:
        raise ForeignFileError(path, f"cannot be read ({error.strerror or error})") from None
    for each in CONFIGURATION_FORMATS:
        if start.startswith(each.start):
            return each
    words = "; ".join(each.words for each in CONFIGURATION_FORMATS)
    raise ForeignFileError(path, f"no gauge configuration in a known format ({words})")


def read_configuration(path: Path | str) -> GaugeConfiguration:
    """A configuration in whatever format it is, with everything verified that the file promises.

    Raises:
        ForeignFileError: it is none, is cut off, or does not keep what it promises.
    """
    return format_of(path).read(Path(path))


def write_configuration(path: Path | str, configuration: GaugeConfiguration, form: str) -> None:
    """Write a configuration in a format, by its name; in the precision of its links.

    Raises:
        ForeignFileError: there is no such format, the file is there already, or the format does
            not hold links of this group.
    """
    path = Path(path)
    found = next((each for each in CONFIGURATION_FORMATS if each.name == form), None)
    if found is None:
        names = ", ".join(each.name for each in CONFIGURATION_FORMATS)
        raise ForeignFileError(path, f'not written: "{form}" is no format; there are {names}')
    check_free(path)
    found.write(path, configuration.links)
