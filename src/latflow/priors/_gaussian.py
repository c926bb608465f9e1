"""Gaussian priors: independent normal numbers, and the free field."""

from typing import ClassVar, Literal

import equinox as eqx
import jax
import numpy as np
from jaxtyping import Array, Float, Key
from pydantic import Field

from latflow.fields import FieldSpace, RealScalar, ScalarField
from latflow.precision import sum_in_double
from latflow.priors._prior import Prior, PriorSettings
from latflow.theories import FreeScalar


class IndependentNormal(Prior):
    """Independent normal numbers of one width on every site."""

    space: RealScalar
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
        return self.width * jax.random.normal(key, self.space.lattice.shape, dtype)

    def log_density(self, field: ScalarField) -> Float[Array, ""]:
        """Logarithm of the product of the normal densities."""
        constant = self.space.n_variables * np.log(self.width * np.sqrt(2 * np.pi))
        return -0.5 * sum_in_double((field / self.width) ** 2) - constant


class FreeField(Prior):
    """The exact density of the free scalar field."""

    theory: FreeScalar

    def __init__(self, theory: FreeScalar):
        self.theory = theory

    @property
    def space(self) -> FieldSpace:  # pyright: ignore[reportIncompatibleVariableOverride]
        """That of the theory."""
        return self.theory.space

    @property
    def symmetries(self) -> frozenset[str]:
        """Those of the free field."""
        return self.theory.symmetries

    def sample(self, key: Key[Array, ""], dtype) -> ScalarField:
        """One exact configuration."""
        return self.theory.sample(key, dtype)

    def log_density(self, field: ScalarField) -> Float[Array, ""]:
        """Normalised logarithm of the free field's density."""
        return -self.theory.action(field) - self.theory.log_partition_function()


class IndependentNormalSettings(PriorSettings):
    """Independent normal numbers on every site."""

    spaces: ClassVar[tuple[type[FieldSpace], ...]] = (RealScalar,)

    kind: Literal["normal"] = "normal"
    width: float = Field(1.0, gt=0, description="standard deviation")

    def build(self, space: FieldSpace) -> IndependentNormal:
        """The prior on a space of real scalars."""
        self.require_space(space)
        assert isinstance(space, RealScalar)  # as was just required
        return IndependentNormal(space, self.width)


class FreeFieldSettings(PriorSettings):
    """The free scalar field, drawn exactly in momentum space."""

    spaces: ClassVar[tuple[type[FieldSpace], ...]] = (RealScalar,)

    kind: Literal["free-field"] = "free-field"
    m2: float = Field(1.0, gt=0, description="mass squared, lattice units")
    zeta: float = Field(1.0, ge=0, description="field strength")

    def build(self, space: FieldSpace) -> FreeField:
        """The prior on a space of real scalars."""
        self.require_space(space)
        return FreeField(FreeScalar(space.lattice, m2=self.m2, zeta=self.zeta))
