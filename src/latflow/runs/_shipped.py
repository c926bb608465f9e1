"""New runs of presets whose trained models come with the package: their training is done."""

from latflow.errors import ConfigError
from latflow.runs.configuration import RunConfig, shipped_path
from latflow.runs.store import (
    PROVENANCE_FILE,
    RunFolder,
    checkpoint_header,
    checkpoint_paths,
    write_bytes,
)


def with_shipped_model(folder: RunFolder, name: str) -> RunFolder:
    """Give a new run the shipped model of a preset, as if it had been trained in it.

    The last checkpoint of every stage and the record of the training session are copied: the run
    goes on from there like any other, and its costs are those of that training.

    Args:
        folder: of a new run, whose configuration was checked by :func:`check_shipped`.
        name: of the preset.

    Raises:
        ConfigError: no model of it comes with latflow.
        RunFolderError: the run cannot be written to.
    """
    source = RunFolder(shipped_path(name))
    for training in (source.training_path, *sorted(source.training_path.glob("stage-*"))):
        place = folder.made(folder.path / training.relative_to(source.path))
        for checkpoint in checkpoint_paths(training):
            write_bytes(place / checkpoint.name, checkpoint.read_bytes())
    record = source.path / PROVENANCE_FILE
    write_bytes(folder.path / PROVENANCE_FILE, record.read_bytes())
    return folder


def check_shipped(config: RunConfig, name: str) -> None:
    """The shipped model of a preset is the one that a configuration would train.

    Raises:
        ConfigError: no model of it comes with latflow, or the configuration asks for another one.
    """
    path = shipped_path(name)
    header = checkpoint_header(path / "training")
    trained = "" if header is None else header.digest
    if config.training is None or not config.has_trained(trained):
        raise ConfigError(
            "--pretrained",
            f"the model of {name} was trained with its own seed, [theory], [model] and [training]: "
            f"leave these as they are, or start from it with model.initial = latflow:{name}",
        )
