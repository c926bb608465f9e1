"""Kernels in latent variables that need to know that the prior is Gaussian."""

from latflow.errors import ConfigError
from latflow.models import Model
from latflow.priors import GaussianPrior


def gaussian_prior(model: Model, kernel: str) -> GaussianPrior:
    """The Gaussian prior of a model.

    Raises:
        ConfigError: it has another one.
    """
    if not isinstance(model.prior, GaussianPrior):
        raise ConfigError(
            "model.prior.kind",
            f'the kernel "{kernel}" rotates the latent variables and needs a Gaussian prior: use '
            '"normal" or "free-field", or choose the kernel "independence" or "flow-hmc"',
        )
    return model.prior
