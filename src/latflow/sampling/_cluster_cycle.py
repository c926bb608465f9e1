"""The ``cluster`` kernel of a configuration: cluster flips and an ergodic update in turn."""

from typing import Literal

from pydantic import Field as PydanticField

from latflow.models import Model
from latflow.sampling._cluster import ClusterFlips
from latflow.sampling._cycle import Cycle
from latflow.sampling._kernel import KernelSettings
from latflow.sampling._metropolis import MetropolisSettings
from latflow.sampling._update import Update
from latflow.theories import Theory


class ClusterSettings(KernelSettings):
    """Cluster flips of the signs, then an update that moves the moduli too."""

    kernel: Literal["cluster"] = "cluster"
    update: Update = PydanticField(
        MetropolisSettings.model_validate({}),
        description='what makes it ergodic: "metropolis", "hmc", or a table of their settings',
    )

    def build_kernel(self, theory: Theory, model: Model | None, chains_per_batch: int) -> Cycle:
        """The cycle of both.

        Raises:
            ConfigError: the theory is no even scalar theory, or the update refuses it.
        """
        flips = ClusterFlips(theory)
        update = self.update.build_kernel(theory, model, chains_per_batch)
        return Cycle(("cluster", self.update.kernel), (flips, update))
