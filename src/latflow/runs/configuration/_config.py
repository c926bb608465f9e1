"""The typed configuration of a run: its blocks, and what identifies its results."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from pydantic import Field, ValidationError, field_validator, model_validator

from latflow.errors import ConfigError
from latflow.runs.configuration._chains import ChainSettings
from latflow.runs.configuration._model import ModelSettings
from latflow.runs.configuration._observables import ObservablesSettings
from latflow.settings import Settings
from latflow.theories import TheorySettings
from latflow.training import TrainingSettings

FORMAT = 3
"""Version of the layout of run folders."""


class RunConfig(Settings):
    """Everything that determines the numbers of a run.

    ``model`` and ``training`` come together; without them a run only samples. The class that
    configurations are made of, with a choice of all parts that are installed, is
    :func:`run_config_class`; it derives from this one.
    """

    seed: int = Field(1, ge=0, lt=2**32, description="seed of all random numbers of the run")
    theory: TheorySettings = Field(description="the target theory")
    model: ModelSettings | None = Field(None, description="prior and flow; needs [training]")
    training: TrainingSettings | None = Field(
        None, description="how the model is trained; needs [model]"
    )
    observables: ObservablesSettings = Field(
        ObservablesSettings.model_validate({}), description="what is measured"
    )
    chains: tuple[ChainSettings, ...] = Field(
        (), max_length=64, description="Markov chains to run, each with its own kernel"
    )
    format: int = Field(
        FORMAT, ge=FORMAT, le=FORMAT, description="version of the layout of run folders"
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

    @model_validator(mode="after")
    def _objective_fits_the_model(self):
        if self.model is None or self.training is None:
            return self
        annealing, training = self.model.annealing, self.training
        if annealing is None:
            if training.objective in ("local-work", "transport-residual"):
                raise ValueError(
                    f'training.objective = "{training.objective}" trains what is in '
                    '[model.annealing], and there is none: use "path-gradient"'
                )
            return self
        own = "local-work" if annealing.drift is None else "transport-residual"
        its_own = (annealing.layer or annealing.drift) and not self.model.flow
        training.adapt("objective", own if its_own else "reverse-kl")
        if not (self.model.flow or annealing.layer or annealing.drift):
            training.adapt("steps", 0)
        if training.objective not in (own, "reverse-kl"):
            raise ValueError(
                f'with this [model.annealing] training.objective is "{own}" or "reverse-kl", got '
                f'"{training.objective}"'
            )
        if training.forward_kl is not None:
            raise ValueError("[training.forward_kl] needs a density, which annealing has not")
        return self

    @field_validator("chains")
    @classmethod
    def _chain_names_differ(cls, chains):
        names = [chain.name for chain in chains]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f'two blocks are called "{name}"; each needs a name of its own')
        return chains

    @property
    def needs_training(self) -> bool:
        """Whether the model is of no use before it was trained.

        Not without flows, or with such only that do something as they start, and not if it starts
        from a trained model.
        """
        model = self.model
        if model is None or model.initial is not None:
            return False
        layers = [] if model.annealing is None else model.annealing.layer
        drift = None if model.annealing is None else model.annealing.drift
        return drift is not None or any(flow.needs_training for flow in (*model.flow, *layers))

    def require_steps(self) -> None:
        """Refuse a training of no steps where there is something to train.

        Raises:
            ConfigError: there is, and the model is not one that was trained before, nor in an
                earlier stage.
        """
        training = self.training
        if training is None or training.steps or any(one.steps for one in training.stages):
            return
        if self.needs_training:
            raise ConfigError(
                "training.steps",
                "should be greater than or equal to 1, got 0: only a model without flows, with "
                "flows that do not start at the identity, or that starts from a trained one "
                "(model.initial, training.stages) may leave it at that",
            )

    def resolved(self) -> dict[str, Any]:
        """The configuration as nested plain values, with every default written out."""
        return self.model_dump(mode="json", exclude_none=True)

    def chain(self, name: str) -> ChainSettings:
        """The chain block of a name.

        Raises:
            KeyError: there is none.
        """
        return {chain.name: chain for chain in self.chains}[name]

    def theory_with(self, couplings: Mapping[str, float], key: str) -> TheorySettings:
        """The theory with some other couplings.

        Args:
            couplings: by name.
            key: path of the configuration that they are given at.

        Raises:
            ConfigError: one of them is unknown, or out of its range.
        """
        return self._changed(couplings, self.theory.shape, key)

    def stage_theory(self, number: int) -> TheorySettings:
        """The theory of an earlier stage of training.

        Raises:
            ConfigError: the stage has an unknown coupling, or a lattice of another dimension.
        """
        assert self.training is not None  # the callers made sure
        stage, key = self.training.stages[number], f"training.stages.{number}"
        shape = stage.shape or self.theory.shape
        if len(shape) != len(self.theory.shape):
            raise ConfigError(
                f"{key}.shape",
                f"every stage has the dimension of the theory, {len(self.theory.shape)}; "
                f"got {list(shape)}",
            )
        return self._changed(stage.couplings, shape, key)

    def _changed(
        self, couplings: Mapping[str, float], shape: tuple[int, ...], key: str
    ) -> TheorySettings:
        content = self.theory.model_dump()
        for name in couplings:
            if name == "shape" or not isinstance(content.get(name), float):
                known = ", ".join(k for k, value in content.items() if isinstance(value, float))
                raise ConfigError(
                    f"{key}.couplings", f'"{name}" is no coupling of this theory; it has {known}'
                )
        try:
            return type(self.theory).model_validate({**content, **couplings} | {"shape": shape})
        except ValidationError as error:
            problem = error.errors(include_url=False)[0]
            name = problem["loc"][0] if problem["loc"] else ""
            where = "shape" if name == "shape" else f"couplings.{name}"
            raise ConfigError(f"{key}.{where}", problem["msg"]) from None

    def training_digest(self, behind_prior: str | None = None) -> str:
        """Identifies everything that determines the trained model.

        Args:
            behind_prior: what the run that the prior is made from contributes, if there is one:
                it is named after a dash.
        """
        content = self.resolved()
        training = dict(content["training"])
        for name in ("checkpoint_every", "evaluation_samples"):
            training.pop(name, None)
        model = _wherever_it_lies(content["model"])
        own = _digest([content["seed"], content["theory"], model, training])
        return own if behind_prior is None else f"{own}-{_digest(behind_prior)}"

    def has_trained(self, digest: str) -> bool:
        """Whether a training digest is of this configuration, whatever is behind the prior."""
        return digest.partition("-")[0] == self.training_digest()

    def chain_digest(self, name: str) -> str:
        """Identifies everything that the configuration says about a chain's samples, but their
        number.

        Args:
            name: of the chain.
        """
        content = self.resolved()
        (block,) = (block for block in content["chains"] if block["name"] == name)
        block = {key: value for key, value in block.items() if key != "n_samples"}
        model = self.training_digest() if self.training is not None else None
        # Where a file of observables lies does not matter, only what it says.
        measured = {k: v for k, v in content["observables"].items() if k != "files"}
        return _digest([content["seed"], content["theory"], measured, model, block])


def _wherever_it_lies(model: dict[str, Any]) -> dict[str, Any]:
    """The ``[model]`` block without where other runs lie: trees of runs may be moved.

    The run behind a prior is identified by what it contributes, the one that training started
    from by its name.
    """
    model = dict(model)
    if "initial" in model:
        model["initial"] = PurePath(model["initial"]).name
    model["prior"] = {key: value for key, value in model["prior"].items() if key != "run"}
    return model


def _digest(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
