"""The ``flow-local`` kernel: a model's proposals and local updates in turn."""

from typing import Literal

from jaxtyping import Array, Key
from pydantic import Field as PydanticField

from latflow.fields import Field
from latflow.kernels import Cycle, Kernel, KernelSettings, MetropolisSettings, Start, Update
from latflow.models import Model
from latflow.sampling._independence import Independence, proposing
from latflow.theories import Theory


class FlowLocal(Cycle):
    """Independence Metropolis, then local updates; each leaves the weight invariant.

    What one is bad at the other does. A chain of proposals alone sits for long on a configuration
    that the model hardly ever draws; local updates lead away from it. Local updates alone do not
    cross from one phase to another; proposals do.

    Source: Gabrié, Rotskoff and Vanden-Eijnden, PNAS 119 (2022) e2109420119 (arXiv:2105.12603).

    Args:
        proposals: of the model.
        name: of the local kernel; its infos stand under this name, those of the proposals
            under ``flow``.
        update: the local kernel.
    """

    def __init__(self, proposals: Independence, name: str, update: Kernel):
        super().__init__(("flow", name), (proposals, update))

    def start(self, key: Key[Array, ""], start: Start, dtype) -> Field:
        """As for any kernel; ``"prior"`` is a proposal of the model."""
        if start != "prior":
            return super().start(key, start, dtype)
        proposals = self.kernels[0]
        return self.init(key, proposals.field(proposals.start(key, start, dtype)))


class FlowLocalSettings(KernelSettings):
    """Proposals of the trained model and local updates in turn."""

    kernel: Literal["flow-local"] = "flow-local"
    update: Update = PydanticField(
        MetropolisSettings.model_validate({"sweeps": 10}),
        description='what follows each proposal: "metropolis", "hmc", or a table of their settings',
    )

    def build_kernel(self, theory: Theory, model: Model | None, chains_per_batch: int) -> FlowLocal:
        """The cycle of both.

        Raises:
            ConfigError: there is no model, its prior does not draw independently, or the update
                refuses the theory.
        """
        proposals = Independence(theory, proposing(model, self.kernel))
        update = self.update.build_kernel(theory, model, chains_per_batch)
        return FlowLocal(proposals, self.update.kernel, update)
