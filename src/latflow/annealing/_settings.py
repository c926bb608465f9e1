"""The ``[model.annealing]`` block."""

from functools import cache
from typing import Any, Literal

import jax
from jaxtyping import Array, Key
from pydantic import Field, create_model, model_validator

from latflow.annealing._annealed import Annealed, stacked
from latflow.annealing._path import Geometric, OfCouplings
from latflow.annealing._population import Population
from latflow.annealing._protocol import Placement, Protocol, power_protocol
from latflow.annealing._transport import Transported
from latflow.errors import ConfigError
from latflow.fields import FieldSpace
from latflow.flows import (
    Chain,
    Continuous,
    ContinuousSettings,
    Flow,
    FlowSettings,
    known_flows,
)
from latflow.kernels import CLASSICAL_KERNELS, HMCSettings, KernelSettings
from latflow.models import Model, Proposer
from latflow.parts import registered
from latflow.priors import PoolSettings
from latflow.settings import Settings, one_of
from latflow.theories import Theory

_MOST_LEVELS, _MOST_FLOWS = 100_000, 64
_PLACEMENTS: dict[str, Placement] = {
    "even": "as-given",
    "adaptive": "even-variance",
    "least-dissipation": "least-dissipation",
}


class BackwardSettings(PoolSettings):
    """Configurations of the target, from exact draws or Markov chains, which are annealed back."""

    chains: int = Field(32, ge=2, le=10**6, description="independent chains")
    warm_up: int = Field(
        500,
        ge=20,
        le=10**9,
        description="transitions before the first configuration; tau_int is measured in the "
        "second half",
    )
    pool: int = Field(
        1024, ge=2, le=10**8, description="configurations to go back from; a multiple of chains"
    )


class DriftSettings(Settings):
    """A vector field that carries real scalar fields from theory to theory, under diffusion."""

    channels: int = Field(
        4, ge=1, le=256, description="odd functions of the field, each with a kernel of its own"
    )
    harmonics: int = Field(6, ge=1, le=64, description="sines that every function is a sum of")
    times: int = Field(
        4, ge=1, le=64, description="cosines of time that kernels and functions are sums of"
    )
    reach: float = Field(
        3.0,
        gt=0,
        description="field at which the longest sine comes back to zero, at the start of training",
    )
    diffusion: float = Field(
        1.0, gt=0, le=1e6, description="of the noise, on the scale of a way that takes the time 1"
    )

    def build(self, space: FieldSpace, key: Key[Array, ""]) -> Continuous:
        """The vector field, zero at its start.

        Raises:
            ConfigError: the fields are no real scalars.
        """
        shared = ContinuousSettings.model_fields.keys() & self.model_dump().keys()
        settings = ContinuousSettings.model_validate(self.model_dump(include=shared))
        try:
            return settings.build(space, key)
        except ConfigError as error:
            raise ConfigError(
                "model.annealing.drift", f"a drift is of real scalars: {error.message}"
            ) from None


class AnnealingSettings(Settings):
    """From the model to the target by Markov steps, and by flows between them."""

    levels: int = Field(
        32, ge=1, le=_MOST_LEVELS, description="theories that are passed, the target among them"
    )
    protocol: Literal["even", "adaptive", "least-dissipation", "listed"] = Field(
        "even",
        description="where the levels stand: at equal distances; so that the work varies alike "
        "between all of them; so that the whole work varies least, memory of the Markov steps "
        "included (both are measured once before training); or at given times",
    )
    power: float = Field(
        1.0,
        gt=0,
        le=100,
        description="of even ones: times (k / levels)^power; above 1 slow at first",
    )
    times: tuple[float, ...] = Field(
        (), max_length=_MOST_LEVELS, description="of listed levels: growing, in [0, 1], the last 1"
    )
    couplings: dict[str, float] = Field(
        default_factory=dict,
        description="parameters of the theory where the path begins, if it shall lead through "
        "theories of the target's kind, with straight lines for the couplings: local kernels need "
        "that; not given: q^(1 - t) e^(-t S) from the density q of the model",
    )
    kernel: KernelSettings = Field(
        HMCSettings.model_validate({}),
        description="the Markov steps: the name of a kernel that needs no model, or a table of "
        "its settings; what a warm-up would tune stays as it is given",
    )
    moves: int = Field(1, ge=1, le=10**6, description="Markov steps between two levels")
    layer: tuple[FlowSettings, ...] = Field(
        (),
        max_length=_MOST_FLOWS,
        description="flows that act at every level, one after the other, with parameters of its "
        "own; none: annealing without them",
    )
    particles: int = Field(
        1,
        ge=1,
        le=10**6,
        description="above 1: sequential Monte Carlo; a proposal is one of so many particles that "
        "are annealed together",
    )
    resample_below: float = Field(
        0.5,
        gt=0,
        le=1,
        description="effective sample size of the particles below which they are resampled",
    )
    drift: DriftSettings | None = Field(
        None,
        description="learnt transport instead of Markov steps and flows: a Langevin equation with "
        "a trained vector field, in so many steps as there are levels; for real scalar fields",
    )
    backward: BackwardSettings | None = Field(
        None,
        description="anneal configurations of the target back as well, after training: log Z of "
        "both ways must agree; with one particle",
    )

    @classmethod
    def with_parts(cls) -> type[Any]:
        """With a choice of all kernels that need no model, and of all flows."""
        return _with_parts(cls)

    @model_validator(mode="after")
    def _times_are_listed(self):
        if (self.protocol == "listed") != bool(self.times):
            raise ValueError('times go with protocol = "listed", and it with times')
        if self.times:
            try:
                Protocol(self.times)
            except ValueError as error:
                raise ValueError(f"times: {error}") from None
            self.adapt("levels", len(self.times))
            if self.levels != len(self.times):
                raise ValueError(f"levels is {self.levels}, but there are {len(self.times)} times")
        return self

    @model_validator(mode="after")
    def _only_particles_go_back(self):
        if self.backward is not None and self.particles > 1:
            raise ValueError("backward needs particles = 1: a population has no way back")
        return self

    @model_validator(mode="after")
    def _a_drift_goes_alone(self):
        if self.drift is None:
            return self
        if self.layer or self.particles > 1 or self.moves > 1 or self.protocol != "even":
            raise ValueError(
                "drift goes without layer, particles, moves and protocol: its steps are as long "
                "as each other, and nothing else moves the field"
            )
        return self

    def build(self, base: Model, start: Theory | None, key: Key[Array, ""]) -> Proposer:
        """What proposes.

        Args:
            base: where the way begins.
            start: the theory of ``couplings``, if there are some.
            key: of the flows' parameters; those of a level depend on its number only.

        Raises:
            ConfigError: a flow cannot live on the space.
        """
        path = Geometric() if start is None else OfCouplings(start)
        if self.drift is not None:
            drift = self.drift.build(base.space, key)
            return Transported(base, path, drift, self.levels, self.drift.diffusion)
        annealed = Annealed(
            base,
            path,
            self._protocol(),
            self.kernel,
            self.moves,
            self._layers(base, key),
        )
        if self.particles == 1:
            return annealed
        return Population(annealed, self.particles, self.resample_below)

    def _protocol(self) -> Protocol:
        if self.times:
            return Protocol(self.times)
        return power_protocol(self.levels, self.power, _PLACEMENTS[self.protocol])

    def _layers(self, base: Model, key: Key[Array, ""]) -> Flow | None:
        if not self.layer:
            return None

        def at_level(number: int) -> Flow:
            key_level = jax.random.fold_in(key, number)
            flows = [
                block.build(base.space, jax.random.fold_in(key_level, index))
                for index, block in enumerate(self.layer)
            ]
            return flows[0] if len(flows) == 1 else Chain(tuple(flows))

        try:
            return stacked([at_level(number) for number in range(self.levels)])
        except ConfigError as error:
            key_there = error.key.replace("model.flow", "model.annealing.layer", 1)
            raise ConfigError(key_there, error.message) from None


@cache
def _with_parts(settings: type[AnnealingSettings]) -> type[Any]:
    kernels = registered(KernelSettings, CLASSICAL_KERNELS)
    kernel, layer = settings.model_fields["kernel"], settings.model_fields["layer"]
    fields: Any = {
        "kernel": (
            one_of(kernels, "kernel", named=True),
            Field(kernel.default, description=kernel.description),
        ),
        "layer": (
            tuple[one_of(known_flows(), "kind"), ...],
            Field((), max_length=_MOST_FLOWS, description=layer.description),
        ),
    }
    made: Any = create_model(
        settings.__name__, __base__=settings, __doc__=settings.__doc__, **fields
    )
    return made
