"""What the kernels say about themselves, by their kind."""

from latflow.kernels import KernelSettings
from latflow.sampling import known_kernels


def kernels_by_kind() -> dict[str, type[KernelSettings]]:
    """The settings of all kernels, by what a block's ``kernel`` says."""
    return {settings.model_fields["kernel"].default: settings for settings in known_kernels()}
