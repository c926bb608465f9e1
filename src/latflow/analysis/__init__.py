"""Numbers with errors from Monte-Carlo series; NumPy and SciPy only."""

from latflow.analysis._bennett import log_z_along as log_z_along
from latflow.analysis._bennett import log_z_difference as log_z_difference
from latflow.analysis._correlator import correlator as correlator
from latflow.analysis._correlator import effective_mass as effective_mass
from latflow.analysis._correlator import folded as folded
from latflow.analysis._correlator import folded_masses as folded_masses
from latflow.analysis._correlator import folded_masses_gradient as folded_masses_gradient
from latflow.analysis._correlator import mean_effective_mass as mean_effective_mass
from latflow.analysis._covariance import VectorFunction as VectorFunction
from latflow.analysis._covariance import VectorGradient as VectorGradient
from latflow.analysis._covariance import VectorResult as VectorResult
from latflow.analysis._covariance import vector_of_means as vector_of_means
from latflow.analysis._derived import derived_quantity as derived_quantity
from latflow.analysis._diagnostics import ChainAgreement as ChainAgreement
from latflow.analysis._diagnostics import SignBalance as SignBalance
from latflow.analysis._diagnostics import between_chain_chi2 as between_chain_chi2
from latflow.analysis._diagnostics import gelman_rubin as gelman_rubin
from latflow.analysis._diagnostics import magnetisation_sign_balance as magnetisation_sign_balance
from latflow.analysis._diagnostics import too_short as too_short
from latflow.analysis._effective_mass import PlateauFit as PlateauFit
from latflow.analysis._effective_mass import plateau_fit as plateau_fit
from latflow.analysis._estimate import Estimate as Estimate
from latflow.analysis._fits import PowerLawFit as PowerLawFit
from latflow.analysis._fits import power_law_fit as power_law_fit
from latflow.analysis._gamma import gamma_method as gamma_method
from latflow.analysis._gamma_result import GammaResult as GammaResult
from latflow.analysis._known import KnownNumber as KnownNumber
from latflow.analysis._pareto import pareto_shape as pareto_shape
from latflow.analysis._rejection import tau_from_rejections as tau_from_rejections
from latflow.analysis._resampling import BinSizeScan as BinSizeScan
from latflow.analysis._resampling import ResamplingResult as ResamplingResult
from latflow.analysis._resampling import bin_size_scan as bin_size_scan
from latflow.analysis._resampling import bootstrap as bootstrap
from latflow.analysis._resampling import jackknife as jackknife
from latflow.analysis._response import Response as Response
from latflow.analysis._response import log_z_response as log_z_response
from latflow.analysis._response import paired_difference as paired_difference
from latflow.analysis._response import response as response
from latflow.analysis._thermodynamics import ThermodynamicState as ThermodynamicState
from latflow.analysis._thermodynamics import along_the_path as along_the_path
from latflow.analysis._thermodynamics import entropy_of as entropy_of
from latflow.analysis._weights import acceptance_estimate as acceptance_estimate
from latflow.analysis._weights import effective_sample_size as effective_sample_size
from latflow.analysis._weights import (
    effective_sample_size_from_target as effective_sample_size_from_target,
)
from latflow.analysis._weights import log_partition_function as log_partition_function
from latflow.analysis._weights import (
    log_partition_function_from_target as log_partition_function_from_target,
)
from latflow.analysis._weights import log_weight_variance as log_weight_variance
from latflow.analysis._weights import reweighted_mean as reweighted_mean
from latflow.analysis._work import bennett_log_z as bennett_log_z
