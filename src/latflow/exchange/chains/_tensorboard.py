"""The metrics of training as an event file of TensorBoard."""

from pathlib import Path

from latflow.errors import ConfigError
from latflow.exchange.chains._run_data import RunExport


def write_tensorboard(path: Path, export: RunExport) -> None:
    """One scalar ``training/NAME`` for every metric, over the optimiser step.

    Times are not told: the file of the same run is the same.

    Raises:
        ConfigError: nothing was trained, or tensorboardX is missing.
    """
    if not export.metrics:
        raise ConfigError("--format", "metrics are those of training, and this run has none")
    try:
        # An optional extra: only who writes such files needs it.
        from tensorboardX.proto.event_pb2 import Event  # pyright: ignore[reportAttributeAccessIssue]
        from tensorboardX.record_writer import RecordWriter
        from tensorboardX.summary import scalar
    except ImportError as error:
        raise ConfigError(
            "--format",
            f'tensorboard needs {error.name}: python -m pip install "latflow[tensorboard]"',
        ) from None
    steps = export.metrics["step"].tolist()
    writer = RecordWriter(str(path))
    writer.write(Event(file_version="brain.Event:2").SerializeToString())
    for name, series in export.metrics.items():
        if name == "step":
            continue
        for step, value in zip(steps, series.tolist(), strict=True):
            summary = scalar(f"training/{name}", value)
            writer.write(Event(step=int(step), summary=summary).SerializeToString())
    writer.close()
