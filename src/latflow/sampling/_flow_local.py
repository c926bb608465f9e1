"""The ``flow-local`` kernel: a model's proposals and local updates in turn."""

from typing import Any, ClassVar, Literal

from jaxtyping import Array, Key
from pydantic import Field as PydanticField

from latflow.fields import Field
from latflow.kernels import (
    CLASSICAL_KERNELS,
    Cycle,
    Kernel,
    KernelSettings,
    MetropolisSettings,
    Start,
)
from latflow.models import Proposer
from latflow.parts import registered
from latflow.sampling._independence import FAR_FROM_TARGET, Independence, proposing
from latflow.settings import one_of, with_choices
from latflow.theories import Theory


def _local(kernels: tuple[type[KernelSettings], ...]) -> tuple[type[KernelSettings], ...]:
    return tuple(settings for settings in kernels if settings.is_local_update)


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

    label: ClassVar[str] = "flow and local updates"
    needs_model: ClassVar[bool] = True
    draws_its_own: ClassVar[bool] = True
    lowest_acceptance: ClassVar[float] = 0.1
    remedy: ClassVar[str] = FAR_FROM_TARGET

    kernel: Literal["flow-local"] = "flow-local"
    update: one_of(  # pyright: ignore[reportInvalidTypeForm]
        _local(CLASSICAL_KERNELS), "kernel", named=True
    ) = PydanticField(
        MetropolisSettings.model_validate({"sweeps": 10}),
        description="what follows each proposal: the name of a kernel of local updates, such as "
        '"metropolis" or "hmc", or a table of its settings',
    )

    @classmethod
    def with_parts(cls) -> type[Any]:
        """With the local updates of installed packages."""
        kernels = registered(KernelSettings, CLASSICAL_KERNELS)
        if kernels == CLASSICAL_KERNELS:
            return cls
        return with_choices(cls, "update", _local(kernels), "kernel", named=True)

    def build_kernel(
        self, theory: Theory, model: Proposer | None = None, chains_per_batch: int = 1
    ) -> FlowLocal:
        """The cycle of both.

        Raises:
            ConfigError: there is no model, its prior does not draw independently, or the update
                refuses the theory.
        """
        proposals = Independence(theory, proposing(model, self.kernel))
        update = self.update.build_kernel(theory, model, chains_per_batch)
        return FlowLocal(proposals, self.update.kernel, update)
