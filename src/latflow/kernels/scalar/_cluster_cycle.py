"""The ``cluster`` kernel of a configuration: cluster flips and an ergodic update in turn."""

from typing import Any, ClassVar, Literal

from pydantic import Field as PydanticField

from latflow.kernels._cycle import Cycle
from latflow.kernels._kernel import KernelSettings
from latflow.kernels.scalar._cluster import ClusterFlips
from latflow.kernels.scalar._metropolis import MetropolisSettings
from latflow.kernels.scalar._update import Update
from latflow.theories import Theory


class ClusterSettings(KernelSettings):
    """Cluster flips of the signs, then an update that moves the moduli too."""

    label: ClassVar[str] = "cluster flips and updates"

    kernel: Literal["cluster"] = "cluster"
    update: Update = PydanticField(
        MetropolisSettings.model_validate({}),
        description='what makes it ergodic: "metropolis", "hmc", or a table of their settings',
    )

    def build_kernel(self, theory: Theory, model: Any = None, chains_per_batch: int = 1) -> Cycle:
        """The cycle of both.

        Raises:
            ConfigError: the theory is no even scalar theory, or the update refuses it.
        """
        flips = ClusterFlips(theory)
        update = self.update.build_kernel(theory, model, chains_per_batch)
        return Cycle(("cluster", self.update.kernel), (flips, update))
