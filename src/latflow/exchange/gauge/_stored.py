"""The stored configurations of a run, as gauge configurations."""

from pathlib import Path

import numpy as np

from latflow.errors import ConfigError
from latflow.exchange.gauge._formats import ConfigurationFormat
from latflow.fields.links import SULinks
from latflow.runs import ResolvedRun


def export_configuration(
    path: Path, run: ResolvedRun, form: ConfigurationFormat, chain: str, number: int, replica: int
) -> None:
    """Write one of the configurations that a chain stored.

    Args:
        path: of the file.
        run: of an SU(N) gauge theory in four dimensions.
        form: the format.
        chain: name of the chain.
        number: of the stored configuration, the oldest being 0; negative ones count from the last.
        replica: which of the independent chains.

    Raises:
        ConfigError: the fields are no links of SU(N) in four dimensions, or there is no such
            configuration.
        ForeignFileError: the format does not hold links of this group.
    """
    space = run.theory.space
    if not (isinstance(space, SULinks) and space.lattice.ndim == 4):
        raise ConfigError(
            "--format",
            f"{form.name} holds SU(N) links in four dimensions; this run has {space.description}",
        )
    data = run.folder.chain(chain)
    if not data.n_kept:
        raise ConfigError(
            "--configuration",
            f"{chain} stored none; set configurations_every of the chain in a new run",
        )
    for key, value, count in (
        ("--configuration", number, data.n_kept),
        ("--replica", replica, data.n_chains),
    ):
        if not -count <= value < count:
            raise ConfigError(key, f"{chain} has {count}, numbers 0 to {count - 1}; got {value}")
    links = np.asarray(data.configurations["field"][replica, number])
    form.write(path, links, number=number % data.n_kept)
