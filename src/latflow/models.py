"""A model: a prior pushed through a flow, with a density."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from latflow.fields import ScalarField
from latflow.flows import Flow
from latflow.lattice import Lattice
from latflow.precision import Precision, dtype_of
from latflow.priors import Prior


class Model(eqx.Module):
    """The density of x = flow(z) with z drawn from the prior.

    Samples come in the precision of the model; densities are summed in double precision.
    """

    prior: Prior
    flow: Flow
    precision: Precision = eqx.field(static=True, default="single")

    def sample_and_log_prob(self, key: Key[Array, ""]) -> tuple[ScalarField, Float[Array, ""]]:
        """One configuration and the logarithm of its density."""
        latent = self.prior.sample(key, dtype_of(self.precision))
        field, log_det = self.flow.forward(latent)
        return field, self.prior.log_prob(latent) - log_det

    def log_prob(self, field: ScalarField) -> Float[Array, ""]:
        """Logarithm of the density of a given configuration."""
        latent, log_det = self.flow.inverse(field)
        return self.prior.log_prob(latent) + log_det

    def moved_to(self, lattice: Lattice) -> "Model":
        """The same model on another lattice of the same dimension.

        Raises:
            ConfigError: a flow has parameters that belong to one lattice size.
        """
        return Model(self.prior.moved_to(lattice), self.flow.moved_to(lattice), self.precision)

    def cast(self, precision: Precision) -> "Model":
        """The same model with its parameters and samples in another precision."""
        dtype = dtype_of(precision)

        def convert(leaf):
            floating = eqx.is_array(leaf) and jnp.issubdtype(leaf.dtype, jnp.floating)
            return leaf.astype(dtype) if floating else leaf

        return Model(jax.tree.map(convert, self.prior), jax.tree.map(convert, self.flow), precision)
