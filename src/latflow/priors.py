"""Easy densities: where a flow starts."""

from abc import abstractmethod
from typing import Annotated, Literal

import equinox as eqx
import jax
import numpy as np
from jaxtyping import Array, Float, Key
from pydantic import Field

from latflow.errors import ConfigError
from latflow.fields import ScalarField
from latflow.lattice import Lattice
from latflow.precision import sum_in_double
from latflow.settings import Settings
from latflow.theories import FreeScalar


class Prior(eqx.Module):
    """A density that can be sampled directly."""

    @property
    def is_normalised(self) -> bool:
        """Whether ``log_prob`` integrates to one."""
        return True

    @property
    def symmetries(self) -> frozenset[str]:
        """Names of the symmetries that the density has."""
        return frozenset()

    @property
    def is_product(self) -> bool:
        """Whether the sites are independent and alike: a product of one density over sites."""
        return False

    @abstractmethod
    def sample(self, key: Key[Array, ""], dtype) -> ScalarField:
        """One independent configuration."""

    @abstractmethod
    def log_prob(self, field: ScalarField) -> Float[Array, ""]:
        """Logarithm of the density, in double precision."""

    def sample_block(self, key: Key[Array, ""], shape: tuple[int, ...], dtype) -> ScalarField:
        """The sites of a block of this shape, drawn whatever the others are.

        Only for priors with :attr:`is_product`: there a block needs neither its place nor its
        surroundings.

        Raises:
            ConfigError: the sites are not independent.
        """
        self.require_product()
        raise NotImplementedError(f"{type(self).__name__} is a product but draws no blocks")

    def require_product(self) -> None:
        """Refuse a prior whose blocks cannot be redrawn by themselves.

        Raises:
            ConfigError: the sites are not independent.
        """
        if not self.is_product:
            raise ConfigError(
                "model.prior.kind",
                f"the sites of {type(self).__name__} are correlated, so that no block can be "
                'redrawn by itself: use the prior kind = "normal" and make the correlations in a '
                'first [[model.flow]] with kind = "psd" and start = "free-field", or choose the '
                'kernel "independence"',
            )


class IndependentNormal(Prior):
    """Independent normal numbers of one width on every site."""

    lattice: Lattice
    width: float = eqx.field(static=True, default=1.0)

    @property
    def symmetries(self) -> frozenset[str]:
        """Even, and invariant under translations."""
        return frozenset({"z2", "translation"})

    @property
    def is_product(self) -> bool:
        """Every site is drawn by itself."""
        return True

    def sample(self, key: Key[Array, ""], dtype) -> ScalarField:
        """One configuration of the lattice's shape."""
        return self.sample_block(key, self.lattice.shape, dtype)

    def sample_block(self, key: Key[Array, ""], shape: tuple[int, ...], dtype) -> ScalarField:
        """As many independent normal numbers as the block has sites."""
        return self.width * jax.random.normal(key, shape, dtype)

    def log_prob(self, field: ScalarField) -> Float[Array, ""]:
        """Logarithm of the product of the normal densities."""
        constant = self.lattice.volume * np.log(self.width * np.sqrt(2 * np.pi))
        return -0.5 * sum_in_double((field / self.width) ** 2) - constant


class FreeField(Prior):
    """The exact density of the free scalar field."""

    theory: FreeScalar

    @property
    def symmetries(self) -> frozenset[str]:
        """Those of the free field."""
        return self.theory.symmetries

    def sample(self, key: Key[Array, ""], dtype) -> ScalarField:
        """One exact configuration."""
        return self.theory.sample(key, dtype)

    def log_prob(self, field: ScalarField) -> Float[Array, ""]:
        """Normalised logarithm of the free field's density."""
        return -self.theory.action(field) - self.theory.log_partition_function()


class IndependentNormalSettings(Settings):
    """Independent normal numbers on every site."""

    kind: Literal["normal"] = "normal"
    width: float = Field(1.0, gt=0, description="standard deviation")

    def build(self, lattice: Lattice) -> Prior:
        """The prior on a lattice."""
        return IndependentNormal(lattice, self.width)


class FreeFieldSettings(Settings):
    """The free scalar field, drawn exactly in momentum space."""

    kind: Literal["free-field"] = "free-field"
    m2: float = Field(1.0, gt=0, description="mass squared, lattice units")
    zeta: float = Field(1.0, ge=0, description="field strength")

    def build(self, lattice: Lattice) -> Prior:
        """The prior on a lattice."""
        return FreeField(FreeScalar(lattice, m2=self.m2, zeta=self.zeta))


PRIORS = (IndependentNormalSettings, FreeFieldSettings)

PriorSettings = Annotated[
    IndependentNormalSettings | FreeFieldSettings, Field(discriminator="kind")
]
