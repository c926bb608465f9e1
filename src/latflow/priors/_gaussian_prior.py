"""What Gaussian priors have beyond a density: their covariance, as a linear map of fields."""

from abc import abstractmethod

from latflow.fields import ScalarField
from latflow.priors._prior import Prior


class GaussianPrior(Prior):
    """A centred Gaussian density of real fields, exp(-z C^-1 z / 2) with the covariance C.

    Kernels that move latent variables use that such a density is kept by rotations of (z, v) with
    z and v both drawn from it.
    """

    @abstractmethod
    def covariance_times(self, field: ScalarField) -> ScalarField:
        """C times a field of the space, in its precision."""

    @abstractmethod
    def precision_times(self, field: ScalarField) -> ScalarField:
        """C^-1 times a field of the space, in its precision."""
