"""The ``replica-exchange`` kernel of a configuration."""

from collections.abc import Mapping
from functools import cache
from typing import Any, ClassVar, Literal

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Shaped
from pydantic import Field as PydanticField
from pydantic import create_model

from latflow.errors import ConfigError
from latflow.flows import Chain, Flow, FlowSettings, known_flows
from latflow.kernels import CLASSICAL_KERNELS, HMCSettings, KernelSettings
from latflow.not_trained import with_precision
from latflow.sampling.replicas._findings import exchange_findings
from latflow.sampling.replicas._ladder import (
    LADDERS,
    LadderSettings,
)
from latflow.sampling.replicas._replica_exchange import ReplicaExchange
from latflow.sampling.replicas._spacing import even_positions
from latflow.sampling.replicas._update import UpdateOfReplica, with_installed_updates
from latflow.settings import one_of
from latflow.theories import Theory


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
    flow: tuple[FlowSettings, ...] = PydanticField(
        (),
        max_length=64,
        description="flows that act between all neighbours, from the far end towards the target, "
        "before a swap, with parameters as they start, not trained: exact whatever they do; "
        'for trained ones see "flow-exchange"; none: fields are swapped as they are',
    )

    @classmethod
    def with_parts(cls) -> type[Any]:
        """With the kernels of installed packages, and a choice of all flows."""
        return _with_flows(with_installed_updates(cls))

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
            UpdateOfReplica(self.update, chains_per_batch),
            self._flows(theory),
            respace=given is None,
        )

    def _flows(self, theory: Theory) -> tuple[Flow, ...]:
        """One flow for each pair of neighbours, if there are some."""
        if not self.flow:
            return ()
        assert self.ladder is not None  # checked before

        def between(pair: int) -> Flow:
            key = jax.random.fold_in(jax.random.key(0), pair)
            flows = [
                block.build(theory.space, jax.random.fold_in(key, index))
                for index, block in enumerate(self.flow)
            ]
            made = flows[0] if len(flows) == 1 else Chain(tuple(flows))
            return with_precision(made, jnp.float64)

        try:
            return tuple(between(pair) for pair in range(self.ladder.replicas - 1))
        except ConfigError as error:
            raise ConfigError(error.key.replace("model.flow", "flow", 1), error.message) from None

    def findings(
        self, infos: Mapping[str, Shaped[np.ndarray, "chains samples"]], thin: int
    ) -> dict[str, Any]:
        """Swaps, round trips, and log Z along the ladder."""
        return exchange_findings(infos, thin)


@cache
def _with_flows(settings: type[Any]) -> type[Any]:
    old = settings.model_fields["flow"]
    fields: Any = {
        "flow": (
            tuple[one_of(known_flows(), "kind"), ...],
            PydanticField((), max_length=64, description=old.description),
        )
    }
    return create_model(settings.__name__, __base__=settings, __doc__=settings.__doc__, **fields)
