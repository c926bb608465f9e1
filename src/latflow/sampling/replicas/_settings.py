"""The ``replica-exchange`` kernel of a configuration."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from jaxtyping import Shaped
from pydantic import Field as PydanticField

from latflow.errors import ConfigError
from latflow.kernels import CLASSICAL_KERNELS, HMCSettings, Kernel, KernelSettings
from latflow.parts import registered
from latflow.sampling.replicas._findings import exchange_findings
from latflow.sampling.replicas._ladder import (
    CouplingLadderSettings,
    DefectLadderSettings,
    LadderSettings,
)
from latflow.sampling.replicas._replica_exchange import ReplicaExchange
from latflow.sampling.replicas._spacing import even_positions
from latflow.settings import one_of, with_choices
from latflow.theories import Theory

LADDERS: tuple[type[LadderSettings], ...] = (CouplingLadderSettings, DefectLadderSettings)
"""The kinds of ladders."""


class ReplicaExchangeSettings(KernelSettings):
    """Theories of a ladder side by side, whose fields swap places; the target is measured."""

    label: ClassVar[str] = "replica exchange"
    lowest_acceptance: ClassVar[float] = 0.1
    remedy: ClassVar[str] = "give the ladder more replicas, or a far end that is nearer"

    kernel: Literal["replica-exchange"] = "replica-exchange"
    ladder: one_of(LADDERS, "kind") | None = PydanticField(  # pyright: ignore[reportInvalidTypeForm]
        None, description="the theories that lead to the target; needed"
    )
    update: one_of(  # pyright: ignore[reportInvalidTypeForm]
        CLASSICAL_KERNELS, "kernel", named=True
    ) = PydanticField(
        HMCSettings.model_validate({}),
        description="what moves the field of every replica: the name of a kernel that needs no "
        "model, or a table of its settings",
    )

    @classmethod
    def with_parts(cls) -> type[Any]:
        """With the kernels of installed packages."""
        kernels = tuple(
            settings
            for settings in registered(KernelSettings, CLASSICAL_KERNELS)
            if not settings.needs_model
        )
        if kernels == CLASSICAL_KERNELS:
            return cls
        return with_choices(cls, "update", kernels, "kernel", named=True)

    def build_kernel(
        self, theory: Theory, model: Any = None, chains_per_batch: int = 1
    ) -> ReplicaExchange:
        """The kernel.

        Raises:
            ConfigError: there is no ladder, the theory has none of that kind, or the update
                refuses a theory of it.
        """
        if self.ladder is None:
            raise ConfigError(
                "ladder",
                '"replica-exchange" needs a ladder of theories, such as ladder = { kind = '
                '"couplings", couplings = { beta = 0.5 }, replicas = 4 }',
            )
        ladder: LadderSettings = self.ladder
        given = ladder.positions
        return ReplicaExchange(
            ladder.build(theory),
            even_positions(ladder.replicas) if given is None else given,
            _Update(self.update, chains_per_batch),
            respace=given is None,
        )

    def findings(
        self, infos: Mapping[str, Shaped[np.ndarray, "chains samples"]], thin: int
    ) -> dict[str, Any]:
        """Swaps, round trips, and log Z along the ladder."""
        return exchange_findings(infos, thin)


@dataclass(frozen=True)
class _Update:
    """Builds the kernel of a replica; equal where the settings are, so that programs are shared."""

    settings: KernelSettings
    chains_per_batch: int

    def __call__(self, theory: Theory) -> Kernel:
        return self.settings.build_kernel(theory, None, self.chains_per_batch)
