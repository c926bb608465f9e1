"""Gaussian priors: independent normal numbers, and the free field."""

from typing import ClassVar, Literal

import equinox as eqx
import jax
import numpy as np
from jaxtyping import Array, Float, Key
from pydantic import Field

from latflow.fields import FieldSpace, RealScalar, ScalarField
from latflow.precision import sum_in_double
from latflow.priors._gaussian_prior import GaussianPrior
from latflow.priors._prior import PriorSettings
from latflow.theories import FreeScalar


class IndependentNormal(GaussianPrior):
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

    def covariance_times(self, field: ScalarField) -> ScalarField:
        """The square of the width times the field."""
        return self.width**2 * field

    def precision_times(self, field: ScalarField) -> ScalarField:
        """The field divided by the square of the width."""
        return field / self.width**2


class FreeField(GaussianPrior):
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

    def covariance_times(self, field: ScalarField) -> ScalarField:
        """The propagator applied to the field, in momentum space."""
        propagator = (1 / self.theory.momentum_kernel()).astype(field.dtype)
        return self.theory.space.lattice.filter_modes(field, propagator)

    def precision_times(self, field: ScalarField) -> ScalarField:
        """Minus the force of the free field, which is linear."""
        return -self.theory.force(field)


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
