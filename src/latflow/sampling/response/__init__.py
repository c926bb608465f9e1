"""Derivatives with respect to couplings, from configurations of one ensemble:
docs/correlated-samples.md."""

from latflow.sampling.response._pairs import latent_pairs as latent_pairs
from latflow.sampling.response._series import ResponseSeries as ResponseSeries
from latflow.sampling.response._series import Transportable as Transportable
from latflow.sampling.response._series import response_series as response_series
