"""The ``flow-exchange`` kernel: replica exchange with the trained flows of an annealed model."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import jax
import numpy as np
from jaxtyping import Array, Float, Shaped
from pydantic import Field as PydanticField

from latflow.annealing import Annealed, Population
from latflow.errors import ConfigError
from latflow.kernels import CLASSICAL_KERNELS, HMCSettings, KernelSettings
from latflow.sampling.replicas._findings import exchange_findings
from latflow.sampling.replicas._ladder import Ladder
from latflow.sampling.replicas._replica_exchange import ReplicaExchange
from latflow.sampling.replicas._stacked import unstack
from latflow.sampling.replicas._update import UpdateOfReplica, with_installed_updates
from latflow.settings import one_of
from latflow.theories import Theory, coupling


class AnnealingLadder(Ladder):
    """The theories that an annealed model passes on its way to the target.

    Args:
        target: the theory at t = 1.
        annealed: whose path it is.
    """

    target: Theory
    annealed: Annealed

    @property
    def has_stops(self) -> bool:
        """At the times of the model's protocol, which may have been adapted."""
        return True

    def theory(self, t: Float[Array, ""] | float) -> Theory:
        """The theory at a time of the path."""
        return self.annealed.path.at(self.annealed.base, self.target, coupling(t))


class FlowExchangeSettings(KernelSettings):
    """Replica exchange along the path of [model.annealing], with its flows between neighbours."""

    label: ClassVar[str] = "replica exchange with flows"
    needs_model: ClassVar[bool] = True
    lowest_acceptance: ClassVar[float] = 0.1
    remedy: ClassVar[str] = "train the flows longer, or raise model.annealing.levels"

    kernel: Literal["flow-exchange"] = "flow-exchange"
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
        return with_installed_updates(cls)

    def build_kernel(
        self, theory: Theory, model: Any = None, chains_per_batch: int = 1
    ) -> ReplicaExchange:
        """The kernel: one replica for each level, at its time; a level's flow leads to it.

        Raises:
            ConfigError: the model is not annealed, or has one level only, or the update refuses a
                theory of its path.
        """
        annealed = model.annealed if isinstance(model, Population) else model
        if not isinstance(annealed, Annealed):
            raise ConfigError(
                "kernel",
                '"flow-exchange" exchanges along the path of [model.annealing], and there is none: '
                'use "replica-exchange"',
            )
        if annealed.levels < 2:
            raise ConfigError("model.annealing.levels", "replica exchange needs at least two")
        layers = annealed.layers
        flows = () if layers is None else tuple(
            unstack(layers, level) for level in range(1, annealed.levels)
        )  # fmt: skip
        with jax.ensure_compile_time_eval():
            times = np.asarray(annealed.protocol.times)
        return ReplicaExchange(
            AnnealingLadder(theory, annealed),
            times,
            UpdateOfReplica(self.update, chains_per_batch),
            flows,
        )

    def findings(
        self, infos: Mapping[str, Shaped[np.ndarray, "chains samples"]], thin: int
    ) -> dict[str, Any]:
        """Swaps, round trips, and log Z along the path from its first level."""
        return exchange_findings(infos, thin)
