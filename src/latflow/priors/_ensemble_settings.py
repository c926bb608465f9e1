"""The ``[model.prior]`` blocks of priors that are theories."""

from functools import cache
from typing import Any, ClassVar, Literal

from pydantic import Field, create_model, model_validator

from latflow.errors import ConfigError
from latflow.fields import FieldSpace, RealScalar
from latflow.lattice import Lattice, on_lattice
from latflow.priors._ensemble import EnsemblePrior
from latflow.priors._pool_settings import PoolSettings
from latflow.priors._prior import PriorSettings
from latflow.settings import PathText, one_of, with_choices
from latflow.sublattices import halved
from latflow.theories import THEORIES, Theory, TheorySettings, known_theories


@cache
def _without_shape(settings: type[TheorySettings]) -> Any:
    """A theory's settings whose lattice is not theirs to choose."""
    made: Any = create_model(
        f"Prior{settings.__name__}",
        __base__=settings,
        __doc__=settings.__doc__,
        shape=(
            tuple[int, ...] | None,
            Field(None, description="not to be given: it follows from the target's"),
        ),
    )
    return made


class EnsembleSettings(PoolSettings, PriorSettings):
    """Configurations of another theory on the same lattice, from Markov chains of their own."""

    kind: Literal["ensemble"] = "ensemble"
    theory: one_of(  # pyright: ignore[reportInvalidTypeForm]
        tuple(_without_shape(settings) for settings in THEORIES), "kind"
    ) = Field(description="the theory whose configurations the flow starts from")
    kernel: Literal["cluster", "hmc", "flow-hmc"] = Field(
        "cluster", description="Markov kernel of its chains; flow-hmc: that of run"
    )
    run: PathText | None = Field(
        None,
        description="folder of a finished run of this very theory, on the lattice that its "
        "configurations live on: they come from the flow HMC of that run's trained model, set up "
        "as in its first [[chains]] block of kernel flow-hmc, in single precision",
    )

    @classmethod
    def with_parts(cls) -> type[Any]:
        """With the theories of installed packages."""
        theories = known_theories()
        if theories == THEORIES:
            return cls
        bare = tuple(_without_shape(settings) for settings in theories)
        return with_choices(cls, "theory", bare, "kind")

    @model_validator(mode="after")
    def _shape_follows(self):
        if self.theory.shape is not None:
            raise ValueError("theory.shape follows from the target's lattice: leave it out")
        return self

    @model_validator(mode="after")
    def _run_has_the_kernel(self):
        if self.kernel == "flow-hmc" and self.run is None:
            raise ValueError(
                'kernel = "flow-hmc" needs run, the folder of a finished run of this theory: give '
                'it, or choose the kernel "cluster" or "hmc"'
            )
        if self.kernel != "flow-hmc" and self.run is not None:
            raise ValueError(
                f'run goes with kernel = "flow-hmc", got "{self.kernel}": set it, or leave run out'
            )
        return self

    def theory_on(self, lattice: Lattice) -> Theory:
        """S', on the lattice that its configurations live on.

        Raises:
            ConfigError: a parameter is missing or out of range.
        """
        content = self.theory.model_dump(exclude={"shape"}) | {"shape": lattice.shape}
        try:
            # The settings without a shape derive from those with one.
            return type(self.theory).__bases__[0].model_validate(content).build()
        except ConfigError as error:
            raise ConfigError(f"model.prior.{error.key}", error.message) from None

    def theory_lattice(self, lattice: Lattice) -> Lattice:
        """Where the configurations of the theory live, for a prior on this lattice."""
        return lattice

    def build(self, space: FieldSpace) -> EnsemblePrior:
        """The prior on a space, with an empty pool.

        Raises:
            ConfigError: a parameter is missing or out of range, the lattice does not fit, or the
                theory is one of other fields.
        """
        self.require_space(space)
        theory = self.theory_on(self.theory_lattice(space.lattice))
        if on_lattice(theory.space, space.lattice) != space:
            raise ConfigError(
                "model.prior.theory.kind",
                f'"{self.theory.kind}" is a theory of {theory.space.description}, not of '
                f"{space.description}; use a theory of the same fields",
            )
        return EnsemblePrior.empty(space, theory, self.pool)


class InterleavedSettings(EnsembleSettings):
    """Configurations of a theory on half the extents, one on each of the 2^D sublattices."""

    spaces: ClassVar[tuple[type[FieldSpace], ...]] = (RealScalar,)

    kind: Literal["interleaved"] = "interleaved"  # pyright: ignore[reportIncompatibleVariableOverride]

    def theory_lattice(self, lattice: Lattice) -> Lattice:
        """Half the extents.

        Raises:
            ConfigError: an extent is odd.
        """
        return halved(lattice)
