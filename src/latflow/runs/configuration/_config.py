"""The typed configuration of a run: what a TOML file may say."""

import hashlib
import json
import re
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, create_model, field_validator, model_validator

from latflow.errors import ConfigError
from latflow.flows import FLOWS
from latflow.priors import PRIORS, IndependentNormalSettings
from latflow.sampling import KERNELS
from latflow.settings import Settings
from latflow.theories import THEORIES, TheorySettings
from latflow.training import TrainingSettings


def one_of(registry: tuple[type[Settings], ...], tag: str) -> Any:
    """The type of a block that is one of the registry's, chosen by the value of its tag."""
    if len(registry) == 1:
        return registry[0]
    return Annotated[reduce(or_, registry), Field(discriminator=tag)]


class ModelSettings(Settings):
    """The model to be trained: an easy density pushed through a flow."""

    prior: one_of(PRIORS, "kind") = Field(  # pyright: ignore[reportInvalidTypeForm]
        IndependentNormalSettings.model_validate({}),
        description="density that the flow starts from",
    )
    flow: tuple[one_of(FLOWS, "kind"), ...] = Field(  # pyright: ignore[reportInvalidTypeForm]
        (), description="flows that act one after the other; none: the prior itself"
    )
    initial: str | None = Field(
        None,
        description="folder of a finished run with the same [model], or of one stage of its "
        "training (RUN/training/stage-N): training starts from that model, moved to this "
        "lattice; not given: from scratch",
    )

    @property
    def initial_run(self) -> tuple[Path, int | None] | None:
        """The run that ``initial`` names, and the stage of its training if it names one."""
        if self.initial is None:
            return None
        path = Path(self.initial)
        stage = re.fullmatch(r"stage-(\d+)", path.name)
        if stage and path.parent.name == "training":
            return path.parents[1], int(stage[1])
        return path, None


class ChainSettings(Settings):
    """Markov chains of one kernel; the kernel's own keys stand in the same block."""

    name: str = Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$",
        description="name of the block: letters, digits, - and _",
    )
    kernel: str = Field(description="Markov kernel")
    n_chains: int = Field(64, ge=1, description="independent chains, advanced together")
    n_samples: int = Field(
        2000, ge=4, description="samples per chain, after warm-up; may be raised later"
    )
    warm_up: int = Field(500, ge=0, description="transitions before the first sample")
    thin: int = Field(1, ge=1, description="transitions per sample")
    start: Literal["auto", "hot", "cold", "prior"] = Field(
        "auto",
        description="first field: disordered, ordered, or a draw of the model; auto: a draw of "
        "the model where the kernel has one, else hot",
    )
    segment: int = Field(
        250, ge=1, description="samples per chain and file: the most that an interruption costs"
    )
    configurations_every: int = Field(
        250,
        ge=0,
        description="keep the field of every n-th sample, n a divisor or a multiple of "
        "segment; 0 keeps none",
    )

    @model_validator(mode="after")
    def _configurations_fit_segments(self):
        every = self.configurations_every
        if every and self.segment % every and every % self.segment:
            raise ValueError(
                f"configurations_every must be a divisor or a multiple of segment = "
                f"{self.segment}, or 0, got {every}"
            )
        return self


def _chain_block(kernel: type[Settings]) -> type[ChainSettings]:
    """The ``[[chains]]`` block of one kernel: the common keys and the kernel's own."""
    clash = set(kernel.model_fields) & set(ChainSettings.model_fields) - {"kernel"}
    if clash:
        raise TypeError(f"{kernel.__name__} redefines keys of every chain: {sorted(clash)}")
    name = kernel.__name__.removesuffix("Settings") + "ChainSettings"
    made: Any = create_model(name, __base__=(kernel, ChainSettings), __doc__=kernel.__doc__)
    return made


CHAINS = tuple(_chain_block(kernel) for kernel in KERNELS)


class RunConfig(Settings):
    """Everything that determines the numbers of a run.

    ``model`` and ``training`` come together; without them a run only samples.
    """

    seed: int = Field(1, ge=0, lt=2**32, description="seed of all random numbers of the run")
    theory: one_of(THEORIES, "kind") = Field(  # pyright: ignore[reportInvalidTypeForm]
        description="the target theory"
    )
    model: ModelSettings | None = Field(None, description="prior and flow; needs [training]")
    training: TrainingSettings | None = Field(
        None, description="how the model is trained; needs [model]"
    )
    chains: tuple[one_of(CHAINS, "kernel"), ...] = Field(  # pyright: ignore[reportInvalidTypeForm]
        (), description="Markov chains to run, each with its own kernel"
    )

    @model_validator(mode="after")
    def _training_has_a_model(self):
        if (self.model is None) != (self.training is None):
            there, missing = ("model", "training") if self.model else ("training", "model")
            raise ValueError(
                f"[{there}] needs [{missing}] too: give both, or neither to sample only"
            )
        return self

    @model_validator(mode="after")
    def _something_to_do(self):
        if self.model is None and not self.chains:
            raise ValueError("nothing to do: give [[chains]], or [model] and [training]")
        return self

    @field_validator("chains")
    @classmethod
    def _chain_names_differ(cls, chains):
        names = [chain.name for chain in chains]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f'two blocks are called "{name}"; each needs a name of its own')
        return chains

    def resolved(self) -> dict[str, Any]:
        """The configuration as nested plain values, with every default written out."""
        return self.model_dump(mode="json", exclude_none=True)

    def chain(self, name: str) -> ChainSettings:
        """The chain block of a name.

        Raises:
            KeyError: there is none.
        """
        return {chain.name: chain for chain in self.chains}[name]

    def stage_theory(self, number: int) -> TheorySettings:
        """The theory of an earlier stage of training.

        Raises:
            ConfigError: the stage has an unknown coupling, or a lattice of another dimension.
        """
        assert self.training is not None  # the callers made sure
        stage, key = self.training.stages[number], f"training.stages.{number}"
        content = self.theory.model_dump()
        for name in stage.couplings:
            if name == "shape" or not isinstance(content.get(name), float):
                known = ", ".join(k for k, value in content.items() if isinstance(value, float))
                raise ConfigError(
                    f"{key}.couplings", f'"{name}" is no coupling of this theory; it has {known}'
                )
        shape = stage.shape or self.theory.shape
        if len(shape) != len(self.theory.shape):
            raise ConfigError(
                f"{key}.shape",
                f"every stage has the dimension of the theory, {len(self.theory.shape)}; "
                f"got {list(shape)}",
            )
        return type(self.theory).model_validate(content | stage.couplings | {"shape": shape})

    def training_digest(self, behind_prior: str | None = None) -> str:
        """Identifies everything that determines the trained model.

        Args:
            behind_prior: what the run that the prior is made from contributes, if there is one.
        """
        content = self.resolved()
        training = dict(content["training"])
        for name in ("checkpoint_every", "evaluation_samples"):
            training.pop(name, None)
        known = [content["seed"], content["theory"], content["model"], training]
        return _digest(known if behind_prior is None else [*known, behind_prior])

    def chain_digest(self, name: str, behind_prior: str | None = None) -> str:
        """Identifies everything that determines a chain's samples, but for their number.

        Args:
            name: of the chain.
            behind_prior: as for :meth:`training_digest`.
        """
        content = self.resolved()
        (block,) = (block for block in content["chains"] if block["name"] == name)
        block = {key: value for key, value in block.items() if key != "n_samples"}
        if block.get("variables") == "prior":
            # The only choice that there was when older runs were made: they can still go on.
            del block["variables"]
        model = self.training_digest(behind_prior) if self.training is not None else None
        return _digest([content["seed"], content["theory"], model, block])


def _digest(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
