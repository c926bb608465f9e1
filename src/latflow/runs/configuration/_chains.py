"""The ``[[chains]]`` blocks: what all Markov chains have, and one block for each kernel."""

from typing import Any, Literal

from pydantic import Field, create_model, model_validator

from latflow.kernels import KernelSettings
from latflow.settings import Settings, nearest_multiple

_USUAL_EVERY = 250


class ChainSettings(Settings):
    """Markov chains of one kernel; the kernel's own keys stand in the same block."""

    name: str = Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$",
        max_length=128,
        description="name of the block: letters, digits, - and _",
    )
    kernel: str = Field(description="Markov kernel")
    n_chains: int = Field(64, ge=1, le=10**6, description="independent chains, advanced together")
    n_samples: int = Field(
        2000, ge=4, le=10**9, description="samples per chain, after warm-up; may be raised later"
    )
    warm_up: int = Field(500, ge=0, le=10**9, description="transitions before the first sample")
    thin: int = Field(1, ge=1, le=10**6, description="transitions per sample")
    start: Literal["auto", "hot", "cold", "prior"] = Field(
        "auto",
        description="first field: disordered, ordered, or a draw of the model; auto: a draw of "
        "the model where the kernel has one, else hot",
    )
    segment: int = Field(
        250,
        ge=1,
        le=10**6,
        description="samples per chain and file: the most that an interruption costs",
    )
    configurations_every: int = Field(
        _USUAL_EVERY,
        ge=0,
        le=10**9,
        description="keep the field of every n-th sample, n a divisor or a multiple of "
        "segment; 0 keeps none. Of the two, a key that is not given follows the other",
    )

    @property
    def kernel_settings(self) -> KernelSettings:
        """The same block as the settings of its kernel, which every block is."""
        assert isinstance(self, KernelSettings)
        return self

    @property
    def first_field(self) -> Literal["hot", "cold", "prior"]:
        """How the chains start, with ``auto`` decided by what the kernel can do."""
        if self.start != "auto":
            return self.start
        return "prior" if self.kernel_settings.draws_its_own else "hot"

    @model_validator(mode="after")
    def _configurations_fit_segments(self):
        if not _fit(self.configurations_every, self.segment):
            self.adapt("segment", nearest_multiple(self.configurations_every or 1, self.segment))
            self.adapt("configurations_every", nearest_multiple(self.segment, _USUAL_EVERY))
        every = self.configurations_every
        if not _fit(every, self.segment):
            raise ValueError(
                f"configurations_every must be a divisor or a multiple of segment = "
                f"{self.segment}, or 0, got {every}"
            )
        return self


def _fit(every: int, segment: int) -> bool:
    """Whether configurations that are kept lie evenly in segments, or at their ends."""
    return not every or segment % every == 0 or every % segment == 0


def chain_block(kernel: type[KernelSettings]) -> type[ChainSettings]:
    """The ``[[chains]]`` block of one kernel: the common keys and the kernel's own.

    Raises:
        TypeError: the kernel has a key that all chains have.
    """
    clash = set(kernel.model_fields) & set(ChainSettings.model_fields) - {"kernel"}
    if clash:
        raise TypeError(f"{kernel.__name__} redefines keys of every chain: {sorted(clash)}")
    name = kernel.__name__.removesuffix("Settings") + "ChainSettings"
    made: Any = create_model(name, __base__=(kernel, ChainSettings), __doc__=kernel.__doc__)
    return made
