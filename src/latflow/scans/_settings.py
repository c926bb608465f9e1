"""The typed settings of a scan: which ensembles, which kernels, and how precisely."""

from typing import Any

from pydantic import Field, model_validator

from latflow.settings import Settings

NAME = r"^[A-Za-z0-9][A-Za-z0-9_-]*$"
"""What a name of an ensemble or a kernel looks like."""

LONGEST_NAME = 60
"""Characters of such a name: a chain's is made of both."""

QUICK_TARGET = 0.08
"""Relative error of the largest autocorrelation time that a quick scan is content with."""


class ScanEnsembleSettings(Settings):
    """A theory on a lattice, one of those that a scan goes through."""

    name: str = Field(
        pattern=NAME,
        max_length=LONGEST_NAME,
        description="name of the ensemble: letters, digits, - and _",
    )
    theory: dict[str, Any] = Field(description="the [theory] block of a run")
    defaults: dict[str, dict[str, Any]] = Field(
        {},
        description="by kind of kernel, such as fourier-hmc: values for keys that a kernel's "
        "block leaves open",
    )


class ScanSettings(Settings):
    """Every ensemble is sampled with every kernel, each as a run of its own."""

    seed: int = Field(1, ge=0, lt=2**32, description="seed of all random numbers of the scan")
    line: str | None = Field(None, description="built-in line whose ensembles come first")
    target_error: float = Field(
        0.03,
        gt=0,
        lt=1,
        description="relative error of the largest autocorrelation time; chains are lengthened "
        "until it is reached",
    )
    max_steps: int = Field(
        10**9,
        ge=1,
        le=10**15,
        description="most kernel steps of one ensemble and kernel, all chains together",
    )
    training_spread: int = Field(
        10_000,
        ge=1,
        le=10**12,
        description="independent samples over which the cost of training a flow is spread",
    )
    observables: dict[str, Any] | None = Field(
        None, description="the [observables] block of every run; by default those of the theory"
    )
    ensembles: tuple[ScanEnsembleSettings, ...] = Field(
        max_length=1000, description="theories, each with a name"
    )
    kernels: tuple[dict[str, Any], ...] = Field(
        max_length=1000,
        description="kernels: the keys of a [[chains]] block, n_samples, thin, warm_up, n_chains "
        "and start being chosen automatically where not given; [kernels.model] and "
        "[kernels.training] for those that need a flow",
    )

    @model_validator(mode="after")
    def _something_to_do(self):
        if not self.ensembles:
            raise ValueError("nothing to do: give a line or [[ensembles]]")
        if not self.kernels:
            raise ValueError("nothing to do: give [[kernels]]")
        return self

    @model_validator(mode="after")
    def _names_differ(self):
        for what, names in (
            ("ensembles", [ensemble.name for ensemble in self.ensembles]),
            ("kernels", [kernel["name"] for kernel in self.kernels]),
        ):
            for name in names:
                if names.count(name) > 1:
                    raise ValueError(f'two [[{what}]] are called "{name}"; give each its own name')
        return self
